"""Every transaction begins read only, because default_transaction_read_only is on."""

from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign


def check(postgres: Postgres) -> Shown | None:
    """Look at the setting; "off" in a file leaves what a role or a database has of its own."""
    if postgres.effective("default_transaction_read_only") is None:
        return None
    on = postgres.flag("default_transaction_read_only")
    because = f"default_transaction_read_only is {'on' if on else 'off'}"
    return Shown(on, because, postgres.origins("default_transaction_read_only"))


SIGN = Sign(
    "Transactions are read only by default",
    check,
    examples=(
        ({"postgresql_conf": "default_transaction_read_only = on\n"}, True),
        ({"postgresql_conf": "default_transaction_read_only = off\n"}, False),
        ({"postgresql_conf": "max_connections = 100\n"}, None),
    ),
    paste="SHOW default_transaction_read_only, in a session of that role",
)
