"""The kernel gives every program transparent huge pages.

With transparent_hugepage=always a process that touches a few bytes may get 2 MiB, and the kernel stops now and then to
put memory in one piece. A server that forks a process for each connection pays with memory and with pauses. What a
database gains from huge pages it gets from explicit ones (huge_pages, vm.nr_hugepages), which this setting does not
touch.

madvise leaves it to programs that ask; it is the default of most distributions. It is a question of measurement, not a
mistake, so there is no edit. `echo madvise > /sys/kernel/mm/transparent_hugepage/enabled` holds at once for new memory.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel_messages import KernelLog
from confmend.facts.postgres import Postgres
from confmend.facts.tuned_profile import TunedProfile
from confmend.model import Example, Finding, Rule, Severity

TUNED = ("vm/transparent_hugepages", "vm/transparent_hugepage")
COMMAND_LINE = re.compile(r"[Cc]ommand line:.*\btransparent_hugepage=always\b")


def check(pg: Postgres, tuned: TunedProfile | None, messages: KernelLog | None) -> Iterator[Finding]:
    """Look for it in a profile of TuneD and on the kernel's command line."""
    found = list(messages.matching(COMMAND_LINE)) if messages else []
    for key in TUNED:
        value = tuned.others.get(key) if tuned else None
        if value and value.value.lower() == "always" and value.origin:
            found.append(value.origin)
    if found and (pg.files or pg.server):
        yield Finding(
            "Transparent huge pages are on for every program (always). PostgreSQL's processes may take more memory and "
            "meet pauses; madvise or never is usual on its host. Explicit huge pages are something else, and good.",
            tuple(found[:3]),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://docs.kernel.org/admin-guide/mm/transhuge.html",
        "https://github.com/redhat-performance/tuned/blob/master/profiles/postgresql/tuned.conf",
    ),
    examples=(
        Example(
            {
                "tuned_conf": "[main]\nsummary=database\n[vm]\ntransparent_hugepages=always\n",
                "postgresql_conf": "shared_buffers = 4GB\n",
            },
            {"postgresql_conf": "shared_buffers = 4GB\n"},
        ),
        Example(
            {
                "tuned_conf": "[main]\nsummary=database\n[vm]\ntransparent_hugepages=never\n",
                "postgresql_conf": "shared_buffers = 4GB\n",
            }
        ),
    ),
)
