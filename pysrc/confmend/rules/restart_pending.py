"""Settings were changed that wait for a restart.

The files were loaded, but some settings are fixed when the server starts: pg_settings shows pending_restart for them,
and the old values stay in force. The new ones were never tried. If one of them can't work, the server does not come
back from the next restart, which may be an unplanned one.

Nothing is edited. Restart at a time of your choice, or put the old values back and reload.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Name the settings that the server says are pending."""
    pending = pg.server.pending if pg.server else ()
    if not pending:
        return
    shown = []
    for name in pending:
        written, running = pg.written(name), pg.running(name)
        now = f" (runs with {running.value})" if running else ""
        shown.append(f"{name} = {written.value}{now}" if written else f"{name}{now}")
    files = (pg.written(name) for name in pending)
    yield Finding(
        f"Waiting for a restart: {', '.join(shown)}. Until then the old values are in force, and nothing has tried the "
        "new ones.",
        (
            *pg.origins(*pending),
            *(value.origin for value in files if value and value.origin),
        ),
    )


_VIEW = (
    "      name      | setting | pending_restart \n"
    "----------------+---------+-----------------\n"
    " shared_buffers | 16384   | {}\n"
    "(1 row)\n"
)
RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/view-pg-settings.html",),
    examples=(
        Example(
            {"pg_settings": _VIEW.format("t"), "postgresql_conf": "shared_buffers = 4GB\n"},
            {"postgresql_conf": "shared_buffers = 4GB\n"},
        ),
        Example({"pg_settings": _VIEW.format("f"), "postgresql_conf": "shared_buffers = 128MB\n"}),
    ),
)
