"""The container's /dev/shm is too small for parallel queries.

Workers of a parallel query share memory in /dev/shm, and a container has 64 MB of it unless it was told otherwise. A
hash join that wants more ends with `could not resize shared memory segment ... No space left on device`, although the
disk is empty and there is RAM. Only queries large enough to run in parallel meet it.

There is no edit, for how much is needed depends on the queries: work_mem × hash_mem_multiplier × processes for each
hash is the bound. Give --shm-size (docker run), shm_size (Compose) or an emptyDir of medium Memory at /dev/shm
(Kubernetes); it counts against the container's memory. The container is made anew for it.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.facts import Documents
from confmend.facts.container import Container
from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# dsm_impl.c
_FULL = re.compile('could not resize shared memory segment "[^"]*" to [0-9]+ bytes: No space left on device')
# What Docker and containerd mount.
USUAL = 64 * 1024**2
_DOCKER = ("docker_inspect", "docker_run", "container_yaml")
_SHOWN = 3


def check(pg: Postgres, documents: Documents, container: Container | None, log: ServerLog | None) -> Iterator[Finding]:
    """Compare what a parallel hash may take with the container's /dev/shm."""
    inside = [document for kind in _DOCKER for document in documents.of(kind)]
    lines = tuple(log.matching(_FULL)) if log else ()
    if not (inside or lines) or pg.choice("dynamic_shared_memory_type") != "posix":
        return
    workers = pg.count("max_parallel_workers_per_gather")
    given = container.shm if container else None
    size = given.value if given else USUAL
    if not workers or (size > USUAL and not lines):
        return
    times = pg.number("hash_mem_multiplier").value if pg.version and pg.has("hash_mem_multiplier") else 1
    need = round(pg.size("work_mem") * times) * (workers + 1)
    if need <= size and not lines:
        return
    where = f"{units.human(size)}{'' if given else ' unless set'}" if inside else "too small"
    yield Finding(
        (f"The log has {len(lines):,} queries that ended because /dev/shm was full. " if lines else "")
        + f"/dev/shm of the container is {where}; one parallel hash may take {units.human(need)}. "
        "Make it larger with --shm-size or shm_size; in Kubernetes with an emptyDir of medium Memory at /dev/shm.",
        (
            *lines[:_SHOWN],
            *pg.origins("work_mem", "hash_mem_multiplier", "max_parallel_workers_per_gather"),
            *((given.origin,) if given and given.origin else ()),
        ),
        arithmetic=(f"{units.human(pg.size('work_mem'))} × {times:g} × ({workers} workers + 1) = {units.human(need)}",),
        severity=Severity.WARNING if lines else Severity.INFO,
    )


_RUN = "docker run -d --name db postgres:16\n"
_POD = (
    "apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - name: shm\n    emptyDir:\n      medium: Memory\n"
    "      sizeLimit: {}\n  containers:\n  - name: db\n    image: postgres:16\n    volumeMounts:\n"
    "    - name: shm\n      mountPath: /dev/shm\n    resources:\n      limits:\n        memory: 4Gi\n"
)
RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.docker.com/reference/cli/docker/container/run/",
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-DYNAMIC-SHARED-MEMORY-TYPE",
    ),
    examples=(
        Example(
            {"postgresql_conf": "work_mem = 64MB\n", "docker_run": _RUN, "answers": "postgresql = 16\n"},
            {"postgresql_conf": "work_mem = 64MB\n"},
        ),
        Example({"postgresql_conf": "work_mem = 4MB\n", "docker_run": _RUN, "answers": "postgresql = 16\n"}),
        Example(
            {"postgresql_conf": "work_mem = 64MB\n", "container_yaml": _POD.format("32Mi")},
            {"postgresql_conf": "work_mem = 64MB\n"},
        ),
        Example({"postgresql_conf": "work_mem = 64MB\n", "container_yaml": _POD.format("1Gi")}),
        Example(
            {
                "postgresql_conf": "work_mem = 64MB\n",
                "docker_run": _RUN.replace("-d", "-d --shm-size=1g"),
                "answers": "postgresql = 16\n",
            }
        ),
    ),
)
