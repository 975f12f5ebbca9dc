"""A timeout can never fire, because another one is shorter.

A wait for a lock is part of its statement: a lock_timeout that is not below statement_timeout is never reached. Where
transaction_timeout (17 and later) is not above statement_timeout or idle_in_transaction_session_timeout, the longer
one is ignored.

Nothing breaks. Whoever counts on the longer one for its own error, or its own handling, waits in vain. There is no
edit: which of them is right is for their owner to say.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# What is never reached where the second is set and not longer.
_PAIRS = (
    ("lock_timeout", "statement_timeout"),
    ("statement_timeout", "transaction_timeout"),
    ("idle_in_transaction_session_timeout", "transaction_timeout"),
)


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare the timeouts that are set."""
    for name, shorter in _PAIRS:
        if not (pg.effective(name) and pg.effective(shorter) and pg.has(shorter)):
            continue
        time, other = pg.time_us(name), pg.time_us(shorter)
        if 0 < other <= time:
            yield Finding(
                f"{name} is {units.seconds(time)}, but {shorter} ends it after {units.seconds(other)}: {name} never "
                "fires.",
                pg.origins(name, shorter),
            )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT",
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-TRANSACTION-TIMEOUT",
    ),
    examples=(
        Example(
            {"postgresql_conf": "lock_timeout = 60s\nstatement_timeout = 30s\n"},
            {"postgresql_conf": "lock_timeout = 60s\nstatement_timeout = 30s\n"},
        ),
        Example({"postgresql_conf": "lock_timeout = 5s\nstatement_timeout = 30s\n"}),
        Example({"postgresql_conf": "lock_timeout = 5s\nstatement_timeout = 0\n"}),
    ),
)
