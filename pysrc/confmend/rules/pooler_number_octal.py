"""PgBouncer reads a number with a leading zero as octal.

`max_client_conn = 010` is eight, not ten: PgBouncer takes whole numbers in C's notation, as PostgreSQL does. Nothing
says so; the pool or the limit is simply smaller than it looks, and 08 and 09 stop a start.

The edit writes the number without its zeros, which is what people mean. If octal was meant, write it in decimal. A
RELOAD applies it; the old text undoes it. unix_socket_mode is octal by right and is left alone.
"""

import re
from collections.abc import Iterator

from confmend.catalog import pgbouncer as catalog
from confmend.facts.pooler import KIND, Pooler
from confmend.model import Example, Finding, Rule, Severity

LEADING_ZERO = re.compile("0+[0-7]+")
OCTAL = ("unix_socket_mode",)


def check(pooler: Pooler) -> Iterator[Finding]:
    """Look for zeros before another digit."""
    if pooler.file.kind != KIND:
        return
    for name, row in catalog.settings().items():
        found = pooler.written(name)
        if row.type not in ("int", "uint") or name in OCTAL or not found or not LEADING_ZERO.fullmatch(found.value):
            continue
        meant, read = found.value.lstrip("0") or "0", catalog.integer(found.value)
        if read is None or meant == str(read):
            continue
        yield Finding(
            f"{name} = {found.value} is {read:,} for PgBouncer: a leading 0 means octal. Write {meant}.",
            (found.origin,) if found.origin else (),
            (pooler.edit(name, meant),),
            (f"{found.value} to the base of 8 = {read:,}",),
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=("https://github.com/libusual/libusual/blob/master/usual/cfparser.c",),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nmax_client_conn = 010\n"},
            {"pgbouncer_ini": "[pgbouncer]\nmax_client_conn = 10\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nunix_socket_mode = 0777\nmax_client_conn = 0x10\nlog_stats = 0\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\nmax_client_conn = 007\n"}),
    ),
    side_effect="The number is larger than what was in force until now.",
)
