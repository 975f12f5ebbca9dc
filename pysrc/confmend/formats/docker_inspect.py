"""What ``docker inspect CONTAINER`` prints: JSON with ``HostConfig`` (Docker Engine API). Read only.

Keys are dotted paths, of a list with one container without its number: ``HostConfig.Memory`` (bytes, 0: no limit),
``HostConfig.NanoCpus`` (billionths of a CPU), ``HostConfig.ShmSize`` (bytes). Where several containers were inspected
at once, the first number of the path says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format
from confmend.formats._spans import Span, line_number, lines
from confmend.model import Line

_TOKEN = re.compile(r'"((?:[^"\\\n]|\\[^\n])*)"?|(-?[0-9][0-9.eE+-]*|true|false|null)|[\[\]{},:]')
# Deeper than what Docker prints; longer paths are no use to anybody.
_DEEPEST = 32


def read(text: str) -> Iterator[Line]:
    """Yield the lines and pieces; where it is no JSON the parser's reason stands."""
    return lines(text, list(_spans(text)), _problem(text))


def _problem(text: str) -> dict[int, str]:
    import json

    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return {line_number(text, error.pos): f"not JSON: {error.msg}"} if text.strip() else {}
    except (RecursionError, ValueError):
        return {0: "not JSON that docker prints: too deep or too large a number"}
    return {}


def _spans(text: str) -> Iterator[Span]:
    path: list[str | int] = []
    several = re.search(r"^\s*\[", text) is not None and text.count('"HostConfig"') > 1
    key: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in ("{", "["):
            path.append(0 if sign == "[" else "")
            key = None
        elif sign in ("}", "]"):
            del path[-1:]
            key = None
        elif sign == ",":
            if path and isinstance(path[-1], int):
                path[-1] += 1
            key = None
        elif sign == ":":
            continue
        elif path and isinstance(path[-1], str) and key is None:
            key = token
            path[-1] = token[1] or ""
        elif path and len(path) <= _DEEPEST:
            shown = path if several or not isinstance(path[0], int) else path[1:]
            value = token[1] if token[1] is not None else token[2]
            first = key.start() if key and "\n" not in text[key.start() : token.start()] else token.start()
            if shown:
                yield Span(".".join(map(str, shown)), value, first, token.start(), token.end(), token.end())


def detect(_name: str, text: str) -> float:
    """JSON with the part that holds a container's limits."""
    start = text[:200_000].lstrip()
    if not start.startswith(("[", "{")) or '"HostConfig"' not in start:
        return 0.0
    return 0.95 if re.search(r'"(?:Memory|NanoCpus|ShmSize|CpuQuota)"\s*:', start) else 0.0


FORMAT = Format("docker_inspect", "docker inspect", "docker inspect", detect, read)
