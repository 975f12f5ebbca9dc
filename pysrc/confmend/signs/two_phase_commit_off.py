"""The server has no room for prepared transactions: max_prepared_transactions is 0, its default."""

from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign


def check(postgres: Postgres) -> Shown | None:
    """Look at the setting; a file that does not name it may not be the whole configuration."""
    if postgres.effective("max_prepared_transactions") is None:
        return None
    count = postgres.count("max_prepared_transactions")
    return Shown(count == 0, f"max_prepared_transactions is {count:,}", postgres.origins("max_prepared_transactions"))


SIGN = Sign(
    "Two-phase commit is switched off",
    check,
    examples=(
        ({"postgresql_conf": "max_prepared_transactions = 0\n"}, True),
        ({"postgresql_conf": "max_prepared_transactions = 100\n"}, False),
        ({"postgresql_conf": "max_connections = 100\n"}, None),
    ),
    paste="SHOW max_prepared_transactions",
)
