"""What limits the server: its container wins over the host, for PostgreSQL's memory and CPUs, not for the kernel's."""

import pytest

from confmend.engine import analyse
from confmend.facts.cores import Cores
from confmend.facts.memory import Memory
from confmend.facts.server_memory import ServerMemory
from confmend.model import Paste

GIB = 1024**3
RUN = "docker run --memory 4g --cpus 2.5 postgres:16\n"


def found(**pastes: str) -> tuple[int | None, int | None, int | None]:
    facts = analyse([Paste(text, kind=kind) for kind, text in pastes.items()]).facts
    host, server, cores = facts.get(Memory), facts.get(ServerMemory), facts.get(Cores)
    return host and host.ram // GIB, server and server.ram // GIB, cores and cores.count


@pytest.mark.parametrize(
    ("pastes", "expected"),
    [
        ({"answers": "memory = 64GB\ncpus = 32\n"}, (64, 64, 32)),
        ({"answers": "memory = 64GB\ncpus = 32\n", "docker_run": RUN}, (64, 4, 3)),
        ({"docker_run": RUN}, (None, 4, 3)),
        ({"answers": "memory = 2GB\ncpus = 2\n", "docker_run": RUN}, (2, 2, 2)),
        # The limits of PgBouncer's own service are not the server's.
        (
            {
                "answers": "memory = 64GB\ncpus = 32\n",
                "systemd_unit": "[Service]\nExecStart=/usr/bin/pgbouncer /etc/pgbouncer.ini\nMemoryMax=1G\n",
            },
            (64, 64, 32),
        ),
    ],
)
def test_the_smaller_of_host_and_limit_counts(pastes: dict[str, str], expected: tuple[int, int, int]) -> None:
    assert found(**pastes) == expected


def test_the_limit_says_where_it_stands_and_what_it_is_less_than() -> None:
    facts = analyse([Paste("memory = 64GB\n", kind="answers"), Paste(RUN, kind="docker_run")]).facts
    memory = facts[ServerMemory]
    assert memory.limited
    assert "less than the host's 64.00 GiB" in memory.how
    assert [origin.kind for origin in memory.origins] == ["docker_run"]
