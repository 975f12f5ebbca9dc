"""Passwords in SQL: of roles, users, user mappings and logins, in scripts, in logs and in what psql shows.

PostgreSQL's ALTER ROLE and CREATE USER MAPPING, MySQL's and Oracle's IDENTIFIED BY, SQL Server's WITH PASSWORD. In a
statement about a role every literal is hidden but those known to be none, for a misspelled keyword is what gets logged.
"""

import re
from collections.abc import Generator, Iterator

from confmend.redact.literals import Literal, begins_message, in_lines, literal, message_end
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import folded, line_end, secret, unescaped

# Between the keyword and the literal: the keyword's own quotes, blanks, comments, psql's `+ |` at a line's end.
GAP = re.compile(
    r"[\\\"]{0,3}(?:[ \t\r\n]|\\[nrt]|\+\r?\n[ \t]*\||/\*[^*]{0,200}\*/|--[^\n]{0,200}\n){0,99}"
    r"(?:(?::?=|\()[ \t]*|by[ \t]+(?:values[ \t]+)?|as[ \t]+|(?:new[ \t]+|old[ \t]+))?"
)
# A keyword with something behind it that can be read; most have nothing, and are passed over here.
KEYWORD = re.compile(
    rf"((?<!pool_)pass(?:word|wd|phrase)){GAP.pattern}(?=(?:[enbx]|u&|_[a-z]\w{{1,20}} ?)?'|\$|%[ls]|\{{\}})",
)
IDENTIFIED = re.compile(
    r"[ \t\r\n]+(?:with[ \t\r\n]+(?:\"?[\w]{1,64}\"?|'\w{1,64}')[ \t\r\n]+)?(?:by|as|using)[ \t\r\n]+"
    r"(?:password[ \t]*|values[ \t]*|random[ \t]+)?"
)
ORACLE = re.compile(r"\\?\"{1,2}[^\"\\\n]{1,128}|[a-z_][\w$#]{1,127}(?![\w$#(.])")
ROLE = re.compile(r"[ \t\r\n]+(?:role|user|group|login)[ \t\r\n]+(?!mapping\b)")
TOKEN = re.compile(
    r"(?:\b[enbx]|\bu&)?'|\$(?:[^\W\d]\w{0,62})?\$|;|--(?:(?!\\n)[^\n])*|/\*[^*]{0,300}\*/|"
    r"(?:\b|(?<=\\[nrt]))pass\w{0,8}[ \t\r\n]+(?=[^\s'$;])"
)
# Literals of such statements that are no password.
KNOWN = re.compile(r"(?:\b(?:until|user|role|login|group|to|from|comment|uescape)|[@,.]|\bset\s+[\w.]{1,63}\s*=)\s*$")
BARE = re.compile(r"\\?\"{1,2}(?P<quoted>[^\"\\\n]+)|(?P<bare>[^\s;\"'\\]+)")
OPTION = re.compile(
    r"null\b|is\b|valid\b|(?:no)?(?:superuser|createdb|createrole|inherit|login|replication|bypassrls)\b|connection\b|"
    r"encrypted\b|in\b|role\b|admin\b|user\b|sysid\b|expire\b|e'|u&'|n'|for\b|%|\|\||\$\d|by\b|values\b|reuse\b|history\b|"
    r"require\b|lock\b|account\b|option\b|=|--|/\*|<redacted>|\*+(?!\w)"
)
PASSED_ON = re.compile(r"(?:%[ls]|'+[ \t]*\|\||'+%s'+|\{\})")
CLOSES = re.compile(r"'[ \t]*(?:\|\||,|\)|;|%|\"|$)", re.MULTILINE)
CROWD = 200  # so many passwords of SQL in one line are no text
NO_SECRET = re.compile(r"(?:SCRAM-SHA-256\$|md5[0-9a-f]{32}$|\$\w{1,9}\$|\{[A-Z0-9-]+\})")


def _spans(text: str, found: Literal) -> Iterator[Span]:
    """Give the literal's value; what a verifier hides of itself is enough."""
    if found.closed and NO_SECRET.match(text, found.start, found.end):
        return
    if secret(text, found.start, found.end):
        yield Span(found.start, found.end)


def _after_keyword(text: str, low: str, at: int, keyword: int) -> Iterator[Span]:
    """Give the literal behind a keyword that ends at ``at``."""
    gap = GAP.match(low, at)
    value = gap.end() if gap else at
    if value == at and low[at : at + 1] == "'":
        return  # 'password' is a word in quotes
    if low.startswith("'", value) and not low.startswith("''", value) and CLOSES.match(low, value):
        line = low.rfind("\n", max(0, keyword - 2_000), keyword) + 1 or max(0, keyword - 2_000)
        if low.count("'", line, keyword) % 2:
            yield from _rest(text, low, value + 1)
            return
    if PASSED_ON.match(low, value):
        yield from _rest(text, low, value + 1)
    elif found := literal(text, value):
        yield from _spans(text, found)


