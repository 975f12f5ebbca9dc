"""PgBouncer runs with other settings than its file has.

SHOW CONFIG prints what is in force. Where pgbouncer.ini says something else, it was changed and not reloaded, a RELOAD
failed on another line (the log says so), somebody used SET on the console, or the setting takes a restart: what is
measured now is not what the file says.

RELOAD on the console applies what it can; listen_addr, listen_port, unix_socket_dir, listen_backlog, so_reuseport and
pkt_buf take a restart. Which of the two values is right its owner knows: there is no edit.
"""

from collections.abc import Iterator

from confmend.catalog import pgbouncer as catalog
from confmend.facts.pooler import KIND, Pooler
from confmend.model import Example, Finding, Rule, Severity

# They are lists or texts that SHOW CONFIG prints in another writing, or secrets.
_NUMBERS = ("int", "uint", "bool", "time", "enum")


def check(pooler: Pooler) -> Iterator[Finding]:
    """Compare the two values of every name that both have."""
    if pooler.file.kind != KIND or not pooler.running:
        return
    for name, row in catalog.settings().items():
        written, running = pooler.written(name), pooler.printed(name)
        if row.type not in _NUMBERS or not written or not running or _same(row, written.value, running.value):
            continue
        how = "It takes a restart." if row.applies == "restart" else "RELOAD applies it."
        yield Finding(
            f"{name} is {written.value} in the file, but PgBouncer runs with {running.value}. {how}",
            tuple(each.origin for each in (written, running) if each.origin),
        )


def _same(row: catalog.Setting, one: str, other: str) -> bool:
    if row.type == "enum":
        return one.lower() == other.lower()
    read = catalog.seconds if row.type == "time" else catalog.integer
    return read(one) == read(other)


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.pgbouncer.org/usage.html#reload",),
    examples=(
        Example(
            {
                "pgbouncer_ini": "[pgbouncer]\ndefault_pool_size = 40\n",
                "pgbouncer_show_config": "        key        | value | default | changeable \n"
                "-------------------+-------+---------+------------\n"
                " default_pool_size | 20    | 20      | yes\n",
            },
            {"pgbouncer_ini": "[pgbouncer]\ndefault_pool_size = 40\n"},
        ),
        Example(
            {
                "pgbouncer_ini": "[pgbouncer]\ndefault_pool_size = 0x14\n",
                "pgbouncer_show_config": "        key        | value | default | changeable \n"
                "-------------------+-------+---------+------------\n"
                " default_pool_size | 20    | 20      | yes\n",
            }
        ),
    ),
)
