"""When a change takes effect: the restart scope of an edit.

Sources: pg_settings.context (PostgreSQL, "Interaction with configuration files"), PgBouncer's ``SHOW CONFIG`` (column
changeable), sysctl(8), systemd.unit(5).
"""

from __future__ import annotations

from confmend.catalog import pgbouncer, postgres, sysctl

_CONTEXTS = {
    "postmaster": "after a restart of PostgreSQL",
    "sighup": "after a reload: select pg_reload_conf()",
    "superuser-backend": "after a reload, for new connections",
    "backend": "after a reload, for new connections",
    "superuser": "after a reload, where no session, role or database sets it",
    "user": "after a reload, where no session, role or database sets it",
}
_KINDS = {
    "sysctl_conf": "after sysctl --system (or sysctl -p FILE) and at each start of the host",
    "sysctl_dump": "at once with sysctl -w, until the host starts again",
    "tuned_conf": "after tuned-adm profile",
    "pg_hba": "after a reload, for new connections",
    "userlist": "after RELOAD on PgBouncer's console, for new logins",
    "systemd_unit": "after systemctl daemon-reload and a restart of the unit",
    "limits_conf": "for new logins; services have limits of their own",
    "connection_strings": "when the application connects anew",
    "windows_reg": "after a restart of Windows",
    "launchd_plist": "at the next start of macOS, or launchctl load",
}
# What the kernel applies to some things only.
_REACHES = {
    "new sockets": "; open sockets keep the old value",
    "next listen": "; a program that listens has to listen anew",
    "new devices": "; for devices that come later",
    "new namespaces": "; for network namespaces that come later",
}

# From nothing to everything, with the time that it takes.
INTERRUPTIONS = (
    "no downtime: it applies while everything runs, in seconds",
    "no downtime: what is open keeps the old value, so it is whole when connections or logins have been renewed",
    "PgBouncer restarts: its clients connect anew, in seconds (an online restart keeps them)",
    "PostgreSQL restarts: every session ends; seconds if a CHECKPOINT is run just before, minutes otherwise",
    "a service or the host restarts: every session ends, for minutes",
)
_NOTHING, _NEW, _POOLER, _SERVER, _UNIT = range(len(INTERRUPTIONS))
_UNITS = ("systemd_unit", "windows_reg", "launchd_plist")


def applies(kind: str, key: str, removed: bool = False) -> str:
    """Return when a change of ``key`` in a document of ``kind`` takes effect, empty where nothing is known."""
    if kind == "postgresql_conf":
        return _CONTEXTS.get(_context(key), "")
    if kind == "pgbouncer_ini":
        again = restarts(kind, key)
        return "after a restart of PgBouncer" if again else "after RELOAD on PgBouncer's console"
    if kind == "sysctl_conf" and removed:
        return "at the next start of the host; until then the running value stays, or sysctl -w sets it"
    if kind in ("sysctl_conf", "sysctl_dump"):
        return _KINDS[kind] + _REACHES.get(reaches(key), "")
    return _KINDS.get(kind, "")


def interruption(kind: str, key: str) -> int:
    """Return how much a change interrupts: an index of ``INTERRUPTIONS``."""
    if restarts(kind, key):
        return _SERVER if kind == "postgresql_conf" else _POOLER
    if kind in _UNITS:
        return _UNIT
    told = applies(kind, key)
    return _NEW if " new " in told or "anew" in told else _NOTHING


def restarts(kind: str, key: str) -> bool:
    """Return whether PostgreSQL or PgBouncer takes over a change of ``key`` only when it starts."""
    if kind == "postgresql_conf":
        return _context(key) == "postmaster"
    section, _, name = key.partition("/")
    setting = pgbouncer.settings().get(name) if kind == "pgbouncer_ini" and section == pgbouncer.MAIN else None
    return setting is not None and setting.applies == "restart"


def reaches(key: str) -> str:
    """Return what a new value of a kernel key applies to, as the table of keys says it; empty for an unknown key."""
    known = sysctl.settings().get(key)
    return known.applies if known else ""


def _context(name: str) -> str:
    """Return the newest context of a setting of PostgreSQL; what no version knows is taken for one of the start."""
    known = [versions[name] for versions in map(postgres.settings, postgres.versions()) if name in versions]
    return known[-1].context if known else "postmaster"
