"""Every message of the catalogue, against the words that its program holds: the binaries of each version that it names.

A message may have some of its program's conversions filled, as ``%m`` is by what the operating system says; then there
must be words in the program that can come out as it, and as much of them as of it.
"""

import ast
import functools
import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from confmend.incidents import Message, incidents
from programs.debian import MissingProgramError
from programs.pgbouncer import bouncers, number
from programs.postgresql import servers

INSTALLED = {server.version: server for server in servers()}
pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)"
)
EVERY = range(12, 19)
_PRINTED = re.compile(rb"[\x20-\x7e\n\t]{6,}")
_CONVERSION = re.compile(r"%(?:\d+\$)?[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j)?[diouxXeEfgGcspm]")
_BECAUSE = re.compile(r"^(?:closing because|pooler error|FATAL|ERROR): ")
_WORD = re.compile(r"[A-Za-z_]{3,}")
# What the programs searched here do not hold, by how a message begins, and why.
NOT_IN_THE_SERVER: Mapping[str, str] = {
    "%s must be loaded via shared_preload_libraries": "a module's, such as pg_stat_statements; npm packs none up to 16",
    "accepting GSS security context failed": "these builds have no GSSAPI",
    "could not accept GSSAPI security context": "these builds have no GSSAPI",
    "could not setup io_uring queue": "these builds have no liburing",
    "could not create semaphores": "System V semaphores: not on Linux",
}
# Incidents all of whose messages a driver or a pool prints.
OF_DRIVERS = frozenset(("psycopg_pool_timeout", "rails_pool_timeout", "sqlalchemy_pool_timeout", "java_pool_timeout"))
NOT_IN_LIBPQ: Mapping[str, str] = {
    "No buffer space available (0x00002747/10055)": "the Windows build's own text of an error",
    "terminating connection because of crash of another server process": "the server's, passed on",
    "could not initiate GSSAPI security context": "these builds have no GSSAPI",
    "GSSAPI continuation error": "these builds have no GSSAPI",
    "SCRAM authentication requires libpq version 10 or above": "what a libpq older than these says",
}


def claimed(versions: str) -> range:
    """Return the versions of PostgreSQL that a message names: every one if it names a platform, a driver or nothing."""
    if found := re.fullmatch(r"(\d+)(?: (?:to|and) (\d+))?(?:,.*)?", versions):
        return range(int(found[1]), int(found[2] or found[1]) + 1)
    if found := re.match(r"from (\d+)\b", versions):
        return range(int(found[1]), EVERY.stop)
    if found := re.match(r"up to (\d+)\b", versions):
        return range(EVERY.start, int(found[1]) + 1)
    return EVERY


class Words:
    """The strings in a program."""

    def __init__(self, *files: Path) -> None:
        texts = (match[0].decode("ascii") for path in files for match in _PRINTED.finditer(path.read_bytes()))
        self.strings = sorted({text for each in texts for text in (each, *each.split("\n"))})
        self.exactly = frozenset(self.strings)
        self.whole = "\0".join(self.strings)
        self._by_word: dict[str, list[str]] = {}
        for string in self.strings:
            if len(string) < 400:
                for word in set(_WORD.findall(string)):
                    self._by_word.setdefault(word, []).append(string)

    def hold(self, text: str) -> bool:
        """Whether the program can print this."""
        return text in self.whole or any(_same(text, each) for each in self._alike(text))

    def _alike(self, text: str) -> Iterator[str]:
        words = set(_WORD.findall(_CONVERSION.sub(" ", text)))
        begin = text.partition("%")[0]
        seen: set[str] = set()
        for string in (string for word in words for string in self._by_word.get(word, ())):
            if "%" not in string or string in seen:
                continue
            seen.add(string)
            first = string.partition("%")[0]
            own = set(_WORD.findall(_CONVERSION.sub(" ", string)))
            if (first.startswith(begin) or begin.startswith(first)) and len(own & words) * 2 >= max(len(own), 2):
                yield string


def _same(one: str, other: str) -> bool:
    """Whether two texts can come out the same, each conversion as anything."""
    first, second = _symbols(one), _symbols(other)
    # reach[j]: what is read of the first text so far can come out as the first j symbols of the second.
    reach = [True] + [False] * len(second)
    for j, symbol in enumerate(second):
        reach[j + 1] = reach[j] and symbol is None
    for mine in first:
        row = [reach[0] and mine is None]
        for j, symbol in enumerate(second):
            either = mine is None or symbol is None
            row.append((either and (reach[j + 1] or row[j])) or (reach[j] and mine == symbol))
        reach = row
    return reach[-1]


def _symbols(text: str) -> list[str | None]:
    found: list[str | None] = []
    at = 0
    for match in _CONVERSION.finditer(text):
        found += [*text[at : match.start()], None]
        at = match.end()
    return [*found, *text[at:]]


@functools.cache
def server(version: int) -> Words:
    """Return the strings of a server, its modules and its client library."""
    folder = INSTALLED[version].folder
    modules = (path for path in folder.glob("lib/postgresql/*.so") if not path.is_symlink())
    return Words(folder / "bin" / "postgres", *sorted(modules))


