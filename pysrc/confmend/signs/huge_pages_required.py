"""The server is told to start with huge pages or not at all (huge_pages = on)."""

from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign


def check(postgres: Postgres) -> Shown:
    """Look at the setting."""
    choice = postgres.choice("huge_pages")
    return Shown(choice == "on", f"huge_pages is {choice}", postgres.origins("huge_pages"))


SIGN = Sign(
    "Huge pages are required",
    check,
    examples=(
        ({"postgresql_conf": "huge_pages = on\n", "answers": "postgresql = 16\n"}, True),
        ({"postgresql_conf": "shared_buffers = 8GB\n", "answers": "postgresql = 16\n"}, False),
        ({"answers": "memory = 16GB\n"}, None),
    ),
)
