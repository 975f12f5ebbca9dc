"""io_method = io_uring may keep the server from starting.

It needs a PostgreSQL 18 that was built with liburing, a kernel that permits io_uring to it (kernel.io_uring_disabled =
0), no seccomp filter as containers have it, and enough lockable memory (ulimit -l). Each of them missing ends the
start: `invalid value for parameter "io_method"`, `could not setup io_uring queue: Operation not permitted`, `Cannot
allocate memory`. Some tools write it into every configuration for 18.

Where something pasted shows that it is not permitted the default, worker, is set; elsewhere there is no edit: it is a
good choice on a host where a restart has proved it. It needs a restart, as does the way back.
"""

from collections.abc import Iterator

from confmend.facts import Documents
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Origin, Rule, Severity

KEY = "kernel.io_uring_disabled"
# Their usual seccomp profiles filter the calls of io_uring.
_CONTAINERS = ("docker_inspect", "docker_run", "container_yaml")


def check(pg: Postgres, kernel: Kernel | None, documents: Documents) -> Iterator[Finding]:
    """Look for what forbids io_uring where it is set."""
    found = pg.effective("io_method")
    if not found or found.value.lower() != "io_uring" or not pg.has("io_method"):
        return
    disabled = kernel.effective(KEY) if kernel else None
    containers = [document for kind in _CONTAINERS for document in documents.of(kind)]
    why, place = "", tuple[Origin, ...]()
    if disabled and disabled.value.strip() in ("1", "2"):
        why, place = f"{KEY} is {disabled.value.strip()}", evidence(disabled)
    elif containers:
        why, place = "containers filter its system calls unless told otherwise", (containers[-1].origin(0),)
    if why:
        yield Finding(
            f"io_method is io_uring, but {why}: the server does not start. Set it to worker, the default.",
            (*pg.origins("io_method"), *place),
            (pg.edit("io_method", "worker"),),
            severity=Severity.CRITICAL,
        )
    else:
        yield Finding(
            "io_method is io_uring: the server starts only if it was built with liburing, "
            f"{KEY} is 0, no container filters its system calls and ulimit -l is large enough. Try a restart before "
            "you need one; worker, the default, always starts.",
            (*pg.origins("io_method"), *evidence(disabled)),
            severity=Severity.WARNING,
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-IO-METHOD",
        "https://docs.kernel.org/admin-guide/sysctl/kernel.html#io-uring-disabled",
        "https://github.com/docker-library/postgres/issues/1365",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "io_method = io_uring\n",
                "sysctl_conf": "kernel.io_uring_disabled = 2\n",
                "answers": "postgresql = 18\n",
            },
            {"postgresql_conf": "io_method = worker\n"},
        ),
        Example(
            {
                "postgresql_conf": "io_method = io_uring\n",
                "docker_run": "docker run -d postgres:18\n",
                "answers": "postgresql = 18\n",
            },
            {"postgresql_conf": "io_method = worker\n"},
        ),
        Example(
            {"postgresql_conf": "io_method = io_uring\n", "answers": "postgresql = 18\n"},
            {"postgresql_conf": "io_method = io_uring\n"},
        ),
        Example({"postgresql_conf": "io_method = worker\n", "answers": "postgresql = 18\n"}),
    ),
    side_effect="Reads go through io_workers processes instead of the backend's own queue: slower on very fast disks.",
)
