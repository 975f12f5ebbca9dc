"""Secrets that a statement hands on: arguments of pgcrypto and set_config, columns of INSERT, parameters of a log.

A server that logs parameters writes them apart from the statement: `$1 = 'x'` in DETAIL or CONTEXT, in auto_explain's
`Query Parameters`. Which of them are secrets the statement says; if it speaks of passwords and does not say, all are.
"""

import re
from collections.abc import Iterator

from confmend.redact.literals import in_lines, literal, message, message_end
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import folded, secret, unescaped

CALL = re.compile(r"(?:_bytea|_iv)?[ \t]*\(")
# The arguments that are keys or passwords; of all other names with `crypt` in them all from the second on.
POSITIONS = {"crypt": (0,), "bcrypt": (0,), "hmac": (1,), "digest": (0,), "set_config": (1,)}
SECRET_NAME = (
    r"[\w.]{0,60}?(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api_?key|private_?key|access_?key|encryption_?key|"
    r"signing_?key|jwt_?key|credentials?|verifier)s?(?:_?(?:hash|digest|enc|encrypted|salt|plain|text|new|old))?"
)
NAME = re.compile(SECRET_NAME)
COLUMNS = re.compile(
    r"[ \t\r\n]+[^\s(]{1,200}\s*(?:as\s+\w+\s*)?\(([^()]{1,4000})\)\s*(?:overriding\s+\w+\s+value\s*)?values\s*"
)
COMPARED = re.compile(rf"\b{SECRET_NAME}\\?\"{{0,2}}\s*(?:=|<>|!=)\s*(?:\w+\s*\(\s*)?\$(\d{{1,4}})")
SETTING = re.compile(rf"(?:\bset\s+(?:session\s+|local\s+)?{SECRET_NAME}\s*(?:to|=)|\\set\s+{SECRET_NAME})\s+$")
OPTION = re.compile(rf"\b{SECRET_NAME}\\?\"{{0,2}}\s+(?=e?')")
NOT_SECRET = re.compile(r"token_?type|passwordcheck")
STRONG = re.compile(r"pass(?:word|wd|phrase)|\bpwd\b|crypt\w*\s*\(|\bsecret|\bhmac\s*\(|credential")
PARAMETERS = re.compile(r"parameters\\?\"{0,2}:[ \\\"]{0,4}(?=\$\d{1,4} = )")
PARAMETER = re.compile(r"\$(\d{1,4}) = ")
DEEPEST = 20  # parentheses in each other; more are no expression that somebody wrote
NUMBER = re.compile(r"\$(\d{1,4})(?!\w)")
SPECIAL = re.compile(r"[(),;]|(?:\b[enx]|\bu&)?'|\$(?:[^\W\d]\w{0,62})?\$", re.IGNORECASE)
STATEMENT = re.compile(r"\"?(\w{1,63})\"?\s*(?:\([^()]{0,500}\)\s*)?\bas\s")
CALLED = re.compile(r"execute\s+\"?(\w{1,63})\"?\s*\(")
# Calls within calls; each would be read with all that stands in it.
NESTED, FAR = 8, 4_000


