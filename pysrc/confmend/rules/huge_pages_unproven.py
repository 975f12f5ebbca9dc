"""Huge pages are required, and nothing pasted shows that there are enough.

With huge_pages = on a server starts only if the kernel has set aside enough huge pages for all of its shared memory;
one too few and it does not come back from a reboot, an upgrade or a change of shared_buffers or max_connections:
`could not map anonymous shared memory: Cannot allocate memory`.

Nothing is known to be wrong, so this is a question and no edit. /proc/meminfo has HugePages_Total; `postgres -C
shared_memory_size_in_huge_pages` (15 and later, with the server stopped) has what is needed. On Windows no pages are
set aside; the server's account must have the right to lock pages in memory. huge_pages = try starts in any case.
"""

from collections.abc import Iterator

from confmend.facts import Documents
from confmend.facts.kernel import Kernel
from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

KEY = "vm.nr_hugepages"


def check(pg: Postgres, kernel: Kernel | None, documents: Documents, platform: Platform | None) -> Iterator[Finding]:
    """Look for the number of huge pages where they are required."""
    if pg.choice("huge_pages") != "on" or (kernel and kernel.effective(KEY)):
        return
    if any(document.get("HugePages_Total") for document in documents.of("meminfo")):
        return
    what = (
        "the kernel has enough huge pages, and nothing pasted says how many there are. Paste /proc/meminfo, or `sysctl "
        "vm.nr_hugepages`."
    )
    if platform and platform.name == "Windows":
        what = "its account has the right to lock pages in memory (Local Security Policy, User Rights Assignment)."
    yield Finding(f"huge_pages is on: the server starts only if {what}", pg.origins("huge_pages"))


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-HUGE-PAGES",
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-HUGE-PAGES",
    ),
    examples=(
        Example({"postgresql_conf": "huge_pages = on\n"}, {"postgresql_conf": "huge_pages = on\n"}),
        Example(
            {
                "postgresql_conf": "huge_pages = on\n",
                "pg_version": "PostgreSQL 16.2, compiled by Visual C++ build 1937, 64-bit\n",
            },
            {"postgresql_conf": "huge_pages = on\n"},
        ),
        Example({"postgresql_conf": "huge_pages = on\n", "sysctl_conf": "vm.nr_hugepages = 4300\n"}),
        Example({"postgresql_conf": "huge_pages = try\n"}),
    ),
)
