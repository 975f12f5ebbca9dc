"""How many clients the reader expects at the same time. What is configured says how many may come, not how many do."""

from dataclasses import dataclass

from confmend import units
from confmend.facts import stated
from confmend.model import Origin, Question


@dataclass(frozen=True, slots=True)
class ExpectedClients:
    """Clients connected at the same time, at the busiest, to a pooler or to the server itself."""

    count: int
    origin: Origin | None


FACT = stated(
    ExpectedClients,
    "expected clients",
    Question("clients", "Clients that connect at the same time, at the busiest", "200", units.count),
    "how many clients connect at the same time (the answer clients = 200)",
    lambda clients: f"{clients.count:,}",
)
