"""Connection strings for PostgreSQL wherever they stand: environment files, YAML, JSON, properties, program code.

Each string found has a number ``n``, from 1, in the order of the text. The line of the key ``n/`` tells its dialect,
those of ``n/keepalives_idle``, ``n/host``, ``n/port``, ``n/user``, ``n/dbname`` its parameters with their values
decoded. A second host is ``n/host/2``. What stands around is kept and has no key; so do whole comment lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.formats import _ado, _conninfo, _literals, _uri
from confmend.formats._literals import Stretch
from confmend.formats._part import Parsed
from confmend.model import Line

_DEPTH = 3  # JSON in a shell word in YAML
_SCANNED = 200_000
_COMMENT = re.compile(r"[ \t]*(?:#|//|--|;|REM )")
# A log quotes connection strings; an ini with these headings, and a server's own file, have readers of their own.
_ANOTHER = re.compile(
    r"^[ \t]*(?:\[(?:pgbouncer|databases)\]|primary_conninfo[ \t]*=)|(?:LOG|FATAL|ERROR|DETAIL|STATEMENT): {1,2}\S",
    re.MULTILINE,
)
_NPGSQL = re.compile("npgsql|postgres", re.IGNORECASE)
_TOKEN = re.compile(
    rf"(?P<uri>(?<![A-Za-z0-9+.\\-]){re.sub('[?]P<[a-z]+>', '', _uri.SCHEME.pattern)})"
    r"|(?P<ado>(?i:(?:(?<![\w.\-/?&;])|(?<=;)|(?<=; ))(?:host|server|data source|database|dbname|user ?name|user ?id"
    r"|uid|user|port|pooling|application name)[ ]*=[^=;\n]*;))"
    r"|(?P<pair>(?<![\w.\-?&;])(?:host|hostaddr|dbname|user|port|service|password|sslmode|options|application_name"
    r"|connect_timeout|keepalives(?:_\w+)?|tcp_user_timeout|target_session_attrs|sslrootcert|passfile)[ \t]*=(?![=>~]))"
    r"|(?P<quote>[\"'`])"
)
_TRIGGER = re.compile(
    r"postgres|pgsql|postgis|(?i:host|server|data source|dbname|database|service|user|port)[ \t]*\\?="
)
# A URI goes on to the next blank, but not to that in a template's variable.
_URI_END = re.compile(r"(?:\{\{[^{}\n]{0,100}\}\}|\$\{[^{}\n]{0,100}\}|(?!</)[^\s])*+")
_AFTER_BLANK = re.compile(r"[^\r\n]{1,80}?@[\w\[$%{.-]{1,80}(?=[:/?,\s\"']|$)", re.MULTILINE)
_OTHER_JDBC = re.compile(r"jdbc:(?:sqlserver|mysql|mariadb|oracle|sqlite|h2|jtds)")
_LEADING = re.compile(r"\s*(?:[a-z_][\w.]*=[^\s'=]*\s+)+")


_EXPORT = re.compile(r"[ \t]*export\s+\w+=\w")

# A string that was found, or None where there is none, and up to where the text was read for it.
_Place = tuple[Stretch, Parsed | None, int]


def read(text: str) -> Iterator[Line]:
    """Yield the lines, in pieces where connection strings stand in them."""
    hint = bool(_NPGSQL.search(text))
    number = 0
    for raw in split_lines(text):
        at = 0
        for stretch, parsed in _found(raw, hint):
            places = stretch.places
            start = places[parsed.start]
            if start > at:
                yield Line(raw[at:start])
            number += 1
            yield from _pieces(raw, stretch, parsed, number)
            at = places[parsed.end]
        if at < len(raw):
            yield Line(raw[at:])


def _pieces(raw: str, stretch: Stretch, parsed: Parsed, number: int) -> Iterator[Line]:
    places = stretch.places
    columns = {"dialect": parsed.dialect, "driver": parsed.driver}
    head = raw[places[parsed.start] : places[parsed.head]]
    problem = parsed.problem if not any(part.problem for part in parsed.parts) else ""
    yield Line(head, f"{number}/", parsed.dialect, 0, 0, len(head), problem=problem, columns=columns)
    at = parsed.head
    for part in parsed.parts:
        if part.start > at:
            yield Line(raw[places[at] : places[part.start]])
        origin = places[part.start]
        key = f"{number}/{part.name}" if part.name and not part.name.endswith("/") else ""
        first, last = places[part.first] - origin, places[part.last] - origin
        text = raw[origin : places[part.end]]
        yield Line(text, key, part.value, 0, first, last, problem=part.problem, columns=columns)
        at = part.end
    if parsed.end > at:
        yield Line(raw[places[at] : places[parsed.end]])


def _found(raw: str, hint: bool) -> Iterator[tuple[Stretch, Parsed]]:
    """Yield the connection strings of a line in their order."""
    if not _TRIGGER.search(raw) or _COMMENT.match(raw):
        return
    line = _literals.whole(raw, len(raw.rstrip("\r\n")))
    yield from _in(_literals.entities(line) if "&amp;" in raw else line, hint, 0)


def _in(stretch: Stretch, hint: bool, depth: int) -> Iterator[tuple[Stretch, Parsed]]:
    text = stretch.text
    unclosed: set[str] = set()
    at = 0
    refused = -1  # what was read as pairs in vain is not tried again from each of them
    while match := _TOKEN.search(text, at):
        at = match.end()
        if match["quote"]:
            mark = match[0]
            if mark in unclosed or depth == _DEPTH or not _literals.opens(text, match.start()):
                continue
            inner = _literals.quoted(stretch, match.start())
            if inner is None:
                unclosed.add(mark)
                continue
            yield from _in(inner[0], hint, depth + 1)
            at = inner[1]
            continue
        if match["uri"]:
            found = _uri_at(stretch, match.start(), unclosed)
        elif match.start() < refused:
            continue
        else:
            found = _ado_at(stretch, match.start(), hint) if match["ado"] else None
            tried = found[2] if found else at
            if not found or found[1] is None:
                found = _pairs_at(stretch, match.start())
            if found[1] is None:
                refused = max(tried, found[2])
        if found and found[1] is not None:
            yield found[0], found[1]
            at = max(at, found[2])


def _uri_at(stretch: Stretch, start: int, unclosed: set[str]) -> _Place | None:
    text = stretch.text
    match = _uri.SCHEME.match(text, start)
    assert match is not None
    if not match["slashes"] and match["java"] != "jdbc":
        return _dsn_at(stretch, start, match.end())
    end = _uri_end(text, start, match.end(), unclosed)
    if not stretch.marks:
        before = text[start - 1 : start]
        closing = {"<": ">", "(": ")", "[": "]"}.get(before, "")
        cut = text.find(closing, match.end(), end) if closing and before == "<" else -1
        end = cut if cut >= 0 else end
        while end > match.end() and (
            text[end - 1] in ".,;!" or (text[end - 1] in ")]}" and _unpaired(text, start, end))
        ):
            end -= 1
    if text[match.start() : match.end()].find("\\") >= 0:
        inner = _literals.properties(stretch, start, end)
    else:
        inner = _literals.part(stretch, start, end)
    return inner, _uri.parse(inner.text), end


def _uri_end(text: str, start: int, after: int, unclosed: set[str]) -> int:
    end = _URI_END.match(text, after).end()  # type: ignore[union-attr]  # it matches nothing at least
    # After a user's name without a host, the password goes on behind a blank.
    if ":" in text[after:end] and "@" not in text[after:end] and "/" not in text[after:end]:
        colon = text.index(":", after)
        rest = _AFTER_BLANK.match(text, end)
        if rest and "://" not in rest[0] and not text[colon + 1 : end].isdigit():
            end = _URI_END.match(text, rest.end()).end()  # type: ignore[union-attr]  # as above
    stops = [found for mark in unclosed if (found := text.find(mark, start, end)) >= 0]
    return min(stops, default=end)


def _unpaired(text: str, start: int, end: int) -> bool:
    closing = text[end - 1]
    return text.count({")": "(", "]": "[", "}": "{"}[closing], start, end) < text.count(closing, start, end)


def _dsn_at(stretch: Stretch, start: int, after: int) -> _Place | None:
    """Read ``pgsql:host=db;dbname=app``."""
    text = stretch.text
    if not re.compile(r"[ ]*@?[a-z_]+[ ]*=").match(text, after):
        return None
    parsed = _ado.parse(text, after, len(text), text[start:after])
    return (stretch, parsed, parsed.end) if parsed.dialect in ("pdo", "cppdb") and parsed.parts else None


def _ado_at(stretch: Stretch, start: int, hint: bool) -> _Place | None:
    text = stretch.text
    end = len(text) if stretch.marks else len(text.rstrip())
    parsed = _ado.parse(text, start, end, hint=hint)
    if _OTHER_JDBC.search(text, max(0, start - 200), start):
        return None
    known = sum(_ado.folded(part.name) in _ado.NAMES for part in parsed.parts)
    alone = stretch.marks or not text[:start].strip() or text[:start].rstrip()[-1] in "=:"
    enough = known > 1 or (known == 1 and alone)
    # `port = 5432; host = x;` is code: in a connection string there is no blank around most of its signs.
    return stretch, parsed if enough and len(parsed.parts) < 2 * known + 1 else None, parsed.end


def _pairs_at(stretch: Stretch, start: int) -> _Place:
    text = stretch.text
    if stretch.marks and _LEADING.fullmatch(text, 0, start):
        start = 0
    parsed = _conninfo.parse(text, start, whole=stretch.marks and not text[:start].strip())
    if not parsed.parts or parsed.end <= start:
        return stretch, None, start
    names = {part.name for part in parsed.parts} & _conninfo.KEYWORDS
    if len(names) > 1 or (names and len(parsed.parts) > 1 and names & _conninfo.ANCHORS):
        return stretch, parsed, parsed.end
    return stretch, parsed if names and _alone(stretch, start, parsed.end, names) else None, parsed.end


def _alone(stretch: Stretch, start: int, end: int, names: set[str] | frozenset[str]) -> bool:
    """Whether one pair is a whole string: a literal's or an assignment's, or what is left where another was removed."""
    before, after = stretch.text[:start], stretch.text[end:]
    anchored = bool(names & _conninfo.ANCHORS)
    if after.strip():
        return False
    if stretch.marks:
        return not before.strip() and (anchored or bool(before or after))
    if anchored and before.rstrip()[-1:] in ("=", ":"):
        return True
    return not before.strip() and (before == " " or after == " ") and "= " not in stretch.text


def quote(new: str, _old: str) -> str:
    """Return the value; how it is written its connection string says, see ``splice``."""
    if "\n" in new:
        raise ValueError("a value in a connection string can't hold a line break")
    return new


def splice(lines: Sequence[Line], index: int, value: str) -> str:
    """Return the piece with another value, as its connection string and the language around that write it."""
    line = lines[index]
    stretch, parsed, at = _around(lines, index)
    part = next((each for each in parsed.parts if stretch.places[each.start] == at), None)
    if part is None:
        raise ValueError("the kind of a connection string can't be set")
    return line.raw[: line.start] + stretch.encode(part.write(value)) + line.raw[line.end :]


def insert(lines: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return where a parameter of a string goes, and its writing: behind the string's last one."""
    number, _, name = key.partition("/")
    index = next((i for i, line in enumerate(lines) if line.key == f"{number}/"), None)
    if index is None:
        raise ValueError(f"there is no connection string {number}")
    stretch, parsed, at = _around(lines, index)
    if parsed.problem and parsed.dialect == "conninfo":
        raise ValueError(f"nothing can be added to a string that libpq refuses: {parsed.problem}")
    written = stretch.encode(parsed.add(name, value))
    if "&" in written and _EXPORT.match("".join(line.raw for line in lines[_first(lines, index) : index + 1])):
        raise ValueError("in a shell's assignment without quotes, & would end the command")
    while at < stretch.places[parsed.end]:
        at += len(lines[index].raw)
        index += 1
    return index, written


