"""Reads one value where it stands: quoted, escaped, doubled or bare; and tells which values are no secret.

Every function is linear in what it reads and looks back only a bounded way, so that no input makes it slow.
"""

import re

from confmend.redact.scanner import Span

LOOK_BACK = 300  # far enough for a conninfo or a log message, short enough to be free
LONGEST_KEPT = 200  # a longer value is never a keyword, a variable or a mask
QUOTES = "\"'`"
OPENERS = {")": "(", "]": "[", "}": "{"}
BLANK = " \t\r\n\f\v\0"  # NUL parts the entries of /proc/<pid>/environ
AFTER_QUOTE = BLANK + ",;:)]}>#&|\\\"'`"

CONNINFO_KEYWORDS = (
    # libpq's keywords that hold no secret (PostgreSQL 18, libpq-connect)
    "host|hostaddr|port|dbname|user|passfile|require_auth|channel_binding|connect_timeout|client_encoding|options|"
    "application_name|fallback_application_name|keepalives\\w*|tcp_user_timeout|replication|gss\\w+|ssl(?!password)\\w+|"
    "requirepeer|krbsrvname|service|target_session_attrs|load_balance_hosts|min_protocol_version|max_protocol_version|"
    # what pgbouncer.ini and the drivers' pools put beside them
    "auth_user|auth_dbname|auth_query|auth_type|pool_size|min_pool_size|reserve_pool|reserve_pool_size|pool_mode|"
    "max_db_connections|pool_max_conns|pool_min_conns|connect_query|datestyle|timezone|database|username"
)
CONNINFO_PAIR = re.compile(rf"(?:{CONNINFO_KEYWORDS})[ \t]*=", re.IGNORECASE)
NAME_EQUALS = re.compile(r"(?<![\w.-])[A-Za-z_]\w{1,30}[ \t]{0,9}=")
# What follows `Password=x;` in the connection strings of .NET and ODBC, or `&password=x` in those of JDBC.
NEXT_PAIR = re.compile(
    rf"[;,&](?:amp;)?[ \t]?(?:{CONNINFO_KEYWORDS}|server|data source|initial catalog|user id|uid|driver|pooling|enlist|"
    r"encoding|multiplexing|timeout|trust\w*|trust server certificate|no reset on close|application name|ssl mode|"
    r"integrated security|persist security info|encrypt|(?:connection|command|keepalive|auto|max|min|maximum|minimum)"
    r"[\w ]{0,30})[ \t]?=",
    re.IGNORECASE,
)

BARE_STOP = re.compile(r"[ \t\r\n\f\v\0]|\\|[\"'`]|[;,&](?=(?:amp;)?[ \t]?[A-Za-z_][\w .-]{0,40}[=:])")

ESCAPE = re.compile(r"\\[\\\"'` ]|''|\"\"")

KEPT = re.compile(
    r"(?i:on|off|true|false|yes|no|null|none|nil|~|md5|scram-sha-256)"
    r"|(?:\$\{[A-Za-z_][\w.]*(?::?\?[^{}]*)?\})+"
    r"|\$[A-Z0-9_]*(?:PASS|PWD|SECRET|TOKEN|KEY)[A-Z0-9_]*"  # a variable by its name; `$ecret` is a password
    r"|\$[0-9]{1,4}"  # a parameter of a prepared statement
    r"|\$\(cat [\w./-]+\)"
    r"|(?:\{\{[^{}]*\}\})+|<[A-Za-z][\w .-]*>|%\(\w+\)s|%s"
    r"|\*{3,}"
    r"|/run/secrets/[\w./-]*"
    r"|/(?:[\w.-]+/)+[\w.-]+\.(?:pem|key|crt|cer|json|txt|conf|ya?ml)"
    r"|0{8}(?:-0{8}){3}(?:,0{8}(?:-0{8}){3})*"  # tcp_fastopen_key that is not set
)
DEFAULTED = re.compile(r"\$\{[A-Za-z_][\w.]*:?[-=+]([^{}]*)\}")


