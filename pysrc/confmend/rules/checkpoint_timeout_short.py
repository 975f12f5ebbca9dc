"""Checkpoints come every few seconds or minutes by the clock.

checkpoint_timeout is below its default of five minutes. Every checkpoint writes all changed buffers, and each page that
is changed after it goes to the WAL whole once more; a page that is changed all the time is written whole for each of
them. Shorter recovery after a crash is what it buys.

That may be what its owner wants, so above two minutes nothing is said, and below there is no edit: only who knows how
long a recovery may take can choose. A reload sets it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

DEFAULT = 300
# Below this the whole pages outweigh the changes on any host that writes all the time.
SHORT = 120


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at a timeout that is set."""
    timeout = pg.time_us("checkpoint_timeout")
    if timeout >= SHORT * 10**6:
        return
    yield Finding(
        f"checkpoint_timeout is {units.seconds(timeout)}; the default is {DEFAULT} s. A page that changes all the time "
        f"goes to the WAL whole {DEFAULT * 10**6 / timeout:g} times as often. Unless a recovery must be that short, "
        "use 5min or more.",
        pg.origins("checkpoint_timeout"),
        arithmetic=(f"{DEFAULT} s ÷ {units.seconds(timeout)} = {DEFAULT * 10**6 / timeout:g}",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-CHECKPOINT-TIMEOUT",),
    examples=(
        Example({"postgresql_conf": "checkpoint_timeout = 30s\n"}, {"postgresql_conf": "checkpoint_timeout = 30s\n"}),
        Example({"postgresql_conf": "checkpoint_timeout = 2min\n"}),
    ),
)