def _around(lines: Sequence[Line], index: int) -> tuple[Stretch, Parsed, int]:
    """Return the connection string that piece ``index`` is of, and where in its line the piece starts."""
    first, last = _first(lines, index), index
    while not lines[last].raw.endswith("\n") and last + 1 < len(lines):
        last += 1
    at = sum(len(line.raw) for line in lines[first:index])
    hint = any(_NPGSQL.search(line.raw) for line in lines)
    for stretch, parsed in _found("".join(line.raw for line in lines[first : last + 1]), hint):
        if stretch.places[parsed.start] <= at < stretch.places[parsed.end]:
            return stretch, parsed, at
    raise ValueError("there is no connection string here")


def _first(lines: Sequence[Line], index: int) -> int:
    """Return the first piece of the text's line that piece ``index`` is in."""
    while index and not lines[index - 1].raw.endswith("\n"):
        index -= 1
    return index


def detect(_name: str, text: str) -> float:
    """High for a text of connection strings alone; enough for one that holds some, if nobody else wants it."""
    text = text[:_SCANNED]
    if not _TRIGGER.search(text) or _ANOTHER.search(text):
        return 0.0
    hint = bool(_NPGSQL.search(text))
    only, some = True, False
    for raw in split_lines(text):
        if not raw.strip() or _COMMENT.match(raw):
            continue
        covered = 0
        for stretch, parsed in _found(raw, hint):
            if _speaks(parsed):
                some = True
                covered += stretch.places[parsed.end] - stretch.places[parsed.start]
        only = only and covered >= len(raw.strip()) - 2
    return 0.0 if not some else 0.9 if only else 0.55


def _speaks(parsed: Parsed) -> bool:
    """Whether a string is sure to be for PostgreSQL."""
    if parsed.dialect == "conninfo":
        names = {part.name for part in parsed.parts}
        return len(parsed.parts) > 1 and bool(names & _conninfo.ANCHORS) and len(names & _conninfo.KEYWORDS) > 1
    return parsed.dialect != "ado"


FORMAT = Format(
    "connection_strings",
    "connection strings",
    "connection.env",
    detect,
    read,
    quote,
    insert=insert,
    splice=splice,
    beside=("container_yaml", "docker_run", "docker_inspect", "systemd_unit"),
)
