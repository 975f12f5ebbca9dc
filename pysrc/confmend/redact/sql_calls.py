"""Where the secrets of an SQL expression stand: arguments that are keys, columns of INSERT named after one."""

import re
from collections.abc import Iterator

from confmend.redact.literals import literal, message_end
from confmend.redact.scanner import Span
from confmend.redact.values import line_end, secret

CALL = re.compile(r"(?:_bytea|_iv)?[ \t]*\(")
FUNCTIONS = ("crypt", "hmac", "digest", "set_config")
# The arguments that are keys or passwords; of all other names with `crypt` in them all from the second on.
POSITIONS = {
    "crypt": (0,),
    "bcrypt": (0,),
    "hmac": (1,),
    "digest": (0,),
    "set_config": (1,),
    "encrypt": (1,),
    "decrypt": (1,),
    # Behind the key stand options.
    **{f"pgp_sym_{verb}crypt{suffix}": (1,) for verb in ("en", "de") for suffix in ("", "_bytea")},
}
SECRET_NAME = (
    r"[\w.]{0,60}?(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api_?key|private_?key|access_?key|encryption_?key|"
    r"signing_?key|jwt_?key|credentials?|verifier)s?(?:_?(?:hash|digest|enc|encrypted|salt|plain|text|new|old))?"
)
NAME = re.compile(SECRET_NAME)
COLUMNS = re.compile(
    r"[ \t\r\n]+[^\s(]{1,200}\s*(?:as\s+\w+\s*)?\(([^()]{1,4000})\)\s*(?:overriding\s+\w+\s+value\s*)?values\s*"
)
NOT_SECRET = re.compile(r"token_?type|passwordcheck")
DEEPEST = 20  # parentheses in each other; more are no expression that somebody wrote
SPECIAL = re.compile(r"[(),;]|(?:\b[enx]|\bu&)?'|\$(?:[^\W\d]\w{0,62})?\$", re.IGNORECASE)
# What a function is told beside its secret: `gen_salt('bf')`, `, 'sha256')`.
ALGORITHM = re.compile(
    r"(?:gen_salt\(\s*|,\s*)'(?:bf|x?des|aes(?:-cbc|-ecb)?(?:/pad:\w+)?|md5|sha\d{1,3}(?:crypt)?|hex|base64|escape)'\Z",
    re.IGNORECASE,
)
# Calls within calls; each would be read with all that stands in it.
NESTED, FAR = 8, 4_000


def argument_list(text: str, at: int, end: int) -> Iterator[tuple[int, int]]:
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


def literals_in(text: str, start: int, end: int) -> Iterator[Span]:
    """Give the literals of an expression; one of more characters than anyone writes is hidden as a whole."""
    if end - start > FAR:
        yield Span(start, end)
        return
    first = start
    while sign := SPECIAL.search(text, start, end):
        start = sign.end()
        if sign[0] not in "(),;" and (found := literal(text, sign.start())):
            if not ALGORITHM.search(text, max(first, sign.start() - 20), found.after) and secret(
                text, found.start, found.end
            ):
                yield Span(found.start, found.end)
            start = max(start, found.after)


def calls_in(text: str, low: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the arguments that are secrets of the functions in this part of the text."""
    for anchor in FUNCTIONS:
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
                # No statement that anyone wrote: all of it goes.
                at = min(end, line_end(text, call.end()))
                yield call.end(), at
                continue
            arguments = [each for _, each in zip(range(8), argument_list(text, call.end(), stop), strict=False)]
            if name == "set_config" and not NAME.search(low, *arguments[0]):
                continue
            edge = max(edge, arguments[-1][1] if arguments else at)
            for position in POSITIONS.get(name, (1, 2)):
                yield from arguments[position : position + 1]


def columns_in(text: str, low: str, start: int, end: int) -> Iterator[tuple[int, int]]:
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
            for index, argument in enumerate(argument_list(text, place + 1, stop)):
                last = argument[1]
                if index in wanted:
                    yield argument
            following = re.compile(r"\)\s*,\s*(?=\()").match(low, last, stop)
            place = following.end() if following else len(low)
