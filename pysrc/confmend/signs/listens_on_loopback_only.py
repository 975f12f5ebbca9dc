"""PostgreSQL listens on the loopback addresses only: from another host its port is closed."""

from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


def check(pg: Postgres) -> Shown | None:
    """Look at listen_addresses; a name that is neither loopback nor every address says nothing."""
    if pg.effective("listen_addresses") is None:
        return None
    written = pg.text("listen_addresses").value
    addresses = {each.strip().strip('"') for each in written.split(",")} - {""}
    because = f"listen_addresses is {written!r}"
    evidence = pg.origins("listen_addresses")
    if addresses <= _LOOPBACK:
        return Shown(True, because, evidence)
    return Shown(False, because, evidence) if addresses & {"*", "0.0.0.0"} else None


SIGN = Sign(
    "PostgreSQL listens on the loopback addresses only",
    check,
    examples=(
        ({"postgresql_conf": "listen_addresses = 'localhost'\n"}, True),
        ({"postgresql_conf": "listen_addresses = '127.0.0.1, ::1'\n"}, True),
        ({"postgresql_conf": "listen_addresses = '*'\n"}, False),
        ({"postgresql_conf": "listen_addresses = '10.0.0.5'\n"}, None),
        ({"answers": "memory = 16GB\n"}, None),
    ),
    paste="postgresql.conf, or SHOW listen_addresses",
)
