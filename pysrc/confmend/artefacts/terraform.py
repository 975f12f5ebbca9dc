"""The parameters of a managed service, as its Terraform resources take them.

Each service takes a number in the base unit of pg_settings and nothing with a unit behind it: RDS and Aurora ("Working
with DB parameter groups"), Cloud SQL ("Configure database flags"), Azure ("Server parameters"). RDS and Aurora answer
with 1 and 0 for a boolean, so anything else would be a difference that no apply ends (terraform-provider-aws #45394);
the others list on and off. A static parameter of RDS is refused with the apply method ``immediate``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from confmend.artefacts.base_units import in_base_unit, row
from confmend.artefacts.settings import Setting, settings
from confmend.artefacts.source import Source, Topic
from confmend.facts.postgres import Postgres

_NO_LABEL = re.compile("[^a-z0-9_]+")
_ANY = "a managed service"
_RDS, _AURORA, _CLOUD_SQL, _AZURE = "Amazon RDS", "Amazon Aurora", "Cloud SQL", "Azure Database for PostgreSQL"
# Where a service has what belongs to its host and its replication, nobody else sets it.
_OF_THE_HOST = (
    *("allow_alter_system", "archive_command", "archive_library", "archive_mode", "bonjour", "cluster_name"),
    *("config_file", "data_directory", "data_sync_retry", "dynamic_shared_memory_type", "external_pid_file", "fsync"),
    *("full_page_writes", "hba_file", "hot_standby", "ident_file", "ignore_checksum_failure", "include"),
    *("include_dir", "include_if_exists", "krb_server_keyfile", "listen_addresses", "log_directory", "log_file_mode"),
    *("logging_collector", "port", "primary_conninfo", "primary_slot_name", "restore_command", "ssl", "ssl_ca_file"),
    *("ssl_cert_file", "ssl_crl_file", "ssl_key_file", "superuser_reserved_connections", "unix_socket_directories"),
    *("unix_socket_group", "unix_socket_permissions", "wal_sync_method", "zero_damaged_pages"),
)
_KEPT: Mapping[str, Collection[str]] = {
    _RDS: (*_OF_THE_HOST, "log_line_prefix", "io_method"),
    _AURORA: (
        *_OF_THE_HOST,
        *("log_line_prefix", "io_method", "checkpoint_timeout", "checkpoint_completion_target", "max_wal_size"),
        *("min_wal_size", "wal_buffers", "wal_compression"),
    ),
    _CLOUD_SQL: (*_OF_THE_HOST, "io_method"),
    _AZURE: (*_OF_THE_HOST, "log_line_prefix", "io_method"),
}
# What stands for wal_level = logical: the services choose the level themselves.
_LOGICAL: Mapping[str, tuple[str, str]] = {
    _RDS: ("rds.logical_replication", "1"),
    _AURORA: ("rds.logical_replication", "1"),
    _CLOUD_SQL: ("cloudsql.logical_decoding", "on"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: ``value`` is in ``unit``, ``old`` as it was pasted. ``value`` None: its block is to be removed."""

    name: str
    value: str | None
    old: str | None
    unit: str
    restart: bool
    rules: tuple[str, ...]
    why: str

    @property
    def label(self) -> str:
        """A name for its resource: letters, digits and underlines."""
        return "confmend_" + _NO_LABEL.sub("_", self.name)

    @property
    def apply_method(self) -> str:
        """When RDS and Aurora bring it into force."""
        return "pending-reboot" if self.restart else "immediate"


def _of(service: str) -> Callable[[Source], tuple[Parameter, ...]]:
    """Return what gives the parameters of a service, where it is that one or nobody knows which it is."""

    def parameters(source: Source) -> tuple[Parameter, ...]:
        return tuple(_parameters(source, service)) if source.service in (service, _ANY) else ()

    return parameters


def _parameters(source: Source, service: str) -> Iterator[Parameter]:
    for each in _takes(source, service):
        if each.name == "wal_level" and service in _LOGICAL:
            name, logical = _LOGICAL[service]
            yield Parameter(name, logical, None, "", True, each.rules, each.why)
        else:
            value = _value(source, each)
            number = value in ("on", "off") and service in (_RDS, _AURORA) and _is_boolean(source, each)
            written = {"on": "1", "off": "0"}[value] if number and value else value
            yield Parameter(each.name, written, each.old, each.unit, each.restart, each.rules, each.why)


def _takes(source: Source, service: str) -> Iterator[Setting]:
    for each in settings(source):
        logical = each.value == "logical" or service not in _LOGICAL
        if each.name not in _KEPT[service] and (each.name != "wal_level" or logical) and _is_known(source, each):
            yield each


def _kept(service: str) -> Callable[[Source], tuple[Setting, ...]]:
    """Return what gives the settings that the service sets itself, or may not have."""

    def kept(source: Source) -> tuple[Setting, ...]:
        taken = {each.name for each in _takes(source, service)}
        return tuple(each for each in settings(source) if each.name not in taken)

    return kept


def _is_known(source: Source, setting: Setting) -> bool:
    try:
        return setting.value is None or _value(source, setting) is not None
    except ValueError:
        return False


def _value(source: Source, setting: Setting) -> str | None:
    known = row(setting.name, _version(source))
    return in_base_unit(known, setting.value) if known and setting.value is not None else None


def _is_boolean(source: Source, setting: Setting) -> bool:
    known = row(setting.name, _version(source))
    return known is not None and known.type == "bool"


def _version(source: Source) -> int | None:
    known = source.analysis.facts.get(Postgres)
    return known.version if known else None


_SERVICES = {"rds": _RDS, "aurora": _AURORA, "cloudsql": _CLOUD_SQL, "azure": _AZURE}


def _any(source: Source) -> bool:
    return any(_of(service)(source) for service in _SERVICES.values())


TOPIC = Topic(
    {
        "terraform": _any,
        **{f"{name}_parameters": _of(service) for name, service in _SERVICES.items()},
        **{f"{name}_keeps": _kept(service) for name, service in _SERVICES.items()},
    }
)
