"""max_stack_depth is above what the operating system gives a process.

The server checks at start that max_stack_depth is at least 512 kB below the soft limit of the stack (`ulimit -s`, "Max
stack size"); otherwise `invalid value for parameter "max_stack_depth"` and no start. The check is there because a stack
that overflows kills the backend, and with it all other sessions.

It is lowered to the limit less 512 kB. If deep queries need more, raise the limit where the server is started
(LimitSTACK of its unit) and restart. The limit must be the server's own, from /proc/PID/limits of the postmaster.
"""

from __future__ import annotations

from collections.abc import Iterator

from confmend import units
from confmend.facts import Documents
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# STACK_DEPTH_SLOP of the server.
SLOP = 512 * 1024
_KEYS = ("Max stack size", "STACK")


def check(pg: Postgres, documents: Documents) -> Iterator[Finding]:
    """Compare max_stack_depth with the limit of the process."""
    for document in reversed(documents.of("process_limits")):
        for key in _KEYS:
            line = document.get(key)
            if not line or not line.value.isdecimal():
                continue
            limit, depth = int(line.value), pg.size("max_stack_depth")
            if pg.effective("max_stack_depth") and depth > limit - SLOP > 0:
                most = (limit - SLOP) // 1024 * 1024
                yield Finding(
                    f"max_stack_depth is {units.human(depth)}, but a process gets a stack of {units.human(limit)} and "
                    f"512 kB must stay free: the server does not start. {units.postgres_size(most)} is the most.",
                    (*pg.origins("max_stack_depth"), *document.origins(key)),
                    (pg.edit("max_stack_depth", units.postgres_size(most)),),
                    (f"{units.human(limit)} − 512 kiB = {units.human(limit - SLOP)} < {units.human(depth)}",),
                )
            return


_LIMITS = (
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max cpu time              unlimited            unlimited            seconds   \n"
    "Max stack size            8388608              unlimited            bytes     \n"
    "Max open files            1024                 524288               files     \n"
)
RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-STACK-DEPTH",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/misc/stack_depth.c",
    ),
    examples=(
        Example(
            {"postgresql_conf": "max_stack_depth = 16MB\n", "process_limits": _LIMITS},
            {"postgresql_conf": "max_stack_depth = 7680kB\n"},
        ),
        Example({"postgresql_conf": "max_stack_depth = 7680kB\n", "process_limits": _LIMITS}),
        Example({"postgresql_conf": "max_stack_depth = 7MB\n"}),
    ),
    side_effect="Deeply nested queries and functions end with 'stack depth limit exceeded' at the lower limit.",
)
