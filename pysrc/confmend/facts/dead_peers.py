"""Why a client of this server may vanish without a word: a middlebox on the path, a log that says so, a pooler."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts.log import ServerLog
from confmend.facts.path import NetworkPath
from confmend.facts.pooler import Pooler
from confmend.model import Fact, Origin

# src/backend/libpq/pqcomm.c and tcop/postgres.c; the reason is the system's own text.
_LOST = re.compile(
    "could not (?:receive data from|send data to) client: (?:connection (?:reset by peer|timed out)|broken pipe|"
    "no route to host|host is unreachable)|^connection to client lost",
    re.IGNORECASE,
)
# Those of them that nobody told the server of: the peer was silent until a timer ran out.
_SILENT = re.compile("(?:timed out|no route to host|host is unreachable)$", re.IGNORECASE)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class DeadPeers:
    """At least one of the three. ``lost`` counts the log's lines, ``silent`` those with a timeout or no route."""

    path: NetworkPath | None
    lost: int
    silent: int
    lines: tuple[Origin, ...]
    pooler: Pooler | None

    @property
    def why(self) -> str:
        """The evidence as half a sentence."""
        if self.lost:
            return f"the log shows {self.lost:,} lost connections, {self.silent:,} of them noticed by a timer"
        return f"{self.path.who} forgets idle connections" if self.path else "PgBouncer holds connections for long"


def gather(path: NetworkPath | None, log: ServerLog | None, pooler: Pooler | None) -> DeadPeers | None:
    """Return what speaks for dead peers; None if nothing does."""
    lines = tuple(log.matching(_LOST)) if log else ()
    silent = sum(bool(_SILENT.search(line.text.rstrip())) for line in lines)
    origins = (path.origin,) if path and path.origin else ()
    if not (path or lines or pooler):
        return None
    return DeadPeers(path, len(lines), silent, (*origins, *lines[:_SHOWN]), pooler)


def describe(peers: DeadPeers) -> Iterator[tuple[str, str, str]]:
    """Say how many connections the log lost."""
    if peers.lost:
        yield "lost client connections in the log", f"{peers.lost:,}", "the server log"


FACT = Fact(
    gather,
    "what is between client and server: the answer idle_limit = 350s, the log around a lost connection, pgbouncer.ini",
    describe,
)
