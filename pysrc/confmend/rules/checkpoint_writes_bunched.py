"""A checkpoint writes its buffers faster than it needs to.

checkpoint_completion_target is the share of the time until the next checkpoint over which the writes are spread. Since
14 it is 0.9; before it was 0.5, and old guides give 0.5 or 0.7. A smaller value makes the disk wait for half of the
time and then work twice as hard, and queries wait with it.

The manual advises against less than the default. Up to 13 the default itself is reported only where the reader says
what the database is for. A reload sets it, the old value undoes it.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.facts.workload import Workload
from confmend.model import Example, Finding, Rule, Severity

# The default since 14 (commit bbcc4eb2).
TARGET = 0.9


def check(pg: Postgres, workload: Workload | None) -> Iterator[Finding]:
    """Look at the target, at a default only where somebody asks for tuning."""
    if not pg.effective("checkpoint_completion_target") and not workload:
        return
    target = pg.number("checkpoint_completion_target").value
    if target >= TARGET:
        return
    timeout = pg.time_us("checkpoint_timeout") / 10**6
    yield Finding(
        f"checkpoint_completion_target is {target:g}: a checkpoint's writes take {target:.0%} of the time that they "
        f"have. With {TARGET}, the default since 14, they are spread over {TARGET:.0%}.",
        pg.origins("checkpoint_completion_target", "checkpoint_timeout"),
        (pg.edit("checkpoint_completion_target", str(TARGET)),),
        (f"{timeout:,.0f} s × {target:g} = {timeout * target:,.0f} s now, {timeout * TARGET:,.0f} s then",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-CHECKPOINT-COMPLETION-TARGET",
        "https://www.postgresql.org/docs/14/release-14.html",
    ),
    examples=(
        Example(
            {"postgresql_conf": "checkpoint_completion_target = 0.7\n"},
            {"postgresql_conf": "checkpoint_completion_target = 0.9\n"},
        ),
        Example(
            {"postgresql_conf": "checkpoint_completion_target = 0.5\n", "answers": "postgresql = 13\nworkload = web\n"},
            {"postgresql_conf": "checkpoint_completion_target = 0.9\n"},
        ),
        Example({"postgresql_conf": "checkpoint_completion_target = 0.9\n", "answers": "postgresql = 13\n"}),
        Example({"postgresql_conf": "port = 5432\n", "answers": "postgresql = 13\n"}),
    ),
    side_effect="A checkpoint ends later, so a recovery after a crash replays a little more.",
)
