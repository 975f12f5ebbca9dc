"""The driver opens its connections without keepalive.

JDBC's and .NET's drivers leave TCP keepalive off unless the connection string asks for it. A connection over which
nothing comes for a while is then forgotten by the load balancer or firewall between, and a server that is gone is not
noticed: a thread that waits for an answer waits for ever, and the application's pool fills up with such threads.

With it on the times are the operating system's, two hours before the first probe, so net.ipv4.tcp_keepalive_time on
the client's host, or the driver's own time, must be below the idle limit too. The server's own keepalive keeps the
path open just as well, if there is no proxy between. New connections have it; without the parameter it is as before.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.facts.dead_peers import DeadPeers
from confmend.model import Example, Finding, Rule, Severity

SWITCHES = {"jdbc": ("tcpKeepAlive", "true"), "npgsql": ("TCP Keepalive", "true")}


def check(clients: Clients, peers: DeadPeers | None) -> Iterator[Finding]:
    """Look for the drivers that have it off; grave where something on the path is known to forget connections."""
    for client in clients.all:
        on = client.keepalive
        if client.family not in SWITCHES or client.local or on is None or on.value:
            continue
        ping = client.time_us("ping_interval")
        if ping and ping.value:
            continue
        name, value = SWITCHES[client.family]
        certain = peers is not None and (peers.path is not None or peers.silent > 0)
        why = f" Here {peers.why}." if certain and peers else ""
        yield Finding(
            f"{'pgjdbc' if client.family == 'jdbc' else 'Npgsql'} opens this connection without TCP keepalive: if the "
            f"server's host or the path goes away, whoever waits for an answer waits for ever.{why} Write "
            f"{name}={value}.",
            (on.origin or client.origin,),
            (client.edit(name, value),) if certain else (),
            severity=Severity.WARNING if certain else Severity.INFO,
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://jdbc.postgresql.org/documentation/use/#connection-parameters",
        "https://www.npgsql.org/doc/keepalive.html",
    ),
    examples=(
        Example(
            {"connection_strings": "url=jdbc:postgresql://db/orders\n", "answers": "middlebox = aws-nlb\n"},
            {"connection_strings": "url=jdbc:postgresql://db/orders?tcpKeepAlive=true\n"},
        ),
        Example(
            {"connection_strings": "url=jdbc:postgresql://db/orders\n"},
            {"connection_strings": "url=jdbc:postgresql://db/orders\n"},
        ),
        Example(
            {
                "connection_strings": "url=jdbc:postgresql://db/orders?tcpKeepAlive=true\n",
                "answers": "middlebox = aws-nlb\n",
            }
        ),
        Example({"connection_strings": "url=jdbc:postgresql://localhost/orders\n"}),
    ),
    side_effect="A packet now and then on idle connections; the times are the client host's own, two hours unless its "
    "kernel is told otherwise.",
)
