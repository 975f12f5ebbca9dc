"""Where a value stands that is assigned to a key in whatever language: quoted, bare, a block, the rest of its line."""

import re

from confmend.redact.quotes import quoted
from confmend.redact.values import (
    BLANK,
    CONNINFO_KEYWORDS,
    CONNINFO_PAIR,
    KEPT,
    NEXT_PAIR,
    QUOTES,
    bare,
    line_end,
    line_start,
    open_quotes,
)

# What SQL computes; the scanners of SQL look at the arguments.
SQL_CALL = re.compile(
    r"(?:crypt|md5|sha[0-9]{3}|digest|hmac|encode|pgp_\w{3,20}|format|quote_literal|current_setting)\(", re.I
)
STARTS_LINE = re.compile(
    r"[ \t]*(?:[#;*>|+-]+[ \t]*|//[ \t]*)*(?:(?:export|set|env|arg)[ \t]+)?\\?[\"'`]{0,2}", re.IGNORECASE
)
# Where the value of a whole line ends early: a comment, or the next pair of a list.
WHOLE_STOP = re.compile(
    rf"[ \t](?:#(?:[ \t]|$)|(?:{CONNINFO_KEYWORDS})[ \t]*=)|{NEXT_PAIR.pattern}", re.IGNORECASE | re.MULTILINE
)
# The command of `PGPASSWORD=x psql -h db`: only there, for in `password = x psql y` all of it is the password.
COMMAND = re.compile(r"[ \t](?:psql|pg_\w{1,20}|pgbench|createdb|dropdb|vacuumdb)[ \t]")
# Helm's `--set a.password=x,b=y`, where a comma in a value has a backslash.
HELM = re.compile(r"--set(?:-string|-literal)?[ =]['\"]?[\w.\[\]-]{0,100}(?:=[^\s,]{0,200},[\w.\[\]-]{0,100}){0,20}$")
SCALAR = re.compile(r"(?:![\w!/:.-]{1,40}[ \t]+)?[|>][-+0-9]{0,2}[ \t]*(?:#.*)?")
JSON_SCALAR = re.compile(r"[\w.+-]{1,200}(?=[ \t]*(?:[,}\]]|$))", re.MULTILINE)
MAPPING = re.compile(r"\{[ \t]*(?:\\?[\"']{0,2}[\w.-]{1,60}\\?[\"']{0,2}[ \t]*(?:[:=]|$)|\}|$)", re.MULTILINE)
LIST = re.compile(r"\[[ \t]*(?:\]|$)", re.MULTILINE)
ARMOUR = re.compile(r"[\s>|]*-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|PUBLIC KEY|CERTIFICATE)")  # the PEM scanner's
AFTER_KEPT = BLANK + ",;)]}&\"'`\\"

PREFIX = re.compile(
    r"\(?[ \t]*(?:@|[bBfFrRuUNLeE]{1,2}|[uU]&)?(?=[\"'])"
    r"|(?!(?:os\.|System\.)?(?:getenv|environ\.get|env)\()[A-Za-z.]{1,30}\((?=[\"'])"
)  # `@"x"`, `b'x'`, `new("x")`
ENDS_CALL = re.compile(r"\)(?:[\s;,.)\]}\"'`]|$)")
REVERSED = re.compile(r"([\"'])((?:(?!\1).){1,200})\1[ \t]*[=!]={1,2}[ \t]*$")


def block(text: str, end: int, column: int) -> tuple[int, int]:
    """The lines of a YAML block scalar after the line that ends at `end`: those deeper than the key's column."""
    first = last = -1
    at = end
    while (at := text.find("\n", at, at + 2)) >= 0:
        start = at + 1
        at = line_end(text, start)
        content = start
        while content < at and text[content] in " \t":
            content += 1
        if content == at:
            continue
        if content - start <= column:
            break
        first = content if first < 0 else first
        last = at
    return first, last


def _around(text: str, start: int, end: int, value: int) -> int | None:
    """The end of the string that begins with the key, as in `- "POSTGRES_PASSWORD=two words"`; None if none does."""
    before = text[max(0, start - 2) : start]
    if not before or before[-1] not in QUOTES:
        return None
    pair = before in ('""', "''") or before[0] == "\\"
    opened = quoted(text, start - (2 if pair and len(before) == 2 else 1), end, before[-1] if pair else "")
    return max(value, opened[1]) if opened else None


def _whole(text: str, value: int, limit: int) -> int:
    """The end of a value that takes the rest of its line or string."""
    stop = COMMAND.search(text, value, limit) if text[value - 1] == "=" else None
    stop = stop or WHOLE_STOP.search(text, value, limit)
    found = text[value : stop.start() if stop else limit].rstrip(BLANK)
    if found.endswith((" \\", " `")):  # the command goes on in the next line
        found = found[:-1].rstrip(BLANK)
    return value + len(found.removesuffix(",").removesuffix(";"))


def value_at(text: str, start: int, end: int, at: int, closed: bool, colon: bool) -> tuple[int, int]:
    """Where the value at `at` stands; empty when nothing there can be a secret. `closed`: the key is quoted."""
    nothing = (at, at)
    inside = open_quotes(text, at)
    if found := quoted(text, at, end, inside):
        return nothing if ARMOUR.match(text, *found) else found
    if closed and colon and (scalar := JSON_SCALAR.match(text, at, end)):
        return at, scalar.end()
    if CONNINFO_PAIR.match(text, at) or ARMOUR.match(text, at) or SQL_CALL.match(text, at):
        return nothing
    if MAPPING.match(text, at, end) or LIST.match(text, at, end):
        return nothing
    if text[at] == "[" and (close := text.find("]", at, end)) > 0:
        return at + 1, close
    limit = None if closed else _around(text, start, end, at)
    if limit is not None:
        return at, _whole(text, at, limit)
    low = line_start(text, start)
    if STARTS_LINE.fullmatch(text, low, start) and (low == 0 or text[low - 1] == "\n"):
        return at, _whole(text, at, end)
    kept = KEPT.match(text, at, end)
    if kept and text[kept.end() : kept.end() + 1] in AFTER_KEPT:
        return nothing
    before = text[max(0, start - 4) : start].rstrip(BLANK + "\"'")[-1:]
    between = {"?": "&", "{": ",", "[": ",", "(": ","}.get(before, before)
    if HELM.search(text, low, start):
        between = ","
    return at, bare(text, at, end, inside, between)


def in_prefix(text: str, at: int, end: int, in_string: bool) -> int:
    """Where the quotes of a program's literal open that begins at `at`: not where the key stands in a string itself."""
    prefix = PREFIX.match(text, at, end)
    if prefix is None or in_string:
        return at
    value = quoted(text, prefix.end(), end, "") if prefix[0].endswith("(") and len(prefix[0]) > 1 else None
    # A password may begin like a call.
    return at if value and not ENDS_CALL.match(text, value[1] + 1) else prefix.end()


def compared(text: str, start: int) -> tuple[int, int] | None:
    """The literal that a key is compared with: `if ("x" == password)`."""
    if text[max(0, start - 4) : start].rstrip(" \t")[-1:] != "=":
        return None
    low = line_start(text, start)
    found = REVERSED.search(text[low:start])
    return (low + found.start(2), low + found.end(2)) if found else None
