"""What Patroni's own store takes, where it writes the configuration."""

from __future__ import annotations

from confmend.artefacts.settings import Setting, settings
from confmend.artefacts.source import Source, Topic

# What Patroni keeps for itself (patroni/postgresql/config.py, CMDLINE_OPTIONS that it sets, and what it overwrites).
_ITS_OWN = (
    *("listen_addresses", "port", "cluster_name", "hot_standby", "wal_log_hints", "unix_socket_directories"),
    *("data_directory", "config_file", "hba_file", "ident_file", "primary_conninfo", "primary_slot_name"),
    *("restore_command", "recovery_target_timeline", "include", "include_dir", "include_if_exists"),
)


def patroni_settings(source: Source) -> tuple[Setting, ...]:
    """Return what Patroni's dynamic configuration can set, where something pasted speaks of Patroni."""
    return tuple(each for each in settings(source) if each.name not in _ITS_OWN) if source.patroni else ()


def _patroni_keeps(source: Source) -> tuple[Setting, ...]:
    return tuple(each for each in settings(source) if each.name in _ITS_OWN) if source.patroni else ()


TOPIC = Topic({"patroni_settings": patroni_settings, "patroni_keeps": _patroni_keeps})
