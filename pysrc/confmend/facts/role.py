"""What PostgreSQL is here: a primary or a standby, one's own server or a managed service.

On a managed service nobody edits files or kernel keys; the settings that can be changed stand in its own console. What
tells a service: the answer, settings that only it has (``rds.``, ``cloudsql.``, ``azure.``), its own directories, its
own administrators in a log or a list of sessions. What tells a standby: the answer, in_hot_standby (14+), the log. A
primary_conninfo tells nothing: it stays in the files of a standby that was promoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.facts.log import ServerLog
from confmend.facts.server_settings import ServerSettings
from confmend.model import Fact, Origin, Question

# What each calls the place where its settings are changed (the services' own manuals).
CONSOLES = {
    "Amazon RDS": "the DB parameter group (a static parameter takes effect with a reboot)",
    "Amazon Aurora": "the DB cluster parameter group (a static parameter takes effect with a reboot)",
    "Cloud SQL": "the instance's database flags (some restart the instance)",
    "Azure Database for PostgreSQL": "the server parameters (a static one takes effect with a restart)",
    "a managed service": "the service's own console",
}
# The kinds of files that nobody can edit there.
FROZEN = ("postgresql_conf", "pg_hba", "sysctl_conf", "sysctl_dump", "limits_conf", "tuned_conf", "systemd_unit")
_ANSWERS = {
    "rds": "Amazon RDS",
    "aurora": "Amazon Aurora",
    "cloudsql": "Cloud SQL",
    "azure": "Azure Database for PostgreSQL",
    "managed": "a managed service",
}
_PARTS = {"primary": "primary", "master": "primary", "standby": "standby", "replica": "standby"}
# Aurora's own come before those that it shares with RDS.
_SETTINGS = (
    ("apg_", "Amazon Aurora"),
    ("aurora_", "Amazon Aurora"),
    ("rds.", "Amazon RDS"),
    ("cloudsql.", "Cloud SQL"),
    ("azure.", "Azure Database for PostgreSQL"),
)
_FOLDERS = (("/rdsdbdata/", "Amazon RDS"), ("/datadrive/pg/", "Azure Database for PostgreSQL"))
_ADMINISTRATORS = {
    "rdsadmin": "Amazon RDS",
    "cloudsqladmin": "Cloud SQL",
    "cloudsqlagent": "Cloud SQL",
    "azuresu": "Azure Database for PostgreSQL",
}
_ADMINISTRATOR = re.compile(rf"\b({'|'.join(_ADMINISTRATORS)})\b")
# postmaster.c: a standby says that it takes read-only connections ("read only" up to 13), a primary connections.
# xlogrecovery.c: only a standby can find its settings below its primary's.
_READY = re.compile(r"database system is ready to accept (read[- ]only )?connections|(hot standby is not possible)")
# Characters of a log line in which its prefix, with the user's name, stands; and lines that are looked at.
_PREFIX = 300
_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Role:
    """``part`` is primary or standby, ``service`` the managed service; empty where nothing tells."""

    part: str
    service: str
    origins: tuple[Origin, ...]

    @property
    def is_standby(self) -> bool:
        """Whether it is known to be a standby."""
        return self.part == "standby"

    @property
    def console(self) -> str:
        """Where a managed service's settings are changed; empty on a server of one's own."""
        return CONSOLES.get(self.service, "")


def gather(documents: Documents, server: ServerSettings | None, log: ServerLog | None) -> Role | None:
    """Return what the reader says, else what was pasted; None if nothing tells."""
    answer = documents.answer(_ASKED)
    if answer and answer.origin:
        return Role(*answer.value, (answer.origin,))
    part, service = _part(server, log), _service(documents, server, log)
    found = [each for each in (part, service) if each]
    if not found:
        return None
    return Role(part[0] if part else "", service[0] if service else "", tuple(origin for _, origin in found))


def read_role(text: str) -> tuple[str, str] | None:
    """Return part and service of an answer such as ``standby``, ``rds`` or ``primary, azure``."""
    words = [word for word in re.split(r"[\s,]+", text.lower().replace("cloud sql", "cloudsql")) if word]
    if not words or not all(word in _PARTS or word in _ANSWERS for word in words):
        return None
    part = next((_PARTS[word] for word in words if word in _PARTS), "")
    return part, next((_ANSWERS[word] for word in words if word in _ANSWERS), "")


def _part(server: ServerSettings | None, log: ServerLog | None) -> tuple[str, Origin] | None:
    shown = server.value("in_hot_standby") if server else None
    if shown and shown.origin and shown.value in ("on", "off"):
        return "standby" if shown.value == "on" else "primary", shown.origin
    found = None
    for origin in log.matching(_READY) if log else ():
        match = _READY.search(origin.text)
        if match:
            found = "standby" if match[1] or match[2] else "primary", origin
    return found


def _service(documents: Documents, server: ServerSettings | None, log: ServerLog | None) -> tuple[str, Origin] | None:
    written = (*documents.of("postgresql_conf"), *(server.documents if server else ()))
    for prefix, service in _SETTINGS:
        for document in written:
            for name in document.settings:
                if name.startswith(prefix):
                    return service, document.origins(name)[-1]
    for document in written:
        for name in ("data_directory", "config_file", "hba_file"):
            line = document.get(name)
            for folder, service in _FOLDERS if line else ():
                if line and line.value.startswith(folder):
                    return service, document.origins(name)[-1]
    return _by_administrator((*documents.of("pg_stat_activity"), *(log.documents if log else ())))


def _by_administrator(documents: tuple[Document, ...]) -> tuple[str, Origin] | None:
    """Return the service whose own user is at work: in a list of sessions, or as the user of a log line."""
    for document in documents:
        for index, line in enumerate(document.lines[:_LINES]):
            match = _ADMINISTRATOR.search(line.raw, 0, _PREFIX) if line.key else None
            # A message that quotes the name, such as a query about it, tells nothing.
            if match and match[1] in {line.columns.get(name, "") for name in ("usename", "user", "user_name")}:
                return _ADMINISTRATORS[match[1]], document.origin(index)
    return None


def describe(role: Role) -> Iterator[tuple[str, str, str]]:
    """Say which, and the lines that tell."""
    where = ", ".join(f"{origin.name}, line {origin.number}" for origin in role.origins)
    if role.part:
        yield "role", role.part, where
    if role.service:
        yield "managed by", role.service, where


_ASKED = Question("role", "Primary or standby, or the service: rds, aurora, cloudsql, azure", "primary", read_role)

FACT = Fact(
    gather,
    "what this server is (the answer role = primary, standby, rds, aurora, cloudsql, azure or managed)",
    describe,
    (_ASKED,),
)
