"""PostgreSQL's TLS is off (ssl, off by default): a client that insists on it is turned away."""

from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign


def check(pg: Postgres) -> Shown | None:
    """Look at ssl; a file that does not name it may not be the whole configuration."""
    if pg.effective("ssl") is None:
        return None
    on = pg.flag("ssl")
    return Shown(not on, "ssl is on" if on else "ssl is off", pg.origins("ssl"))


SIGN = Sign(
    "TLS is off",
    check,
    examples=(
        ({"postgresql_conf": "ssl = off\n"}, True),
        ({"postgresql_conf": "ssl = on\n"}, False),
        ({"postgresql_conf": "port = 5432\n"}, None),
        ({"answers": "memory = 16GB\n"}, None),
    ),
    paste="postgresql.conf, or SHOW ssl",
)
