"""A log line does not say when it was written, or by which process.

log_line_prefix has neither time nor process number. Lines of sessions at work at the same time are mixed, and without
the number nobody can tell which STATEMENT belongs to which ERROR; without the time nothing can be compared with the
application's log or the kernel's. Programs that read logs need both.

syslog adds both by itself, csvlog and jsonlog have them as columns: then nothing is said. The edit puts what is missing
in front and keeps the rest; a reload sets it, the old value undoes it.
"""

import re
from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# %m, %t, %n: time; %p: process; %c: session, which holds start and process. %5p: padded (from 9.5).
_TIME, _PROCESS = re.compile("%-?[0-9]*[mtn]"), re.compile("%-?[0-9]*[pc]")


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for both in the prefix, where the log goes to stderr."""
    found = pg.effective("log_line_prefix")
    where = {each.strip().lower() for each in pg.text("log_destination").value.split(",")}
    if not found or where != {"stderr"}:
        return
    plain = found.value.replace("%%", "")
    time, process = bool(_TIME.search(plain)), bool(_PROCESS.search(plain))
    if time and process:
        return
    missing = " and ".join(word for word, there in (("time", time), ("process number", process)) if not there)
    better = ("" if time else "%m ") + ("" if process else "[%p] ") + found.value
    yield Finding(
        f"log_line_prefix is {found.value!r}: lines have no {missing}. {better!r} adds it and keeps the rest.",
        pg.origins("log_line_prefix"),
        (pg.edit("log_line_prefix", better),),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LINE-PREFIX",),
    examples=(
        Example(
            {"postgresql_conf": "log_line_prefix = '%u@%d '\n"},
            {"postgresql_conf": "log_line_prefix = '%m [%p] %u@%d '\n"},
        ),
        Example(
            {"postgresql_conf": "log_line_prefix = '%t '\n"}, {"postgresql_conf": "log_line_prefix = '[%p] %t '\n"}
        ),
        Example({"postgresql_conf": "log_line_prefix = '%m [%p] %q%u@%d '\n"}),
        Example({"postgresql_conf": "log_line_prefix = '%u@%d '\nlog_destination = 'syslog'\n"}),
    ),
    side_effect="Programs that read this log must be told the new prefix.",
)
