"""The kernel may hand out the server's own port to an outgoing connection.

net.ipv4.ip_local_port_range is where the kernel takes ports for connections that the host opens. If it holds 5432 or
6432, a backup, a monitoring agent or a replica's own connection can have that port just when the server restarts, and
the start fails: could not bind IPv4 address: Address already in use.

net.ipv4.ip_local_reserved_ports keeps single ports out of the range. A write replaces the whole list, so the ports are
added to what stands there; where nobody pasted the list, there is no edit. The change holds at once for new outgoing
connections and costs nothing; to undo it, write the old list.
"""

from collections.abc import Iterator

from confmend.facts.kernel import DUMP, Kernel, evidence, integers
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Origin, Rule, Severity, Value

RANGE, RESERVED = "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"
ASK = "paste its value first, for a write replaces the whole list"


def check(kernel: Kernel, pg: Postgres | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Compare the range with the ports of the servers that were pasted."""
    set_ = kernel.effective(RANGE)
    ports = integers(set_, 2)
    listening = dict(_listening(pg, pooler))
    if not ports or not listening:
        return
    list_ = kernel.effective(RESERVED)
    reserved = list_.value.strip() if list_ else ""
    open_ = [port for port in listening if ports[0] <= port <= ports[1] and not _holds(reserved, port)]
    if not open_:
        return
    # A file alone says nothing of lists in other files; the dump holds them all.
    known = list_ is not None or bool(kernel.dumps)
    joined = ",".join((*((reserved,) if reserved else ()), *map(str, sorted(open_))))
    named = " and ".join(f"{port} ({listening[port][0]})" for port in open_)
    what = (
        f"Set ip_local_reserved_ports = {joined}."
        if known
        else f"Add {', '.join(map(str, open_))} to {RESERVED}; {ASK}."
    )
    yield Finding(
        f"Outgoing connections may take any port from {ports[0]:,} to {ports[1]:,}, and so {named}. Then the server "
        f'does not start again: "Address already in use". {what}',
        (*evidence(set_, list_), *(origin for port in open_ for origin in listening[port][1])),
        tuple(_edits(kernel, set_, list_, joined)) if known else (),
    )


def _listening(pg: Postgres | None, pooler: Pooler | None) -> Iterator[tuple[int, tuple[str, tuple[Origin, ...]]]]:
    if pg:
        yield pg.count("port"), ("PostgreSQL", pg.origins("port"))
    if pooler:
        yield pooler.count("listen_port"), ("PgBouncer", pooler.origins("listen_port"))


def _holds(reserved: str, port: int) -> bool:
    for part in reserved.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and int(first) <= port <= int(last if last.isdecimal() else first):
            return True
    return False


def _edits(kernel: Kernel, set_: Value[str] | None, list_: Value[str] | None, joined: str) -> Iterator[Edit]:
    written = list_ or set_
    if written and written.origin:
        yield Edit(written.origin.kind, RESERVED, joined)
        if written.origin.kind == DUMP and kernel.files:
            yield Edit(kernel.files[-1].kind, RESERVED, joined)


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html#ip-variables",),
    examples=(
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nnet.ipv4.ip_local_port_range = 1024\t65535\n"
                "net.ipv4.ip_local_reserved_ports = 8080\n",
                "postgresql_conf": "port = 5432\n",
            },
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nnet.ipv4.ip_local_port_range = 1024\t65535\n"
                "net.ipv4.ip_local_reserved_ports = 8080,5432\n",
            },
        ),
        # Whether another file has a list is not known.
        Example(
            {"sysctl_conf": "net.ipv4.ip_local_port_range = 1024 65535\n", "postgresql_conf": "port = 5432\n"},
            {"sysctl_conf": "net.ipv4.ip_local_port_range = 1024 65535\n"},
        ),
        Example(
            {
                "sysctl_conf": "net.ipv4.ip_local_port_range = 1024 65535\n"
                "net.ipv4.ip_local_reserved_ports = 5000-5500\n",
                "postgresql_conf": "port = 5432\n",
            }
        ),
        Example({"sysctl_conf": "net.ipv4.ip_local_port_range = 5433 65535\n", "postgresql_conf": "port = 5432\n"}),
    ),
    side_effect="A program that asked for one of these ports for an outgoing connection by number still gets it.",
)
