"""The network between client and server: the shortest time after which something on it forgets an idle connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Middlebox:
    """A device by its usual name: idle limit in seconds as it comes, and what it does when that is over.

    ``confidence`` is high where its maker's own manual says so, medium where others quote it, low where it is only
    what is usual. ``ends_tcp`` says that it takes the connection as its own and opens another: then each side needs
    its keepalive.
    """

    name: str
    idle_limit: int
    afterwards: str
    confidence: str = "high"
    ends_tcp: bool = False


# As they come: the answer idle_limit counts more, and is what to give for those that were told another limit. All but
# the NAT gateway of AWS and the firewall of Google can be.
MIDDLEBOXES: Mapping[str, Middlebox] = {
    "aws-nlb": Middlebox("AWS Network Load Balancer", 350, "answers later packets with a reset"),
    "aws-gwlb": Middlebox("AWS Gateway Load Balancer", 350, "drops later packets"),
    "aws-nat": Middlebox("AWS NAT Gateway", 350, "answers the next packet with a reset", "medium"),
    "aws-firewall": Middlebox("AWS Network Firewall", 350, "drops later packets silently"),
    "azure-lb": Middlebox("Azure Load Balancer", 240, "drops later packets silently, unless TCP reset is on"),
    "azure-nat": Middlebox("Azure NAT Gateway", 240, "drops later packets", "medium"),
    "gcp": Middlebox("Google Cloud VPC firewall", 600, "drops later packets silently", "medium"),
    "gcp-nat": Middlebox("Google Cloud NAT", 1200, "drops later packets silently", "medium"),
    "rds-proxy": Middlebox("Amazon RDS Proxy", 1800, "closes the client's connection", "low", ends_tcp=True),
    "haproxy": Middlebox(
        "HAProxy (timeout client and server 50s, the usual)", 50, "closes both sides", "low", ends_tcp=True
    ),
    "envoy": Middlebox("Envoy", 3600, "closes both sides with a reset", "low", ends_tcp=True),
    "ipvs": Middlebox("kube-proxy with IPVS", 900, "answers with a reset or drops", "low"),
    "firewall": Middlebox("a firewall with the usual hour", 3600, "drops later packets silently", "low"),
}
_SURE = {
    "high": "the limit is its maker's default",
    "medium": "the limit is what others say of it (confidence medium: look it up, or answer idle_limit)",
    "low": "the limit is a usual one (confidence low: look it up, or answer idle_limit)",
}
_SEPARATORS = re.compile(r"[\s_/]+")


@dataclass(frozen=True, slots=True)
class NetworkPath:
    """Idle limit of the strictest load balancer, NAT or firewall on the path, in microseconds.

    ``middlebox`` is what stands there, where the reader named it; ``how`` says where the limit is from, and how sure
    it is.
    """

    idle_limit_us: int
    origin: Origin | None
    middlebox: Middlebox | None = None
    how: str = "your answer"

    @property
    def who(self) -> str:
        """What forgets connections, in words."""
        return self.middlebox.name if self.middlebox else "a device on the path"


def gather(documents: Documents) -> NetworkPath | None:
    """Return the answers; a limit that is stated counts more than what the device comes with."""
    limit, named = documents.answer(_LIMIT), documents.answer(_NAMED)
    box = named.value if named else None
    if limit and limit.value:
        return NetworkPath(limit.value, limit.origin, box)
    if box is None or named is None:
        return None
    return NetworkPath(box.idle_limit * _SECOND, named.origin, box, f"your answer; {_SURE[box.confidence]}")


def read_middlebox(text: str) -> Middlebox | None:
    """Return the device that an answer names: ``aws-nlb``, ``AWS NLB``."""
    return MIDDLEBOXES.get(_SEPARATORS.sub("-", text.strip().lower()))


def describe(path: NetworkPath) -> Iterator[tuple[str, str, str]]:
    """Say the limit, and whose it is."""
    whose = f" ({path.middlebox.name})" if path.middlebox else ""
    yield "idle limit on the network path", f"{units.seconds(path.idle_limit_us)}{whose}", path.how


_LIMIT = Question("idle_limit", "Idle limit of the load balancer, NAT or firewall on the path", "350s", units.time_us)
_NAMED = Question(
    "middlebox", f"What stands between client and server: {', '.join(MIDDLEBOXES)}", "aws-nlb", read_middlebox
)

FACT = Fact(
    gather,
    "the idle limit of the load balancer, NAT or firewall between client and server (the answer idle_limit = 350s, or "
    "middlebox = aws-nlb)",
    describe,
    (_LIMIT, _NAMED),
)
