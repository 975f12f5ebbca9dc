"""The standby streams without a replication slot: its primary keeps WAL for it only as far as wal_keep_size goes."""

from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign


def check(postgres: Postgres) -> Shown | None:
    """Look at the standby's two settings."""
    if not postgres.has("primary_slot_name") or not postgres.text("primary_conninfo").value.strip():
        return None
    name = postgres.text("primary_slot_name").value.strip()
    evidence = postgres.origins("primary_conninfo", "primary_slot_name")
    if name:
        return Shown(False, f"the standby has the slot {name}", evidence)
    return Shown(True, "primary_conninfo is set, and primary_slot_name is empty", evidence)


_FROM = "primary_conninfo = 'host=db1 user=replicator'\n"
SIGN = Sign(
    "The standby streams without a slot",
    check,
    examples=(
        ({"postgresql_conf": _FROM, "answers": "postgresql = 16\n"}, True),
        ({"postgresql_conf": _FROM + "primary_slot_name = 'standby1'\n", "answers": "postgresql = 16\n"}, False),
        ({"postgresql_conf": "max_connections = 100\n", "answers": "postgresql = 16\n"}, None),
    ),
    paste="primary_conninfo and primary_slot_name of the standby (postgresql.auto.conf)",
)
