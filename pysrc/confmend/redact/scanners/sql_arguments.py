"""Secrets that a statement hands on: arguments of pgcrypto and set_config, columns of INSERT, parameters of a log.

A server that logs parameters writes them apart from the statement: `$1 = 'x'` in DETAIL or CONTEXT, in auto_explain's
`Query Parameters`. Which of them are secrets the statement says; if it speaks of passwords and does not say, all are.
"""

import re
from collections.abc import Iterator

from confmend.redact.literals import begins_message, in_lines, literal, message, message_end
from confmend.redact.placeholders import without_issued
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.sql_calls import FUNCTIONS, NESTED, SECRET_NAME, argument_list, calls_in, columns_in, literals_in
from confmend.redact.values import folded, secret, unescaped

GIVEN = (" to '", " to e'", "options")
COMPARED = re.compile(rf"\b{SECRET_NAME}\\?\"{{0,2}}\s*(?:=|<>|!=)\s*(?:\w+\s*\(\s*)?\$(\d{{1,4}})")
SETTING = re.compile(
    rf"(?:\bset\s+(?:session\s+|local\s+)?\\?\"{{0,2}}{SECRET_NAME}\\?\"{{0,2}}\s*(?:to|=)|\\set\s+{SECRET_NAME})\s+$"
)
OPTION = re.compile(rf"\b{SECRET_NAME}\\?\"{{0,2}}\s+(?=e?')")
STRONG = re.compile(r"pass(?:word|wd|phrase)|\bpwd\b|crypt\w*\s*\(|\bsecret|\bhmac\s*\(|credential")
PARAMETERS = re.compile(r"parameters\\?\"{0,2}:[ \\\"]{0,4}(?=\$\d{1,4} = )")
PARAMETER = re.compile(r"\$(\d{1,4}) = ")
NUMBER = re.compile(r"\$(\d{1,4})(?!\w)")
STATEMENT = re.compile(r"\"?(\w{1,63})\"?\s*(?:\([^()]{0,500}\)\s*)?\bas\s")
CALLED = re.compile(r"execute\s+\"?(\w{1,63})\"?\s*\(")
CALLED_IN_LINE = re.compile(r"execute\s+\"?[\w?]{1,63}\"?\s*\(")  # by its shape, where letters may be question marks


def _numbers(text: str, low: str, start: int, end: int) -> set[int] | None:
    """Return the numbers of the parameters that are secrets; None for all of them."""
    found = {int(match[1]) for match in COMPARED.finditer(low, start, end)}
    for each in (*calls_in(text, low, start, end), *columns_in(text, low, start, end)):
        found.update(int(match[1]) for match in NUMBER.finditer(low, *each))
    if found or not STRONG.search(low, start, end):
        return found
    # What speaks of a password may be a placeholder of ours.
    return None if STRONG.search(without_issued(text[start:end]).lower()) else found


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
    at = edge = nested = 0
    while (at := low.find("prepare ", at)) >= 0:
        at += len("prepare ")
        if statement := STATEMENT.match(low, at):
            nested = nested + 1 if at < edge else 0
            if nested > NESTED:
                known[statement[1]] = None  # no statement that anyone wrote: all of its arguments go
                continue
            end = message_end(text, at)
            stop = low.find(";", statement.end(), end)
            edge = max(edge, stop if stop >= 0 else end)
            known[statement[1]] = _numbers(text, low, statement.end(), stop if stop >= 0 else end)
    at = 0
    while known and (at := low.find("execute ", at)) >= 0:
        call = CALLED.match(low, at)
        at += len("execute ")
        if call is None or call[1] not in known:
            continue
        wanted = known[call[1]]
        for number, argument in enumerate(argument_list(text, call.end(), message_end(text, at)), 1):
            if wanted is None or number in wanted:
                yield from literals_in(text, *argument)


def _settings(text: str, low: str) -> Iterator[Span]:
    """Give what SET, and psql's backslash command of that name, give to a name that says secret."""
    for word in GIVEN:
        at = 0
        while (at := low.find(word, at)) >= 0:
            at += len(word)
            if word == "options":
                if low[at : at + 3].lstrip().startswith("("):
                    end = message_end(text, at)
                    close = low.find(";", at, end)
                    for option in OPTION.finditer(low, at, close if close >= 0 else end):
                        yield from literals_in(text, option.end(), end=_end_of(text, option.end()))
                continue
            quote = at - (1 if word == " to '" else 2)
            if SETTING.search(low, max(0, quote - 120), quote):
                yield from literals_in(text, quote, _end_of(text, quote))


def _end_of(text: str, at: int) -> int:
    found = literal(text, at)
    return found.after if found else at


def find(text: str) -> Iterator[Span]:
    """Give the secrets among arguments, columns and parameters."""
    return in_lines(text, _found(text))


def _found(text: str) -> Iterator[Span]:
    low = folded(text)
    for each in (*calls_in(text, low, 0, len(low)), *columns_in(text, low, 0, len(low))):
        yield from literals_in(text, *each)
    yield from _parameters(text, low)
    yield from _prepared(text, low)
    yield from _settings(text, low)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a secret among the arguments or parameters of an SQL statement",
    meaning=unescaped,
    anchors=(*FUNCTIONS, "insert into", "parameters", "prepare ", ("execute ", CALLED_IN_LINE), *GIVEN),
    begins=begins_message,
    examples=(
        Example("SELECT * FROM users WHERE hash = crypt('it''s 7z', hash);", hidden=("it''s 7z",)),
        Example(
            "SELECT pgp_sym_encrypt('the text, ok', 'k3y 7z'), pgp_sym_decrypt(a, E'k\\'8y');",
            hidden=("k3y 7z", "k\\'8y"),
        ),
        Example("ALTER DATABASE d SET \"app.secret_token\" TO 'set7z';", hidden=("set7z",)),
        Example("INSERT INTO u (pwd) VALUES (crypt('ins7z', gen_salt('bf', 8)));", hidden=("ins7z",)),
        Example(
            "SELECT pgp_sym_decrypt(a, 'key7z', 'cipher-algo=aes256'), encrypt(b, 'key8z', 'aes');",
            hidden=("key7z", "key8z"),
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