def _rest(text: str, low: str, at: int) -> Iterator[Span]:
    """Give the literals of what a statement is put together from, when its password is one of them."""
    end = line_end(text, at)
    stop = low.find(";", at, end)
    quote = low.find("'", at, end)
    if 0 <= stop < quote or quote < 0:
        return
    # Behind the end of the string that the keyword stands in.
    closing = re.compile(r"'[ \t]*(?:,|\|\|)").search(low, at - 1, end)
    at = closing.end() if closing else at
    while (token := TOKEN.search(low, at, end)) and token[0] != ";":
        found = literal(text, token.start())
        at = token.end()
        if found:
            yield from _spans(text, found)
            at = max(at, found.after)


def _role(text: str, low: str, start: int) -> Generator[Span, None, int]:
    """Give what can be a password in a statement about a role that goes on at ``start``; return where it ends."""
    end = message_end(text, start)
    at = start
    first = -1
    unit = 1
    while token := TOKEN.search(low, at, end):
        at = token.end()
        if token[0] == ";":
            break
        if token[0].startswith(("--", "/*")):
            continue
        if token[0].startswith("pass"):
            if not OPTION.match(low, at) and (bare := BARE.match(text, at, end)):
                group = bare.lastgroup or "bare"
                yield Span(*bare.span(group))
                first = bare.start(group) if first < 0 else first
                at = bare.end()
            continue
        if token[0] == "'" and low[token.start() - 1] not in " \t\r\n=(,'tnr":
            break  # the end of the string that the statement stands in
        found = literal(text, token.start())
        if found is None:
            at += low[at : at + 1] == "'"
            continue
        if found.unit < unit:
            break
        unit = found.unit
        at = max(at, found.after)
        if KNOWN.search(low, max(start - 20, token.start() - 90), token.start()):
            continue
        first = found.start if first < 0 else first
        yield from _spans(text, found)
        if not found.closed:
            # The quotes don't pair: where the password ended nobody can tell.
            yield Span(first, found.end)
            break
    else:
        return end
    return at


def find(text: str) -> Iterator[Span]:
    """Give every password of an SQL statement."""
    return in_lines(text, _found(text))


def _found(text: str) -> Iterator[Span]:
    low = folded(text)
    at = end = crowd = 0
    while keyword := KEYWORD.search(low, at):
        start, at = keyword.span(1)
        if start >= end:
            end, crowd = line_end(text, start), 0
        for span in _after_keyword(text, low, at, start):
            yield span
            crowd += 1
            # A literal over several lines may be one that never closed, and hold the next statement.
            at = max(at, min(span.end, end))
        if crowd > CROWD:
            # No statement: each would be looked at with all that stands before it. Hidden to the line's end.
            yield Span(at, end)
            at = end
    at = 0
    while (at := low.find("identified", at)) >= 0:
        at += len("identified")
        if by := IDENTIFIED.match(low, at):
            if found := literal(text, by.end()):
                yield from _spans(text, found)
            elif (word := ORACLE.match(low, by.end())) and not OPTION.match(low, by.end()):
                quotes = len(word[0]) - len(word[0].lstrip('\\"'))
                yield Span(word.start() + quotes, word.end())
    for verb in ("alter", "create"):
        at = 0
        while (at := low.find(verb, at)) >= 0:
            at += len(verb)
            if role := ROLE.match(low, at):
                at = max(at, (yield from _role(text, low, role.end())))


# Such a keyword, as it stands in a line; the value, or what is before it, may stand in the next one.
AT_END = r"[\\\"]{0,3}(?:[ \t\r]|\\[nrt]|/\*[^*]{0,200}\*/){0,99}(?:\+\r?|--.{0,200}|/\*[^*]{0,200})?$"
KEYWORD_IN_LINE = re.compile(rf"{KEYWORD.pattern}|pass(?:word|wd|phrase){AT_END}")
ROLE_IN_LINE = re.compile(r"(?:alter|create)[ \t\r]*(?:$|[ \t](?:role|user|group|login))")

SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password in an SQL statement",
    meaning=unescaped,
    anchors=(
        *((word, KEYWORD_IN_LINE) for word in ("password", "passwd", "passphrase")),
        *((word, ROLE_IN_LINE) for word in ("alter", "create")),
        "identified",
    ),
    begins=begins_message,
    examples=(
        Example("ALTER ROLE app WITH ENCRYPTED PASSWORD 's3cr3t x' VALID UNTIL '2026-01-01';", hidden=("s3cr3t x",)),
        Example("CREATE USER app PASSWORD 'it''s 7z' IN ROLE a;", hidden=("it''s 7z",)),
        Example("ALTER USER app PASSWORD E'it\\'s\\\\7z' LOGIN;", hidden=("it\\'s\\\\7z",)),
        Example(
            "ALTER ROLE app PASSWORD $$it's 7z$$; ALTER ROLE b PASSWORD $q1$x$$y7$q1$;", hidden=("it's 7z", "x$$y7")
        ),
        Example("create group g encrypted\n\tpassword U&'d\\0061t\\+000061 7';", hidden=("d\\0061t\\+000061 7",)),
        Example("LOG:  statement: ALTER ROLE app\n\tPASSWORD /* new */ 'one7\n\ttwo8'\n", hidden=("one7", "two8")),
        Example('"statement: ALTER ROLE ""app"" PASSWORD \'a""b7z\'",,,', hidden=('a""b7z',)),
        Example('{"message":"statement: ALTER ROLE app PASSWORD E\'a\\\\\'b7z\'","n":1}', hidden=("a\\\\'b7z",)),
        Example("DO $$ BEGIN EXECUTE 'ALTER ROLE app PASSWORD ''it''''s 7z'''; END $$", hidden=("it''''s 7z",)),
        Example("EXECUTE format('ALTER ROLE %I PASSWORD %L', who, 'fmt 7z');", hidden=("fmt 7z",)),
        Example("EXECUTE 'ALTER ROLE app PASSWORD ' || quote_literal('cat 7z');", hidden=("cat 7z",)),
        Example("STATEMENT:  ALTER ROLE app PASWORD 'typo77z'", hidden=("typo77z",)),
        Example("STATEMENT:  ALTER ROLE app PASSWORD 'un'doubled7'", hidden=("un'doubled7",)),
        Example('STATEMENT:  ALTER ROLE app PASSWORD "wr0ng quotes"', hidden=("wr0ng quotes",)),
        Example("STATEMENT:  ALTER ROLE app PASSWORD n0quotes;", hidden=("n0quotes",)),
        Example("STATEMENT:  ALTER ROLE app PASSWORD 'never closed 7;\nLOG:  next", hidden=("never closed 7",)),
        Example("LINE 1: ...OLE app PASSWORD 'qq11\",z}7 z...\n        ^", hidden=('qq11",z}7 z...',)),
        Example("CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'bob', password 'map7z');", hidden=("map7z",)),
        Example("ALTER USER MAPPING FOR app SERVER s OPTIONS (SET \"password\" 'map7z');", hidden=("map7z",)),
        Example("CREATE USER 'bob'@'%' IDENTIFIED WITH mysql_native_password BY 'my7z';", hidden=("my7z",)),
        Example("ALTER USER scott IDENTIFIED BY tig3r;", hidden=("tig3r",)),
        Example("SET PASSWORD FOR 'bob'@'%' = PASSWORD('my7z');", hidden=("my7z",)),
        Example("CREATE LOGIN bob WITH PASSWORD = N'ms7z', CHECK_POLICY = ON;", hidden=("ms7z",)),
        Example(" 42 | ALTER ROLE app     +\n    | PASSWORD         +\n    | 'psql7z' | active", hidden=("psql7z",)),
        Example("CREATE USER x PASSWORD U&'d!0061ta7' UESCAPE '!';", hidden=("d!0061ta7",)),
        Example("ALTER ROLE app PASSWORD NULL VALID UNTIL '2026-01-01';"),
        Example("ALTER ROLE app SET work_mem = '64MB'; ALTER ROLE app SET search_path TO 'a', 'b';"),
        Example("SELECT password, 'x' FROM users WHERE password IS NULL AND kind = 'password' AND a = 'b';"),
        Example("CREATE TABLE users (password_hash text, password varchar(30) NOT NULL DEFAULT '');"),
        Example("ERROR:  password authentication failed for user \"app\"\nDETAIL:  Password of 'app' is wrong"),
        Example("CREATE USER 'bob'@'localhost'; GRANT ALL ON *.* TO 'bob'@'%'; DROP ROLE app;"),
        Example("LOG:  AUDIT: SESSION,1,1,ROLE,ALTER ROLE,,,ALTER ROLE app PASSWORD <REDACTED>,<none>"),
        Example("user is identified by a name; the role was created as 'x'"),
    ),
)
