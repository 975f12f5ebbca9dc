"""PostgreSQL is to listen on one address, and the kernel refuses one that the host does not have just then."""

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign

KEY = "net.ipv4.ip_nonlocal_bind"
_ALWAYS_THERE = frozenset(("", "*", "0.0.0.0", "::", "localhost", "127.0.0.1", "::1"))


def check(pg: Postgres, kernel: Kernel) -> Shown | None:
    """Look at listen_addresses, and at what the kernel does with addresses of others."""
    if pg.effective("listen_addresses") is None:
        return None
    addresses = {each.strip().strip('"') for each in pg.text("listen_addresses").value.split(",")}
    own = sorted(addresses - _ALWAYS_THERE)
    if not own:
        return Shown(False, "listen_addresses names none of its own", pg.origins("listen_addresses"))
    value = kernel.number(KEY)
    if value is None:
        return None
    because = f"listen_addresses has {', '.join(own)}, and {KEY} is {value}"
    return Shown(value == 0, because, (*pg.origins("listen_addresses"), *evidence(kernel.effective(KEY))))


_ONE = "listen_addresses = '10.20.0.100'\n"
SIGN = Sign(
    "The server listens on one address, which the kernel refuses while it is elsewhere",
    check,
    examples=(
        ({"postgresql_conf": _ONE, "sysctl_conf": f"{KEY} = 0\n"}, True),
        ({"postgresql_conf": _ONE, "sysctl_conf": f"{KEY} = 1\n"}, False),
        ({"postgresql_conf": "listen_addresses = '*'\n", "sysctl_conf": f"{KEY} = 0\n"}, False),
        ({"postgresql_conf": _ONE, "sysctl_conf": "vm.swappiness = 10\n"}, None),
    ),
    paste=f"listen_addresses, and sysctl {KEY}",
)