def _arguments(text: str, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the arguments of the list in parentheses whose first one begins at ``at``; the last may be cut off."""
    depth = 1
    start = at
    while depth and (sign := SPECIAL.search(text, at, end)):
        at = sign.end()
        if sign[0] == "(":
            depth += 1
            if depth > DEEPEST:
                break
        elif sign[0] in "),":
            depth -= sign[0] == ")"
            if depth == 0 or (depth == 1 and sign[0] == ","):
                yield start, sign.start()
                start = at
        elif sign[0] == ";":
            break
        elif found := literal(text, sign.start()):
            at = max(at, found.after)
    if depth:
        yield start, end if at >= end else at


def _literals(text: str, start: int, end: int) -> Iterator[Span]:
    """Give the literals of an expression."""
    while sign := SPECIAL.search(text, start, end):
        start = sign.end()
        if sign[0] not in "(),;" and (found := literal(text, sign.start())):
            if secret(text, found.start, found.end):
                yield Span(found.start, found.end)
            start = max(start, found.after)


def _calls(text: str, low: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the arguments that are secrets of the functions in this part of the text."""
    for anchor in ("crypt", "hmac", "digest", "set_config"):
        at = edge = start
        nested = 0
        while (at := low.find(anchor, at, end)) >= 0:
            begin = at
            at += len(anchor)
            call = CALL.match(low, at, end)
            if call is None:
                continue
            while begin > start and at - begin < 60 and (low[begin - 1].isalnum() or low[begin - 1] == "_"):
                begin -= 1
            name = low[begin:at]
            stop = min(end, message_end(text, at))
            nested = nested + 1 if begin < edge else 0
            if nested > NESTED:
                # No statement that anyone wrote: every literal in it goes.
                yield call.end(), min(stop, call.end() + FAR)
                at = min(stop, call.end() + FAR)
                continue
            arguments = [each for _, each in zip(range(8), _arguments(text, call.end(), stop), strict=False)]
            if name == "set_config" and not NAME.search(low, *arguments[0]):
                continue
            edge = max(edge, arguments[-1][1] if arguments else at)
            for position in POSITIONS.get(name, (1, 2)):
                yield from arguments[position : position + 1]


def _columns(text: str, low: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the values of INSERT whose column is named after a secret."""
    at = start
    while (at := low.find("insert into", at, end)) >= 0:
        at += len("insert into")
        columns = COLUMNS.match(low, at, end)
        if columns is None:
            continue
        names = [each.strip(' \t\r\n\\"') for each in columns[1].split(",")]
        wanted = {index for index, name in enumerate(names) if NAME.fullmatch(name) and not NOT_SECRET.search(name)}
        place = columns.end()
        stop = min(end, message_end(text, at))
        while wanted and low.startswith("(", place):
            last = place
            for index, argument in enumerate(_arguments(text, place + 1, stop)):
                last = argument[1]
                if index in wanted:
                    yield argument
            following = re.compile(r"\)\s*,\s*(?=\()").match(low, last, stop)
            place = following.end() if following else len(low)


def _numbers(text: str, low: str, start: int, end: int) -> set[int] | None:
    """Return the numbers of the parameters that are secrets; None for all of them."""
    found = {int(match[1]) for match in COMPARED.finditer(low, start, end)}
    for each in (*_calls(text, low, start, end), *_columns(text, low, start, end)):
        found.update(int(match[1]) for match in NUMBER.finditer(low, *each))
    return None if not found and STRONG.search(low, start, end) else found


def _parameters(text: str, low: str) -> Iterator[Span]:
    """Give the parameters that are secrets, of each message that holds some."""
    for anchor in PARAMETERS.finditer(low):
        start, end = message(text, anchor.start())
        wanted = _numbers(text, low, start, end)
        at = anchor.end()
        while parameter := PARAMETER.match(low, at, end):
            at = parameter.end()
            found = literal(text, at)
            if found and (wanted is None or int(parameter[1]) in wanted) and secret(text, found.start, found.end):
                yield Span(found.start, found.end)
            at = found.after if found else low.find(",", at, end)
            if at < 0 or not low.startswith(", ", at):
                # An empty literal is none.
                at = low.find(", $", at, end) if at >= 0 else -1
                if at < 0:
                    break
            at += 2


def _prepared(text: str, low: str) -> Iterator[Span]:
    """Give the arguments of EXECUTE that are secrets by what PREPARE says; a log repeats that in DETAIL."""
    known: dict[str, set[int] | None] = {}
    at = 0
    while (at := low.find("prepare ", at)) >= 0:
        at += len("prepare ")
        if statement := STATEMENT.match(low, at):
            end = message_end(text, at)
            stop = low.find(";", statement.end(), end)
            known[statement[1]] = _numbers(low, low, statement.end(), stop if stop >= 0 else end)
    at = 0
    while known and (at := low.find("execute ", at)) >= 0:
        call = CALLED.match(low, at)
        at += len("execute ")
        if call is None or call[1] not in known:
            continue
        wanted = known[call[1]]
        for number, argument in enumerate(_arguments(text, call.end(), message_end(text, at)), 1):
            if wanted is None or number in wanted:
                yield from _literals(text, *argument)


def _settings(text: str, low: str) -> Iterator[Span]:
    """Give what SET, and psql's backslash command of that name, give to a name that says secret."""
    for word in (" to '", " to e'", "options"):
        at = 0
        while (at := low.find(word, at)) >= 0:
            at += len(word)
            if word == "options":
                if low[at : at + 3].lstrip().startswith("("):
                    end = message_end(text, at)
                    close = low.find(";", at, end)
                    for option in OPTION.finditer(low, at, close if close >= 0 else end):
                        yield from _literals(text, option.end(), end=_end_of(text, option.end()))
                continue
            quote = at - (1 if word == " to '" else 2)
            if SETTING.search(low, max(0, quote - 120), quote):
                yield from _literals(text, quote, _end_of(text, quote))


def _end_of(text: str, at: int) -> int:
    found = literal(text, at)
    return found.after if found else at


def find(text: str) -> Iterator[Span]:
    """Give the secrets among arguments, columns and parameters."""
    return in_lines(text, _found(text))


def _found(text: str) -> Iterator[Span]:
    low = folded(text)
    for each in (*_calls(text, low, 0, len(low)), *_columns(text, low, 0, len(low))):
        yield from _literals(text, *each)
    yield from _parameters(text, low)
    yield from _prepared(text, low)
    yield from _settings(text, low)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a secret among the arguments or parameters of an SQL statement",
    meaning=unescaped,
    examples=(
        Example("SELECT * FROM users WHERE hash = crypt('it''s 7z', hash);", hidden=("it''s 7z",)),
        Example(
            "SELECT pgp_sym_encrypt('the text, ok', 'k3y 7z'), pgp_sym_decrypt(a, E'k\\'8y');",
            hidden=("k3y 7z", "k\\'8y"),
        ),
        Example("SELECT set_config('app.jwt_secret', 'cfg7z', false);", hidden=("cfg7z",)),
        Example("SET app.secret TO 'cfg7z'; ALTER DATABASE d SET app.api_key TO 'key7z';", hidden=("cfg7z", "key7z")),
        Example(
            "INSERT INTO users (name, password) VALUES ('bob', 'ins7z'), ('eve', 'ins8z');", hidden=("ins7z", "ins8z")
        ),
        Example("CREATE SERVER s OPTIONS (host 'h', aws_secret 'opt7z');", hidden=("opt7z",)),
        Example(
            "LOG:  execute <unnamed>: SELECT crypt($2, $1)\nDETAIL:  parameters: $1 = 'salt', $2 = 'par7z'\n",
            hidden=("par7z",),
        ),
        Example(
            "ERROR:  x\nCONTEXT:  unnamed portal with parameters: $1 = 'bob', $2 = 'par7z'\n"
            "STATEMENT:  UPDATE users SET password = $2 WHERE name = $1\n",
            hidden=("par7z",),
        ),
        Example(
            '{"message":"execute p: INSERT INTO users (name, password) VALUES ($1, $2)",'
            '"detail":"Parameters: $1 = \'bob\', $2 = \'a\\\\b\\"7z\'"}\n',
            hidden=('a\\\\b\\"7z',),
        ),
        Example(
            "LOG:  statement: EXECUTE p('bob', 'pre7z')\n"
            "DETAIL:  prepare: PREPARE p AS SELECT hmac($1, $2, 'sha256');\n",
            hidden=("pre7z",),
        ),
        Example("LOG:  execute <unnamed>: SELECT $1\nDETAIL:  parameters: $1 = 'bob'\nLOG:  password x\n"),
        Example("LOG:  execute p: SELECT crypt($1, $2)\nDETAIL:  parameters: $1 = NULL, $2 = ''\n"),
        Example("SELECT set_config('search_path', 'a, b', false), gen_salt('bf'), md5('x'); SET work_mem TO '4MB';"),
        Example("INSERT INTO tokens (id, token_type, password_id) VALUES ('a', 'bearer', 'b');"),
    ),
)
