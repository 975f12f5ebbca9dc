"""The firewall's table is too small for the pooler's clients.

Each client of PgBouncer and each of its connections to PostgreSQL is a flow in the host's connection tracking, and a
closed one stays for two minutes. A table with less than twice the places that max_client_conn and the pools can fill is
full under the load that the pooler was made for; then new connections are dropped.

It does not matter where connection tracking is not loaded; then `sysctl -a` has no such key. The change takes effect at
once; to undo it, write the old number.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connection_table import ENTRY, TIMES, grown, needed

KEY = "net.netfilter.nf_conntrack_max"


def check(kernel: Kernel, pooler: Pooler) -> Iterator[Finding]:
    """Compare the table with twice the clients and the pools' connections, one user in each."""
    clients = pooler.count("max_client_conn")
    servers = sum(pooler.pool_size(pool) for pool in pooler.pools) * (pooler.processes or 1)
    places = needed(clients, servers)
    for values, found in kernel.numbers(KEY):
        if found[0] < places:
            better = grown(found[0], places)
            yield Finding(
                f"Connection tracking has {found[0]:,} places; {clients:,} clients and {servers:,} server connections, "
                f"with as many just closed, need {places:,}. Beyond it new connections are dropped. Set "
                f"nf_conntrack_max = {better:,}, which takes {units.human(better * ENTRY)} when it is full.",
                (*evidence(*values), *pooler.origins("max_client_conn", "default_pool_size")),
                kernel.changed(KEY, str(better), values),
                (f"{TIMES} × ({clients:,} + {servers:,}) = {places:,} > {found[0]:,}",),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/nf_conntrack-sysctl.html",
        "https://www.pgbouncer.org/config.html#max_client_conn",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.netfilter.nf_conntrack_max = 32768\n",
                "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nmax_client_conn = 20000\n",
            },
            {
                "sysctl_conf": "net.netfilter.nf_conntrack_max = 65536\n",
                "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nmax_client_conn = 20000\n",
            },
        ),
        Example(
            {
                "sysctl_conf": "net.netfilter.nf_conntrack_max = 40040\n",
                "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nmax_client_conn = 20000\n",
            }
        ),
    ),
    side_effect="The kernel may take about 400 bytes for each further place, unswappable; raise nf_conntrack_buckets "
    "to a quarter of it as well.",
)
