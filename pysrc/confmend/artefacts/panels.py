"""A panel of Grafana for each alert, with its number as a line."""

from __future__ import annotations

from dataclasses import dataclass

from confmend.artefacts.alert import LABEL
from confmend.artefacts.alerts import alerts
from confmend.artefacts.source import Source, Topic

# What a label is called in the title of a panel, where there may be several.
_SHOWN_AS = {"instance": "the host", "database": "a pool", "datname": "a database"}
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of Grafana: where it stands, what it draws and the line that is not to be crossed."""

    id: int
    x: int
    y: int
    title: str
    description: str
    query: str
    limit: float
    unit: str


def panels(source: Source) -> tuple[Panel, ...]:
    """Return a panel for each alert, two in a row."""
    return tuple(
        Panel(
            at + 1,
            at % _COLUMNS * _WIDTH,
            at // _COLUMNS * _HEIGHT,
            LABEL.sub(lambda match: _SHOWN_AS[match[1]], each.summary),
            each.description,
            each.query,
            each.limit,
            each.unit,
        )
        for at, each in enumerate(alerts(source))
    )


TOPIC = Topic({"panels": panels})
