"""The network between client and server: the shortest time after which something on it forgets an idle connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question


@dataclass(frozen=True, slots=True)
class NetworkPath:
    """Idle limit of the strictest load balancer, NAT or firewall on the path, in microseconds."""

    idle_limit_us: int
    origin: Origin | None


def gather(documents: Documents) -> NetworkPath | None:
    """Return the answer."""
    answer = documents.answer("idle_limit")
    limit = units.time_us(answer.value) if answer else None
    return NetworkPath(limit, answer.origin) if answer and limit else None


def describe(path: NetworkPath) -> Iterator[tuple[str, str, str]]:
    """Say the limit."""
    yield "idle limit on the network path", units.seconds(path.idle_limit_us), "your answer"


FACT = Fact(
    gather,
    "the idle limit of the load balancer, NAT or firewall between client and server (the answer idle_limit = 350s)",
    describe,
    (Question("idle_limit", "Idle limit of the load balancer, NAT or firewall on the path", "350s", units.time_us),),
)
