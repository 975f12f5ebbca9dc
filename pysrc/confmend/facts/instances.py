"""How many processes of the application run, each with a connection pool of its own."""

from dataclasses import dataclass

from confmend import units
from confmend.facts import stated
from confmend.model import Origin, Question


@dataclass(frozen=True, slots=True)
class Instances:
    """Processes, pods or workers that each open the connection strings' pools."""

    count: int
    origin: Origin | None


FACT = stated(
    Instances,
    "processes of the application",
    Question("instances", "Processes of the application, each with its own pool", "4", units.count),
    "how many processes of the application run (the answer instances = 4)",
    lambda instances: f"{instances.count:,}",
)
