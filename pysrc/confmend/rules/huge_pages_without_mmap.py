"""Huge pages are required where they can't be had, and the server does not start.

huge_pages = on means: start with huge pages or not at all. With shared_memory_type = sysv, and on systems other than
Linux and Windows, there are none: `huge pages not supported with the current shared_memory_type setting`, `huge pages
not supported on this platform`. huge_pages = try, the default, takes them where they are and starts in any case.

It is set to try. A restart applies it; `on` and a restart undo it.
"""

from collections.abc import Iterator

from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

_HAVE_THEM = ("Linux", "Windows")


def check(pg: Postgres, platform: Platform | None) -> Iterator[Finding]:
    """Look at what huge_pages = on needs."""
    if pg.choice("huge_pages") != "on":
        return
    sysv = pg.choice("shared_memory_type") == "sysv"
    if not sysv and (platform is None or platform.name in _HAVE_THEM):
        return
    why = "shared_memory_type = sysv has none" if sysv or platform is None else f"{platform.name} has none"
    place = (platform.origin,) if platform and platform.origin and not sysv else ()
    yield Finding(
        f"huge_pages is on, but {why}: the server does not start. With try it takes them where they are.",
        (*pg.origins("huge_pages", "shared_memory_type"), *place),
        (pg.edit("huge_pages", "try"),),
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-HUGE-PAGES",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/port/sysv_shmem.c",
    ),
    examples=(
        Example(
            {"postgresql_conf": "huge_pages = on\nshared_memory_type = sysv\n"},
            {"postgresql_conf": "huge_pages = try\nshared_memory_type = sysv\n"},
        ),
        Example({"postgresql_conf": "huge_pages = on\nshared_memory_type = mmap\n"}),
        Example({"postgresql_conf": "shared_memory_type = sysv\n"}),
    ),
    side_effect="With try the server starts without huge pages and only SHOW huge_pages_status (17 and later) tells.",
)
