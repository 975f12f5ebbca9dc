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
AFTER_VALUE = BLANK + ",;)]}"
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
    r"integrated security|persist security info|encrypt|\w{0,20}endpoint(?:suffix)?|account(?:name|key)|"
    r"(?:connection|command|keepalive|auto|max|min|maximum|minimum)"
    r"[\w ]{0,30})[ \t]?=",
    re.IGNORECASE,
)

BARE_STOP = re.compile(r"[ \t\r\n\f\v\0]|\\|[\"'`]|[;,&](?=(?:amp;)?[ \t]?[A-Za-z_][\w .-]{0,40}[=:])")

ESCAPE = re.compile(r"\\[\\/\"'` ]|''|\"\"|(?:\\u[0-9A-Fa-f]{4}){1,40}")

KEPT = re.compile(
    r"(?i:on|off|true|false|yes|no|null|none|nil|~|md5|scram-sha-256)"
    r"|(?:\$\{(?:env:)?[A-Za-z_][\w.]*(?::?\?[^{}]*)?\})+"
    r"|\$[A-Z0-9_]*(?:PASS|PWD|SECRET|TOKEN|KEY)[A-Z0-9_]*"  # a variable by its name; `$ecret` is a password
    r"|\{(?:[0-9]{1,2}|[A-Z][A-Z_]{1,40})\}"  # what a program puts something in place of
    r"|\$[0-9]{1,4}"  # a parameter of a prepared statement
    r"|\$\((?:cat [\w./-]+|[A-Z][A-Z0-9_]+)\)"
    r"|(?:os\.environ(?:\.get)?|(?:os\.|System\.)?getenv|ENV|env)[\[(][\"']\w+[\"'][\])]|process\.env\.\w+"
    r"|<%=? *ENV(?:\.fetch)?[\[(][\"']\w+[\"'][\])] *%>"
    r"|(?:var|local)\.\w+|data\.\w+\.\w+\.\w+|module\.\w+\.\w+|random_password\.\w+\.result"  # Terraform's
    r"|!(?:Ref|GetAtt|ImportValue) +[\w.:-]+|!Sub +['\"]?(?:\$\{[\w.:]+\}|\{\{resolve:[\w:${}./-]+\}\})['\"]?"  # AWS's
    r"|(?:\{\{[^{}]*\}\})+|<[A-Za-z][\w .-]*>|%\(\w+\)s|%s"
    r"|\*{3,}"
    r"|/run/secrets(?:/[\w./-]*)?"
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


def _closes(text: str, at: int, inside: str) -> bool:
    """Whether the quote at `at` ends the string around a bare value, rather than being part of the value."""
    following = text[at + 1 : at + 2]
    if text[at] in inside:
        return not (following.isalnum() or following == text[at])
    return following in BLANK or (following in AFTER_QUOTE and text[at + 2 : at + 3] in AFTER_QUOTE)


def conninfo_pairs(text: str, start: int, end: int) -> list[int]:
    """Where libpq's other keywords are set in this part of the text."""
    known: dict[str, bool] = {}
    found = []
    for name in NAME_EQUALS.finditer(text, start, end):
        written = name[0]
        if written not in known:
            known[written] = CONNINFO_PAIR.fullmatch(written) is not None
        if known[written]:
            found.append(name.start())
    return found


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
    """The value that is meant, without escapes: backslashes, doubled quotes, the numbers of JSON."""
    return ESCAPE.sub(lambda match: _numbered(match[0]) if match[0].startswith("\\u") else match[0][1:], written)


def _numbered(codes: str) -> str:
    """The characters of JSON's `\\u00e9`; those beyond the first 65,536 are written as two."""
    units = b"".join(int(code, 16).to_bytes(2, "big") for code in codes.split("\\u")[1:])
    return units.decode("utf-16-be", "surrogatepass")