def folded(text: str) -> str:
    """Give the text in lower case with every character at its own place."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    # A few capitals, such as U+0130, become two characters.
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def line_end(text: str, at: int) -> int:
    """Where the line ends, before its line break."""
    end = text.find("\n", at)
    if end < 0:
        end = len(text)
    return end - 1 if end > at and text[end - 1] == "\r" else end


def line_start(text: str, at: int) -> int:
    """Where the line starts, or LOOK_BACK before `at` when that is nearer."""
    low = max(0, at - LOOK_BACK)
    return max(low, text.rfind("\n", low, at) + 1)


def open_quotes(text: str, at: int) -> str:
    """Which quotes are open at this place of its line."""
    low = line_start(text, at)
    return "".join(quote for quote in QUOTES if text.count(quote, low, at) % 2)


def _backslashes(text: str, start: int, at: int) -> int:
    """How many backslashes stand right before `at`."""
    count = 0
    while at - count > start and text[at - count - 1] == "\\":
        count += 1
    return count


def _run(text: str, at: int, end: int) -> int:
    """How many times the character at `at` is repeated there."""
    stop = at
    while stop < end and text[stop] == text[at]:
        stop += 1
    return stop - at


def _after_escaped_quote(text: str, start: int, end: int, quote: str) -> int:
    """The end of a value opened by `\\"` (JSON in a JSON log, a shell word): the next quote with as few backslashes."""
    at = start
    while (at := text.find(quote, at, end)) >= 0:
        if (slashes := _backslashes(text, start, at)) <= 1:
            return at - slashes
        at += 1
    return end


def _after_doubled_quote(text: str, start: int, end: int, quote: str) -> int:
    """The end of a value opened by `''` or `""`, which is how a quote is written inside quotes."""
    at = start
    while (at := text.find(quote, at, end)) >= 0:
        run = _run(text, at, end)
        if _backslashes(text, start, at) % 2:
            at += 2
        elif run >= 4 and at > start:
            at += 4
        elif run >= 2 or text[at + 1 : at + 2] in AFTER_QUOTE:
            return at
        else:
            at += 1
    return end


def _after_quote(text: str, start: int, end: int, quote: str) -> int:
    """The end of a value opened by one quote, which may hold it doubled or after a backslash."""
    at = start
    escaped = -1
    while (at := text.find(quote, at, end)) >= 0:
        if _backslashes(text, start, at) % 2:
            escaped = at if escaped < 0 else escaped
            at += 1
        elif (run := _run(text, at, end)) % 2:
            return at + run - 1
        else:
            at += run
    # YAML knows no backslash in single quotes: with no other closing quote, that one was it.
    return escaped if escaped >= 0 else end


def quoted(text: str, at: int, end: int, inside: str) -> tuple[int, int] | None:
    """The value in the quotes that open at `at`; to the end of the line if they do not close; None if none open."""
    quote = text[at : at + 1]
    if quote == "\\" and text[at + 1 : at + 2] and text[at + 1] in QUOTES:
        return at + 2, _after_escaped_quote(text, at + 2, end, text[at + 1])
    if not quote or quote not in QUOTES:
        return None
    if text.startswith(quote * 2, at) and (quote in inside or text[at + 2 : at + 3] not in AFTER_QUOTE):
        return at + 2, max(at + 2, _after_doubled_quote(text, at + 2, end, quote))
    return at + 1, _after_quote(text, at + 1, end, quote)


def _closes(text: str, at: int, inside: str) -> bool:
    """Whether the quote at `at` ends the string around a bare value, rather than being part of the value."""
    following = text[at + 1 : at + 2]
    if text[at] in inside:
        return not (following.isalnum() or following == text[at])
    return following in BLANK or (following in AFTER_QUOTE and text[at + 2 : at + 3] in AFTER_QUOTE)


def conninfo_pairs(text: str, start: int, end: int) -> list[int]:
    """Where libpq's other keywords are set in this part of the text."""
    names = NAME_EQUALS.finditer(text, start, end)
    return [name.start() for name in names if CONNINFO_PAIR.fullmatch(name[0])]


def bare(text: str, at: int, end: int, inside: str, between: str = "") -> int:
    """The end of an unquoted value: blank space, the end of the string around it, or the next pair of a list.

    Any `;name=` ends it when `between` says that `;` parts the pairs here; else only a name that is known.
    """
    stop = at
    while (match := BARE_STOP.search(text, stop, end)) is not None:
        stop = match.start()
        char = text[stop]
        if char == "\\":
            following = text[stop + 1 : stop + 2]
            if stop + 1 >= end or (following in "\"'`" and text[stop + 2 : stop + 3] in AFTER_QUOTE):
                break
            stop += 2
        elif char in QUOTES:
            if _closes(text, stop, inside):
                break
            stop += 2 if text.startswith(char * 2, stop) else 1
        elif char in ";,&" and char not in between and not NEXT_PAIR.match(text, stop, end):
            stop += 1
        else:
            break
    else:
        stop = end
    stop = min(stop, end)
    # At most three: what follows a value, never a part of a secret that is worth something.
    kept = stop
    while kept > at + 1 and stop - kept < 3 and text[kept - 1] in ",;)]}":
        opener = OPENERS.get(text[kept - 1])
        if opener and text.count(opener, at, kept) >= text.count(text[kept - 1], at, kept):
            break
        kept -= 1
    return kept


def secret(text: str, start: int, end: int, label: str = "") -> Span | None:
    """The span to hide: None for an empty value, a keyword, a variable or a mask; in `${X:-default}` the default."""
    if end <= start:
        return None
    if end - start <= LONGEST_KEPT:
        value = text[start:end]
        if KEPT.fullmatch(value):
            return None
        if match := DEFAULTED.fullmatch(value):
            return secret(text, start + match.start(1), start + match.end(1), label)
    return Span(start, end, label)


def unescaped(written: str) -> str:
    """The value that is meant: no backslashes before quotes and backslashes, doubled quotes single."""
    return ESCAPE.sub(lambda match: match[0][1:], written)
