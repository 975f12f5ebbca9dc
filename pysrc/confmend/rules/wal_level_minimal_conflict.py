"""wal_level = minimal forbids what other settings ask for, and the server does not start.

With minimal the WAL holds only what a crash needs: no standby, no base backup, no archive, no WAL summary can be made
from it. The server refuses to start while one of them is on, and max_wal_senders is on by default (10), so the line
`wal_level = minimal` alone is enough: `WAL streaming ("max_wal_senders" > 0) requires "wal_level" to be "replica" or
"logical"`.

Where nothing else asks for WAL, max_wal_senders goes to 0, for then minimal was meant: it makes bulk loads cheaper.
Where somebody set max_wal_senders, or archives, or summarizes, wal_level goes to replica, the default. Both need a
restart; the old lines and another restart undo it. Wrong only where the server's command line sets one of them (-c
max_wal_senders=0, as some containers have).
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at what wal_level = minimal does not go with."""
    if pg.choice("wal_level") != "minimal":
        return
    senders = pg.count("max_wal_senders")
    asks = []
    if senders:
        asks.append("max_wal_senders")
    if pg.choice("archive_mode") != "off":
        asks.append("archive_mode")
    if pg.has("summarize_wal") and pg.flag("summarize_wal"):
        asks.append("summarize_wal")
    if not asks:
        return
    by_default = asks == ["max_wal_senders"] and pg.effective("max_wal_senders") is None
    shown = ", ".join(f"{name} = {pg.text(name).value}" for name in asks)
    advice = (
        "Nothing else asks for WAL: set max_wal_senders to 0."
        if by_default
        else "Set wal_level to replica, the default, or switch off what asks for WAL."
    )
    yield Finding(
        f"wal_level is minimal, and {shown}{', its default' if by_default else ''}: the server does not start. "
        f"{advice}",
        pg.origins("wal_level", *asks),
        (pg.edit("max_wal_senders", "0") if by_default else pg.edit("wal_level", "replica"),),
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-LEVEL",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/postmaster/postmaster.c",
    ),
    examples=(
        Example(
            {"postgresql_conf": "wal_level = minimal\n"},
            {"postgresql_conf": "wal_level = minimal\nmax_wal_senders = 0\n"},
        ),
        Example(
            {"postgresql_conf": "wal_level = minimal\nmax_wal_senders = 3\n"},
            {"postgresql_conf": "wal_level = replica\nmax_wal_senders = 3\n"},
        ),
        Example(
            {"postgresql_conf": "wal_level = minimal\nmax_wal_senders = 0\narchive_mode = on\n"},
            {"postgresql_conf": "wal_level = replica\nmax_wal_senders = 0\narchive_mode = on\n"},
        ),
        Example(
            {
                "postgresql_conf": "wal_level = minimal\nmax_wal_senders = 0\nsummarize_wal = on\n",
                "answers": "postgresql = 17\n",
            },
            {"postgresql_conf": "wal_level = replica\nmax_wal_senders = 0\nsummarize_wal = on\n"},
        ),
        Example({"postgresql_conf": "wal_level = minimal\nmax_wal_senders = 0\n"}),
        Example({"postgresql_conf": "wal_level = hot_standby\nmax_wal_senders = 10\narchive_mode = on\n"}),
    ),
    side_effect="max_wal_senders = 0 ends base backups and standbys of this server; replica writes more WAL than "
    "minimal does in bulk loads.",
)
