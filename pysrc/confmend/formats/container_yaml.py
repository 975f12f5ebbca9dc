"""Docker Compose files and Kubernetes manifests: YAML that limits containers; read only.

A key is the dotted path of a value, elements of lists by their number from 0:
``services.db.deploy.resources.limits.memory``, ``spec.containers.0.resources.limits.memory``. The documents of one file
(``---``) are read each by itself, so that one that is broken does not hide the others; their number stands beside.

PyYAML's parser gives the events; nothing is ever expanded or constructed. An alias is a value of its own, ``*name``,
and beside a value with an anchor stands the anchor's name. A template's braces (Helm) are a problem of their line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from confmend.document import Format
from confmend.formats._spans import Span, line_number, lines
from confmend.model import Line

if TYPE_CHECKING:
    import yaml

# Deeper than any manifest; PyYAML takes time that grows with the square of the depth.
_DEEPEST = 64
# PyYAML reads some 100 kB a second, and in a browser a fraction of that; this is a few hundred containers.
_MOST = 200_000
_TOO_LONG = f"of the documents with limits only the first {_MOST:,} characters are read"
_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_LIMIT_WORDS = (
    *("mem_limit", "mem_reservation", "memswap_limit", "shm_size", "ulimits", "nofile", "sysctls", "cpus", "cpu"),
    *("nano_cpus", "cpu_quota", "memory", "oom_score_adj", "pids_limit", "sizeLimit", "oom_kill_disable"),
)
_LIMIT = re.compile(rf"(?:^|[{{,])[ \t-]*[\"']?(?:{'|'.join(_LIMIT_WORDS)})[\"']?[ \t]*:", re.MULTILINE)
_IMAGE = re.compile(r"^[ \t-]*image[ \t]*:[^\n]*(?:postgres|pgbouncer|pgpool|timescale|postgis|patroni)", re.MULTILINE)
_POSTGRES = re.compile(r"^[ \t]*(?:kind:[ \t]*(?:Cluster|postgresql|PostgresCluster|Pooler)|postgresql:)", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{[^{}\n]*\}\}")


def read(text: str) -> Iterator[Line]:
    """Yield the lines and pieces."""
    spans: list[Span] = []
    problems: dict[int, str] = {}
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text) if match.start()), len(text)]
    bare = _without_templates(text, problems)
    left = _MOST
    for number, (start, end) in enumerate(itertools.pairwise(starts), 1):
        part = bare[start:end]
        if not _tells(part):
            continue
        left -= len(part)
        if left < 0:
            problems.setdefault(line_number(text, start), _TOO_LONG)
            break
        several = str(number) if len(starts) > 2 else ""
        wrong = _document(part, start, several, text, spans)
        if wrong:
            at, reason = wrong
            problems.setdefault(line_number(text, min(max(at, 0), max(len(text) - 1, 0))), reason)
    return lines(text, spans, problems)


def _tells(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_LIMIT, _IMAGE, _POSTGRES))


def _without_templates(text: str, problems: dict[int, str]) -> str:
    """Return the text with the same length and letters in place of template braces, and note their lines."""
    if "{{" not in text:
        return text
    found, at, number = [], 0, 0
    for match in _TEMPLATE.finditer(text):
        number += text.count("\n", at, match.start())
        found.append(text[at : match.start()])
        alone = text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip(" \t-") == ""
        found.append(("#" if alone else "x") + "x" * (len(match[0]) - 1))
        at = match.end()
        problems.setdefault(number, "a template: its values are known only when it is rendered")
    return "".join([*found, text[at:]])


def _document(part: str, offset: int, several: str, text: str, spans: list[Span]) -> tuple[int, str] | None:
    """Add the values of one document; return where and why its reading stops, None if it comes to its end."""
    import yaml

    path: list[str | int] = []
    # In a mapping: is the next event a key?
    keyed: list[bool] = []
    key_at = 0
    try:
        for event in yaml.parse(part, Loader=yaml.SafeLoader):
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                path.pop()
                keyed.pop()
                continue
            if not isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent, yaml.CollectionStartEvent)):
                continue
            at = _at(event.start_mark)
            is_key = bool(keyed) and keyed[-1]
            if keyed and isinstance(path[-1], int):
                path[-1] += 1
                # Elements may share a line with their list's key, and with each other.
                key_at = at
            elif keyed:
                keyed[-1] = not keyed[-1]
            if isinstance(event, yaml.CollectionStartEvent):
                if is_key:
                    path[-1] = "?"
                path.append("" if isinstance(event, yaml.MappingStartEvent) else -1)
                keyed.append(isinstance(event, yaml.MappingStartEvent))
                if len(path) > _DEEPEST:
                    return offset + at, f"nested more than {_DEEPEST} levels deep: not read further"
                continue
            if is_key:
                path[-1] = event.value if isinstance(event, yaml.ScalarEvent) else "?"
                key_at = at
                continue
            spans.extend(_value(event, ".".join(map(str, path)), key_at, several, offset, text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return offset + _at(mark), f"broken YAML: {error.problem}"
    except yaml.YAMLError as error:
        return offset + getattr(error, "position", 0), "broken YAML: a character that YAML does not allow"
    except (ValueError, RecursionError) as error:  # a number in a %YAML line or an escape out of range
        return offset, f"broken YAML: {error}"
    return None


def _at(mark: object) -> int:
    """Return where a mark is; PyYAML has two kinds of them, and may have none."""
    return int(getattr(mark, "index", 0))


def _value(
    event: yaml.ScalarEvent | yaml.AliasEvent, path: str, key_at: int, several: str, offset: int, text: str
) -> Iterator[Span]:
    import yaml

    start, end = offset + _at(event.start_mark), offset + _at(event.end_mark)
    columns = {"document": several} if several else {}
    if isinstance(event, yaml.AliasEvent):
        value = f"*{event.anchor}"
    else:
        value = event.value
        if event.anchor:
            columns["anchor"] = event.anchor
    line_end = text.find("\n", start)
    if line_end != -1 and line_end < end:
        end = line_end - (text[line_end - 1] == "\r")
    first = offset + key_at
    if text.find("\n", first, start) != -1 or first > start:
        first = start
    if path and value:
        template = "a template: its values are known only when it is rendered" if "{{" in text[start:end] else ""
        yield Span(path, value, first, start, max(start, end), max(start, end), columns, template)


def detect(_name: str, text: str) -> float:
    """Containers that are limited, or the image of a database; other YAML is somebody else's."""
    start = text[:200_000]
    compose = re.search(r"^(?:services|x-[\w-]+)[ \t]*:", start, re.MULTILINE) is not None
    manifest = re.search(r"^apiVersion[ \t]*:", start, re.MULTILINE) and re.search(r"^kind[ \t]*:", start, re.MULTILINE)
    values = re.search(r"^[ \t]*resources[ \t]*:[ \t\r]*\n[ \t]+(?:limits|requests)[ \t]*:", start, re.MULTILINE)
    if not (compose or manifest or values):
        return 0.0
    if _LIMIT.search(start):
        return 0.7
    return 0.5 if _IMAGE.search(start) else 0.0


FORMAT = Format("container_yaml", "Compose file or Kubernetes manifest", "compose.yaml", detect, read)
