"""A switch for rescuing damaged data is on in normal service.

zero_damaged_pages replaces a broken page by an empty one and goes on, which destroys its rows for good.
ignore_checksum_failure and ignore_invalid_pages go on with data that is known to be wrong. data_sync_retry repeats an
fsync that failed, which on Linux reports success although the data is lost; a crash and recovery would have saved it.
They are for the hour in which a copy of a broken cluster is read out.

Each line goes, back to off. If a restore is under way now, leave them until it is done. ignore_invalid_pages and
data_sync_retry need a restart, the others a reload.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity

SWITCHES = {
    "zero_damaged_pages": "a broken page is replaced by an empty one, and its rows are gone",
    "ignore_checksum_failure": "pages whose checksum is wrong are used all the same",
    "ignore_invalid_pages": "recovery goes on over pages that are missing",
    "data_sync_retry": "an fsync that failed is tried again, and its second answer may be a lie",
}


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for the switches."""
    for name, what in SWITCHES.items():
        if pg.effective(name) and pg.has(name) and pg.flag(name):
            yield Finding(
                f"{name} is on: {what}. It is for reading out a broken cluster; remove the line.",
                pg.origins(name),
                (Edit("postgresql_conf", name, None),),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-developer.html#GUC-ZERO-DAMAGED-PAGES",
        "https://www.postgresql.org/docs/current/runtime-config-error-handling.html#GUC-DATA-SYNC-RETRY",
    ),
    examples=(
        Example(
            {"postgresql_conf": "zero_damaged_pages = on\ndata_sync_retry = true\nport = 5432\n"},
            {"postgresql_conf": "port = 5432\n"},
        ),
        Example({"postgresql_conf": "zero_damaged_pages = off\nignore_checksum_failure = 0\n"}),
    ),
    side_effect="Reading a damaged page is an error again, as it should be; data_sync_retry off ends the server when "
    "an fsync fails.",
)
