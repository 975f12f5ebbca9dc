"""What ``lscpu`` prints: ``CPU(s):  8``; with -J as JSON, with -e as a table, with -p as values between commas.

The names are those of the English output; the German ones that a fact needs are read as them (util-linux, de.po). In
the table and the parsable form each CPU is a line ``CPU/0``, its columns by their headings.
"""

import json
import re
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, named, ran, share, words
from confmend.model import Line

_MEMBER = re.compile(r'"(field|data)"[ \t]*:[ \t]*("(?:[^"\\\n]|\\.)*"|null)')
_BETWEEN = re.compile(r'[\[\]{},\s]*(?:"(?:lscpu|children)"[ \t]*:[\[\s]*)?')
_TELLING = re.compile(r"^[ \t]*(?:CPU\(s\):|# CPU,|CPU (?:NODE|SOCKET|CORE)\b)|\"CPU\(s\):\"", re.MULTILINE)
_LONGEST_NAME = 50
_ENGLISH = {
    "Architektur": "Architecture",
    "Liste der Online-CPU(s)": "On-line CPU(s) list",
    "Liste der Offline-CPU(s)": "Off-line CPU(s) list",
    "Modellname": "Model name",
    "Thread(s) pro Kern": "Thread(s) per core",
    "Kern(e) pro Sockel": "Core(s) per socket",
    "Sockel": "Socket(s)",
    "NUMA-Knoten": "NUMA node(s)",
}


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a name and its value, or a CPU."""
    field, between = "", ""
    columns: Sequence[str] = ()
    for raw in split_lines(text):
        stripped = raw.strip()
        if _MEMBER.search(raw):
            pieces, field = _members(raw, field)
            yield from pieces
        elif stripped.startswith(("# CPU,", "CPU NODE", "CPU SOCKET", "CPU CORE")):
            between = "," if "," in stripped else ""
            columns = tuple(stripped.lstrip("# ").split(between or None))
            yield Line(raw)
        elif columns and stripped[:1].isdigit():
            yield _cpu(raw, columns, between)
        elif not stripped or stripped.startswith("#") or ran(raw, "lscpu") or _BETWEEN.fullmatch(raw):
            yield Line(raw)
        elif ":" in raw[: _LONGEST_NAME + 1]:
            key = raw.partition(":")[0].strip()
            yield named(raw, _ENGLISH.get(key, key), raw.index(":") + 1)
        else:
            yield Line(raw, problem="not a line that lscpu prints")


def _members(raw: str, field: str) -> tuple[list[Line], str]:
    """Return the pieces of a line of JSON, one for each ``data``, and the ``field`` whose data is still to come."""
    pieces, last, key_at = [], 0, 0
    for match in _MEMBER.finditer(raw):
        value = _string(match[2])
        if value is None:
            return [Line(raw, problem="not a string that lscpu -J prints")], ""
        if match[1] == "field":
            field, key_at = value.rstrip(":"), match.start()
        elif field:
            quoted = match[2].startswith('"')
            start, end = match.start(2) + quoted, match.end(2) - quoted
            at = key_at - last if key_at >= last else match.start() - last
            pieces.append(Line(raw[last : match.end()], field, value, at, start - last, end - last))
            field, last = "", match.end()
    if last < len(raw):
        pieces.append(Line(raw[last:]))
    return pieces, field


def _string(token: str) -> str | None:
    if token == "null":
        return ""
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token))
    except ValueError:
        return None


def _cpu(raw: str, columns: Sequence[str], between: str) -> Line:
    cells = raw.strip().split(between or None)
    if len(cells) != len(columns):
        return Line(raw, problem=f"{len(cells)} values for {len(columns)} columns")
    first = words(raw)[0]
    end = first.start() + len(cells[0])
    beside = {name: cell for name, cell in zip(columns, cells, strict=True) if name}
    return Line(raw, f"CPU/{cells[0]}", cells[0], first.start(), first.start(), end, columns=beside)


def detect(_name: str, text: str) -> float:
    """Return the share of lines that lscpu prints, if one counts or lists the CPUs."""
    if "CPU" not in text[:HEAD] or not _TELLING.search(text[:HEAD]):
        return 0.0
    return share(read, text)


FORMAT = Format("lscpu", "lscpu", "lscpu", detect, read)
