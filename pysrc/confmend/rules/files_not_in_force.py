"""The server runs with other values than its files set.

A file that was edited and not loaded, a line that the server refused on a reload, an option on its command line, ALTER
SYSTEM in a file that was not pasted: each leaves the file's value without effect. What is read in the file is then not
what happens, and the next restart brings values into force that nobody has tried.

Nothing is edited. `select name, source, sourcefile, sourceline from pg_settings where name = ...` says where the
running value comes from; `select * from pg_file_settings where not applied` shows lines that wait or are refused. Where
very many differ, the files are another server's.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# So many do not wait for a reload: then it is not this server's file.
ANOTHER = 10
_SHOWN = 3


def check(pg: Postgres) -> Iterator[Finding]:
    """Name the settings that differ and don't wait for a restart."""
    pending = set(pg.server.pending) if pg.server else set()
    unlike = {name: pair for name, pair in pg.not_running.items() if name not in pending}
    if len(unlike) > ANOTHER:
        first = list(unlike.values())[:_SHOWN]
        yield Finding(
            f"{len(unlike)} settings of the files are not what the server runs with "
            f"({', '.join(list(unlike)[:_SHOWN])}, ...). Are they the files of this server? "
            "`show config_file` tells which it reads.",
            tuple(each.origin for pair in first for each in pair if each.origin),
        )
        return
    for name, (written, running) in unlike.items():
        yield Finding(
            f"{name} is set to {written.value}, and the server runs with {running.value}. Reload or restart, or "
            "find what overrides the line.",
            tuple(each.origin for each in (written, running) if each.origin),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/view-pg-file-settings.html",
        "https://www.postgresql.org/docs/current/config-setting.html",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "work_mem = 64MB\n",
                "show_all": " work_mem \n----------\n 4MB\n(1 row)\n",
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "work_mem = 64MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "work_mem = 65536\n",
                "show_all": " work_mem \n----------\n 64MB\n(1 row)\n",
                "answers": "postgresql = 16\n",
            }
        ),
    ),
)
