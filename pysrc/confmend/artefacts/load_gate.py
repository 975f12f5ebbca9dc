"""A load in CI whose log tells the pasted postgresql.conf from the corrected one; none where no load can tell them.

Three things show on any machine, with a small load and in seconds: the server refuses the file and does not start; more
clients come than max_connections lets in; max_wal_size fills up before a checkpoint is due. What only the real host or
the real load shows (memory, the kernel, the network) is no gate for CI.

Sources: checkpointer.c (CheckPointWarning), xlog.c (CalculateCheckpointSegments), proc.c ("sorry, too many clients").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from confmend.artefacts.base_units import row
from confmend.artefacts.source import Source, Topic
from confmend.document import Document
from confmend.facts.postgres import KIND, Postgres
from confmend.model import Edit

# What a server says no to when it reads the file, or right after.
_REFUSALS = (
    *("reserved_connections_exceed_all", "setting_line_refused", "setting_of_another_version", "setting_unknown"),
    *("setting_value_refused", "wal_level_minimal_conflict"),
)
# What belongs to the real host: such lines are left out, so that the file starts on another machine.
OF_THE_HOST = (
    *("archive_command", "archive_library", "config_file", "data_directory", "dynamic_library_path"),
    *("external_pid_file", "hba_file", "restore_command"),
    *("huge_pages", "ident_file", "io_method", "jit", "krb_server_keyfile", "lc_messages", "lc_monetary"),
    *("lc_numeric", "lc_time", "listen_addresses", "local_preload_libraries", "log_destination", "log_line_prefix"),
    *("log_min_messages", "log_timezone", "logging_collector", "port", "session_preload_libraries"),
    *("shared_buffers", "shared_preload_libraries", "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_crl_file"),
    *("ssl_key_file", "synchronous_standby_names", "temp_tablespaces", "timezone", "unix_socket_directories"),
    *("unix_socket_group", "unix_socket_permissions"),
)
# Other files are read then, which CI has not.
_INCLUDES = ("include", "include_dir", "include_if_exists")
_MIB = 1024**2
# A checkpoint starts after 1/2 to 2/3 of max_wal_size: this much of the old value starts one, of twice as much none.
_WAL = 0.75
_MOST_WAL, _MOST_CLIENTS = 4096, 500
# Clients beyond what the old value lets in, and slots that the new one has to have left.
_BEYOND, _SPARE = 3, 10


@dataclass(frozen=True, slots=True)
class LoadGate:
    """The load: ``clients`` at a time, ``wal`` MiB to write, 0 for none; and why, with the rules."""

    clients: int
    wal: int
    why: tuple[str, ...]
    rules: tuple[str, ...]
    of_the_host: tuple[str, ...] = OF_THE_HOST


def load_gate(source: Source) -> LoadGate | None:
    """Return the load that the corrected file passes and the pasted one does not; None if there is none."""
    files = [each for each in source.analysis.documents if each.kind == KIND]
    if source.service or len(files) != 1 or files[0].format.printed or any(files[0].get(name) for name in _INCLUDES):
        return None
    if any(not _is_mended(source, edits) for _, edits in _refusals(source)):
        # The corrected file does not start either: no load can pass.
        return None
    refused = [rule for rule, edits in _refusals(source) if all(edit.key not in OF_THE_HOST for edit in edits)]
    before, after = files[0], source.analysis.corrected[source.analysis.documents.index(files[0])]
    slots, clients = _slots(source, before, after)
    old_wal, wal = _wal(source, before, after)
    why = (
        *(("the server does not start with what was pasted",) if refused else ()),
        *((f"what was pasted lets {slots} clients in, and {clients} come",) if clients else ()),
        *((f"{wal} MiB of WAL start a checkpoint before its time, with max_wal_size of {old_wal} MiB",) if wal else ()),
    )
    wanted = {*(("max_connections",) if clients else ()), *(("max_wal_size",) if wal else ())}
    rules = dict.fromkeys((*refused, *_rules(source, wanted)))
    return LoadGate(clients, wal, why, tuple(rules)) if why else None


def _refusals(source: Source) -> Iterator[tuple[str, Sequence[Edit]]]:
    for result in source.analysis.results:
        for finding in result.findings:
            if result.rule in _REFUSALS:
                yield result.rule, [edit for edit in finding.edits if edit.kind == KIND]


def _is_mended(source: Source, edits: Sequence[Edit]) -> bool:
    return bool(edits) and all(edit in source.analysis.edits for edit in edits)


def _rules(source: Source, keys: set[str]) -> Iterator[str]:
    for result in source.analysis.results:
        if any(edit.kind == KIND and edit.key in keys for finding in result.findings for edit in finding.edits):
            yield result.rule


def _slots(source: Source, before: Document, after: Document) -> tuple[int, int]:
    old, new = (_number(source, each, "max_connections") for each in (before, after))
    clients = old + _BEYOND
    return (old, clients) if old and clients + _SPARE <= new and clients <= _MOST_CLIENTS else (0, 0)


def _wal(source: Source, before: Document, after: Document) -> tuple[int, int]:
    old, new = (_number(source, each, "max_wal_size") for each in (before, after))
    wal = int(old * _WAL)
    return (old, wal) if old and new >= 2 * old and wal <= _MOST_WAL else (0, 0)


def _number(source: Source, document: Document, name: str) -> int:
    """Return what the file sets, or the default, in the setting's base unit; 0 if the server would refuse it."""
    known = source.analysis.facts.get(Postgres)
    setting, line = row(name, known.version if known else None), document.get(name)
    try:
        return int(setting.number(line.value if line else setting.default)) if setting else 0
    except ValueError:
        return 0


TOPIC = Topic({"load_gate": load_gate})
