"""A subscriber could not apply an insert, because a row with that key is there already."""

from confmend.facts.log import ServerLog
from confmend.model import Origin, Shown, Sign

# worker.c: the CONTEXT of what failed while it was applied.
_APPLYING = "processing remote data for replication"
_EXISTS = ("duplicate key value violates", "conflict=insert_exists")
_ERRORS = ("ERROR", "FATAL")
_SHOWN = 3


def check(log: ServerLog) -> Shown | None:
    """Look at the errors of the processes that apply changes."""
    failed: list[tuple[bool, Origin]] = []
    for record in log.records():
        applying = any(word == "CONTEXT" and text.startswith(_APPLYING) for word, text in record.notes)
        if applying and record.level in _ERRORS:
            failed.append((any(words in record.message for words in _EXISTS), record.origin))
    exists = tuple(origin for duplicate, origin in failed if duplicate)
    if exists:
        return Shown(True, f"{len(exists):,} × a row that was to be inserted was there already", exists[:_SHOWN])
    if failed:
        return Shown(False, "what failed is something else", tuple(origin for _, origin in failed[:_SHOWN]))
    return None


_ERROR = "2024-05-01 10:00:00 UTC [9] ERROR:  {}\n"
_WHERE = '2024-05-01 10:00:00 UTC [9] CONTEXT:  processing remote data for replication origin "pg_24711"\n'
SIGN = Sign(
    "The row that was to be applied is there already",
    check,
    examples=(
        ({"pg_log": _ERROR.format('duplicate key value violates unique constraint "orders_pkey"') + _WHERE}, True),
        ({"pg_log": _ERROR.format('permission denied for table "orders"') + _WHERE}, False),
        ({"pg_log": _ERROR.format('duplicate key value violates unique constraint "orders_pkey"')}, None),
    ),
    paste="the error before it, with its CONTEXT",
)
