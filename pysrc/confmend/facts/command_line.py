"""What PostgreSQL is given on its command line: ``postgres -c max_connections=500 --work-mem=64MB``.

Such a setting wins over postgresql.conf and over ALTER SYSTEM (postgres(1), -c; guc.h, PGC_S_ARGV). In a Compose file
it stands in ``command``, in a manifest in ``command`` or ``args`` of the one container that runs PostgreSQL, as one
text or word by word; in ``docker run`` behind the image; in a systemd unit in ``ExecStart``. Dashes in a long option's
name stand for underscores. What a shell or pg_ctl runs (``sh -c "..."``) is not read, nor a value with a variable in
it. The tag of the container's image tells the major version.

The official image, and those that only add extensions to it, start what initdb made: what the command line leaves alone
is at its default, unless a configuration file is named there or mounted.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.catalog.postgres import versions
from confmend.document import Document
from confmend.facts import Documents
from confmend.facts.container import database, runs_database
from confmend.model import Fact, Origin, Value

KIND = "container_yaml"
_RUN, _UNIT = "docker_run", "systemd_unit"
# A value that is read here is never a template's or the shell's.
_VARIABLE = re.compile(r"[$`]|\{\{")
_LONG = re.compile(r"--([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(.*)", re.DOTALL)
# What the images' own entry points are called; without a word like these the options are the entry point's.
_PROGRAMS = ("postgres", "docker-entrypoint.sh", "postmaster")
# postgres(1): short options that are settings.
_SHORT = {"-N": "max_connections", "-B": "shared_buffers", "-p": "port", "-h": "listen_addresses"}
# postgres:16.3-alpine, postgis/postgis:16-3.4, timescale/timescaledb:2.14.2-pg16, pgvector/pgvector:pg17.
_OFFICIAL = re.compile(r"(?:docker\.io/)?(?:library/)?(?:postgres|postgis/postgis|pgvector/pgvector)(?:[:@].*)?")
_CONFIGURATION = re.compile(r"\.conf\b|conf\.d\b|auto\.conf")
_TAG = re.compile(r"(?:^|/)(?:postgres|postgresql|postgis):v?([0-9]{2})(?![0-9])|[:-]pg([0-9]{2})(?![0-9])")


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The settings by name, the last of each, and the image; empty or None where nothing says it.

    ``is_whole``: what is not among the settings is at its default.
    """

    settings: Mapping[str, Value[str]]
    image: Value[str] | None
    is_whole: bool = False

    def version(self) -> tuple[int, Origin] | None:
        """Return the major version that the image's tag tells."""
        match = _TAG.search(self.image.value) if self.image else None
        number = int(match[1] or match[2]) if match else 0
        return (number, self.image.origin) if self.image and self.image.origin and number in versions() else None


def gather(documents: Documents) -> CommandLine | None:
    """Return what the last Compose file or manifest with one PostgreSQL says, else docker run, else a unit's start."""
    for kind, own_of in ((KIND, database), (_RUN, _run), (_UNIT, _started)):
        for document in reversed(documents.of(kind)):
            own = own_of(document)
            settings = dict(_settings(_words(own)))
            if settings or "image" in own:
                return CommandLine(settings, own.get("image"), bool(settings) and _as_made(own))
    return None


def _run(document: Document) -> Mapping[str, Value[str]]:
    """Return the image, the mounts and the words of the one command that runs PostgreSQL; {} if none or several."""
    commands: list[dict[str, Value[str]]] = [{}]
    for index, line in enumerate(document.lines):
        if line.key.startswith("--") and any(key.startswith(("image", "command")) for key in commands[-1]):
            commands.append({})
        if line.key:
            mount = f".{index}" if line.key in ("--volume", "--mount") else ""
            commands[-1][line.key + mount] = Value(line.value, document.origin(index))
    databases = [own for own in commands if "image" in own and runs_database(own["image"].value)]
    return databases[0] if len(databases) == 1 else {}


def _started(document: Document) -> Mapping[str, Value[str]]:
    """Return what a unit starts, without the characters that say how (systemd.service(5))."""
    line = document.get("Service/ExecStart")
    if not line:
        return {}
    return {"command": Value(line.value.lstrip("-@:+!"), document.origins("Service/ExecStart")[-1])}


def _as_made(own: Mapping[str, Value[str]]) -> bool:
    """Whether the container runs an image that configures nothing, and nothing names or mounts a configuration."""
    image = own.get("image")
    others = (value.value for key, value in own.items() if key != "image")
    return bool(image and _OFFICIAL.fullmatch(image.value)) and not any(map(_CONFIGURATION.search, others))


def _words(own: Mapping[str, Value[str]]) -> list[Value[str]]:
    """Return the words of command and args with their lines; none where a shell runs them."""
    found: list[Value[str]] = []
    for name in ("command", "args"):
        if name in own:
            found += _split(own[name])
        listed = {key: value for key, value in own.items() if re.fullmatch(rf"{name}\.[0-9]+", key)}
        found += [listed[key] for key in sorted(listed, key=lambda key: int(key.rpartition(".")[2]))]
    programs = [word.value.rpartition("/")[2] for word in found if not word.value.startswith("-")][:1]
    options = bool(found) and (found[0].value.startswith("-") or programs[0] in _PROGRAMS)
    return found if options else []


def _split(text: Value[str]) -> list[Value[str]]:
    try:
        return [Value(word, text.origin) for word in shlex.split(text.value)]
    except ValueError:
        return []


def _settings(words: list[Value[str]]) -> Iterator[tuple[str, Value[str]]]:
    for word, after in itertools.zip_longest(words, words[1:]):
        named, where = _LONG.fullmatch(word.value), word.origin
        if word.value == "-c" and after:
            named, where = _PAIR.fullmatch(after.value), after.origin
        elif word.value.startswith("-c") and len(word.value) > len("-c"):
            named = _PAIR.fullmatch(word.value.removeprefix("-c"))
        if named and not _VARIABLE.search(named[2]):
            yield named[1].replace("-", "_").lower(), Value(named[2], where)
        if word.value in _SHORT and after and not _VARIABLE.search(after.value):
            yield _SHORT[word.value], after
        if word.value == "-F":
            yield "fsync", Value("off", word.origin)


def describe(found: CommandLine) -> Iterator[tuple[str, str, str]]:
    """Say what is set there."""
    if found.settings:
        where = next(value.origin for value in found.settings.values())
        text = ", ".join(f"{name} = {value.value}" for name, value in found.settings.items())
        yield "PostgreSQL settings on the command line", text, where.name if where else ""


FACT = Fact(gather, "the command that starts PostgreSQL (compose.yaml, a manifest, a unit)", describe, of_host=True)
