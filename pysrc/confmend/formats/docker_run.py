r"""``docker run`` (or create, update; podman too) as somebody typed it: ``--memory=4g --shm-size 1g``.

Source: docker-run(1). A command goes on after a backslash. Keys are the options' long names; ``--ulimit`` and
``--sysctl`` have a key for each of their own names: ``--ulimit/nofile``. The image is the key ``image``; the words
after it are what runs in the container: ``command.0`` and on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format
from confmend.formats._spans import Span, lines
from confmend.model import Line

_COMMAND = re.compile(
    r"(?<![\w.-])(?:docker|podman|nerdctl)[ \t]{1,9}(?:container[ \t]{1,9})?(?:run|create|update)(?=[ \t\\])"
)
# What may stand before the command in its line: blanks, a prompt, sudo.
_BEFORE = re.compile(r"[ \t]*(?:[^\n;&|]{0,80}[$#>][ \t]+)?(?:sudo[ \t]+)?")
_LONGEST_BEFORE = 120
_WORD = re.compile(r"""(?:[^\s"'\\]|\\[^\n]|"(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*')+|\\\r?\n|\r?\n""")
_SHORT = {"-m": "--memory", "-c": "--cpu-shares", "-e": "--env", "-p": "--publish", "-v": "--volume"}
OPTIONS = (
    *("--memory", "--memory-reservation", "--memory-swap", "--memory-swappiness", "--cpus", "--cpu-quota"),
    *("--cpu-period", "--cpu-shares", "--cpuset-cpus", "--shm-size", "--ulimit", "--sysctl", "--pids-limit"),
    *("--oom-score-adj", "--oom-kill-disable", "--network", "--name", "--volume", "--mount"),
)
# Options without a value of their own; every other one takes the next word, if there is no = in it.
_FLAGS = (
    *("-d", "--detach", "-i", "--interactive", "-t", "--tty", "-it", "-ti", "-dit", "-itd", "-td", "-di", "-id"),
    *("--rm", "--init", "--privileged", "--read-only", "-P", "--publish-all", "--oom-kill-disable", "-q", "--quiet"),
    *("--no-healthcheck", "--replace", "--sig-proxy"),
)


def read(text: str) -> Iterator[Line]:
    """Yield the lines and pieces."""
    return lines(text, list(_spans(text)), {})


def _spans(text: str) -> Iterator[Span]:
    done = 0
    for command in _COMMAND.finditer(text):
        if command.start() < done or not _starts_a_command(text, command.start()):
            continue
        words = []
        for word in _WORD.finditer(text, command.end()):
            done = word.end()
            if word[0] in ("\n", "\r\n", ";", "&&", "|"):
                break
            if not word[0].startswith(("\\\n", "\\\r\n")):
                words.append(word)
        yield from _options(words)


def _starts_a_command(text: str, at: int) -> bool:
    """Say whether nothing but a prompt stands between the last end of a command, or of a line, and ``at``."""
    low = max(0, at - _LONGEST_BEFORE)
    start = max(text.rfind(end, low, at) for end in "\n;&|") + 1
    return (start > low or low == 0) and _BEFORE.fullmatch(text, start, at) is not None


def _options(words: list[re.Match[str]]) -> Iterator[Span]:
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        name, equals, _ = word[0].partition("=")
        name = _SHORT.get(name, name)
        if not name.startswith("-"):
            yield _word("image", word)
            yield from (_word(f"command.{number}", each) for number, each in enumerate(words[index:]))
            return
        if name in _FLAGS and not equals:
            continue
        value, start = word, word.start() + len(word[0].partition("=")[0]) + 1
        if not equals:
            if index == len(words):
                return
            value = words[index]
            start, index = value.start(), index + 1
        if name in OPTIONS:
            yield _option(name, value.string[start : value.end()], word.start(), start, value.end())


def _word(key: str, word: re.Match[str]) -> Span:
    return Span(key, _unquoted(word[0]), word.start(), word.start(), word.end(), word.end())


def _option(name: str, written: str, first: int, start: int, end: int) -> Span:
    value = _unquoted(written)
    if name in ("--ulimit", "--sysctl") and "=" in value:
        own, _, value = value.partition("=")
        name = f"{name}/{own}"
        start = min(start + written.index("=") + 1, end)
    return Span(name, value, first, start, end, end)


def _unquoted(written: str) -> str:
    return re.sub(r"\\(.)|[\"']", lambda match: match[1] or "", written)


def detect(_name: str, text: str) -> float:
    """A command that runs a container with a limit, or PostgreSQL with settings."""
    start = text[:50_000]
    if not any(word in start for word in ("docker", "podman", "nerdctl")) or not _COMMAND.search(start):
        return 0.0
    limited = re.search(r"[ \t](?:-m|--(?:memory|cpus|cpu-quota|shm-size|ulimit|sysctl|pids-limit))(?=[ \t=])", start)
    configured = re.search(
        r"[ \t][\w./-]*(?:postgres|postgis|pgvector|timescaledb)[\w./:@-]*[ \t\\\r\n]+-(?:c|-\w)", start
    )
    return 0.8 if limited or configured else 0.0


FORMAT = Format("docker_run", "docker run", "docker run", detect, read)