@functools.cache
def libpq(version: int) -> Words:
    """Return the strings of the client library, and of pg_ctl, which speaks to whoever starts a server."""
    folder = INSTALLED[version].folder
    return Words((folder / "lib" / "libpq.so.5").resolve(), folder / "bin" / "pg_ctl")


@functools.cache
def pooler() -> Mapping[str, Words]:
    """Return the strings of each PgBouncer that can be had."""
    return {each.version: Words(Path(each.command[-1])) for each in bouncers()}


def messages(by: str) -> list[tuple[str, Message]]:
    return [(slug, each) for slug, incident in incidents().items() for each in incident.messages if each.by == by]


def excused(text: str, table: Mapping[str, str]) -> bool:
    return any(text.startswith(begin) for begin in table)


def exempt(slug: str, message: Message) -> bool:
    """Whether no program that is searched here can hold a message: an operating system's, a kernel's or a driver's."""
    if message.by == "client":
        return not of_libpq(slug, message) or excused(message.text, NOT_IN_LIBPQ)
    return message.by == "kernel" or (message.by == "server" and excused(message.text, NOT_IN_THE_SERVER))


def of_libpq(slug: str, message: Message) -> bool:
    """Whether libpq or pg_ctl prints it, not a driver of its own."""
    named = message.versions.partition(",")[0]
    return slug not in OF_DRIVERS and (not named or named.startswith("libpq"))


def proven(message: Message) -> list[int]:
    """Return the versions of the server that hold a message and its note."""
    return [
        version
        for version in INSTALLED
        if server(version).hold(message.text) and (not message.note or server(version).hold(message.note))
    ]


def test_the_server_holds_its_messages() -> None:
    wrong = []
    for slug, message in messages("server"):
        if exempt(slug, message):
            continue
        said = claimed(message.versions)
        found = proven(message)
        if missing := sorted(set(said) & set(INSTALLED) - set(found)):
            wrong.append(f"{slug}: {message.text!r} [{message.note!r}] ({message.versions}) is not in {missing}")
        literal = [v for v in INSTALLED if v not in said and message.text in server(v).exactly and not message.note]
        if literal:
            wrong.append(f"{slug}: {message.text!r} ({message.versions}) is in {literal} too")
    assert not wrong, "\n".join(wrong)


def test_libpq_holds_its_messages() -> None:
    wrong = []
    for slug, message in messages("client"):
        if exempt(slug, message):
            continue
        said = claimed(
            message.versions.partition(",")[0].removeprefix("libpq").strip().removeprefix("on Windows").strip()
        )
        missing = [version for version in INSTALLED if version in said and not libpq(version).hold(message.text)]
        if missing:
            wrong.append(f"{slug}: {message.text!r} ({message.versions}) is not in libpq of {missing}")
    assert not wrong, "\n".join(wrong)


def test_pgbouncer_holds_its_messages() -> None:
    try:
        known = pooler()
    except MissingProgramError as reason:
        pytest.skip(str(reason))
    wrong = []
    for slug, message in messages("pgbouncer"):
        since = re.search(r"from (\d+\.\d+)", message.versions)
        until = re.search(r"(?:up to|before) (\d+\.\d+)", message.versions)
        said = [
            version
            for version in known
            if (not since or number(version) >= number(since[1]))
            and (not until or number(version)[:2] <= number(until[1]))
        ]
        # What it does because of it stands before the reason.
        if not any(known[version].hold(_BECAUSE.sub("", message.text)) for version in said):
            wrong.append(f"{slug}: {message.text!r} ({message.versions}) is in none of {said}")
    assert not wrong, "\n".join(wrong)


_FIELD = re.compile(r"\{[^{}]*\}")


@functools.cache
def patroni() -> tuple[str, ...]:
    """Return what Patroni's source can print, with ``%s`` for what ``str.format`` fills."""
    found = importlib.util.find_spec("patroni")
    assert found is not None
    texts = set()
    for path in Path(str(found.origin)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # A text of several lines says what a function is for.
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
                texts.add(_FIELD.sub("%s", node.value))
    return tuple(texts)


def test_patroni_holds_its_messages() -> None:
    wrong = []
    every = [(slug, each) for slug, each in messages("client") if each.versions.startswith("Patroni")]
    assert len(every) > 40
    for slug, message in every:
        text = message.text.removeprefix("INFO: ")
        if not any(text in each or _can_become(each, text) for each in patroni()):
            wrong.append(f"{slug}: {message.text!r}")
    assert not wrong, "\n".join(wrong)


def _can_become(source: str, text: str) -> bool:
    """Whether a source text, filled, begins as the text: not one that is little else than what is filled in."""
    own = set(_WORD.findall(_CONVERSION.sub(" ", source)))
    return len(own) > 1 and own <= set(_WORD.findall(text)) and (_same(text, source) or _same(f"{text}%s", source))
