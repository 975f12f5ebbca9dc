"""What an alert is: a query, the number that it is not to exceed, and states to try it in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

# The instance, and a scrape a minute, of the unit tests.
WHO = 'instance="db1"'
LASTS = 30
LABEL = re.compile(r"\{\{ \$labels\.(\w+) \}\}")


@dataclass(frozen=True, slots=True)
class State:
    """Series by their names, as a unit test of rules gives them, and whether the alert fires then."""

    name: str
    series: tuple[tuple[str, str], ...]
    fires: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. ``labels`` are those that a firing one has in the tests; ``unit`` is Grafana's name of it."""

    name: str
    query: str
    limit: float
    lasts: str
    severity: str
    summary: str
    description: str
    unit: str
    rules: tuple[str, ...]
    why: str
    states: tuple[State, ...]
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def expr(self) -> str:
        """What Prometheus evaluates."""
        return f"{self.query} > {_number(self.limit)}"

    @property
    def expected(self) -> dict[str, str]:
        """The labels of the alert in the tests."""
        return {"severity": self.severity, "instance": "db1", **dict(self.labels)}

    @property
    def expected_summary(self) -> str:
        """The summary of the alert in the tests."""
        return LABEL.sub(lambda match: self.expected[match[1]], self.summary)


def distinct(states: tuple[State, ...]) -> tuple[State, ...]:
    """Return the states, those that are the same as one, named for all of them."""
    found: dict[tuple[tuple[str, str], ...], State] = {}
    for each in states:
        same = found.get(each.series)
        found[each.series] = replace(same, name=f"{same.name}, and {each.name}") if same else each
    return tuple(found.values())


def gauge(series: str, pasted: int, number: int) -> tuple[State, ...]:
    """Return a series as it was pasted, just above a number, and at it; 0 is not pasted."""
    found = (State("as pasted", ((series, flat(pasted)),), pasted > number),) if pasted else ()
    return (
        *found,
        State("above the number", ((series, flat(number + 1)),), True),
        State("at the number", ((series, flat(number)),), False),
    )


def around(number: float) -> tuple[int, int]:
    """Return the least whole number above, and the greatest that is not."""
    within = math.floor(number)
    return within + 1, within


def flat(value: int) -> str:
    """Return a series that stays as it is."""
    return f"{value}+0x{LASTS}"


def _number(value: float) -> str:
    return f"{value:g}" if value < 1 else str(int(value))
