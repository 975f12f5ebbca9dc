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


def applies(kind: str, key: str, removed: bool = False) -> str:
    """Return when a change of ``key`` in a document of ``kind`` takes effect, empty where nothing is known."""
    if kind == "postgresql_conf":
        known = [versions[key] for versions in map(postgres.settings, postgres.versions()) if key in versions]
        return _CONTEXTS.get(known[-1].context, "") if known else "after a restart of PostgreSQL"
    if kind == "pgbouncer_ini":
        section, _, name = key.partition("/")
        setting = pgbouncer.settings().get(name) if section == pgbouncer.MAIN else None
        restart = setting is not None and setting.applies == "restart"
        return "after a restart of PgBouncer" if restart else "after RELOAD on PgBouncer's console"
    if kind == "sysctl_conf" and removed:
        return "at the next start of the host; until then the running value stays, or sysctl -w sets it"
    if kind in ("sysctl_conf", "sysctl_dump"):
        known_key = sysctl.settings().get(key)
        return _KINDS[kind] + (_REACHES.get(known_key.applies, "") if known_key else "")
    return _KINDS.get(kind, "")
