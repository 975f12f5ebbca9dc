"""What stands in a sentence where a password would: "the password for app is hunter2", "login: app / hunter2".

"The password is required" says something about one and "the password is hunter2" tells it: a value with a digit or a
sign inside is no word of a language. Words stay, and so do numbers with what they count, dates, paths, variables, and
the names of methods.
"""

import re
from collections.abc import Iterator, Sequence

from confmend.redact.keys import ABROAD
from confmend.redact.values import line_end, line_start

STEMS = ("pass", "pw", *ABROAD)
_PASSWORD = (
    r"(?:(?<![^\W_])(?:pass(?:word|wort|wd|phrase|code|e)?|pwd?|kennwort|contrase(?:ñ|n\u0303?)a|senha|has[łl]o|parola|"
    r"[sş]ifre|пароль)|密码|密碼|口令|パスワード|비밀번호)"
)
_WHOSE = (
    r"(?:[ \t]+(?:for|of|to|on|für|von|de|del|da|do|du|para|pour|для|от)"
    r"(?:[ \t]+(?:the|our|this|user|role|login|account|database|db|server|der|den|dem|die|das|la|el|le))?"
    r"[ \t]+[\w.@\"'`*-]{1,60})"
)
_IS = (
    r"(?:(?:[ \t]+(?:is|was|are|ist|war|lautet|es|est|era|é|è|это)(?:[ \t]+(?:now|still|just|currently|jetzt))?)"
    r"(?=[ \t:])|[ \t]*(?:是|为|は|：))"
)
_SET_TO = r"[ \t]+(?:(?:was|is|has[ \t]+been|been)[ \t]+)?(?:re)?(?:set|changed|updated)[ \t]+to(?=[ \t])"
# A sign right behind the word is keyed.py's.
TELLS = re.compile(
    rf"{_PASSWORD}(?:{_WHOSE}?(?:{_SET_TO}|{_IS})[ \t]{{0,3}}(?P<is>:?)|"
    rf"{_WHOSE}[ \t]{{0,3}}(?P<sign>[:=—–])(?=[ \t]))[ \t]*",
    re.IGNORECASE,
)
TO = re.compile(rf"{_PASSWORD}{_WHOSE}?[ \t]+to[ \t]+", re.IGNORECASE)
CHANGES = re.compile(
    r"(?<![^\W_])(?:(?:re)?set|chang(?:e|ed|ing)|updated?|rotated?)[ \t]+(?:[\w'’.]{1,30}[ \t]+){0,3}\Z", re.IGNORECASE
)
AFTER_WITH = re.compile(
    rf"{_PASSWORD}[ \t]{{1,20}}(?=[^\s\"'`]{{4,100}}[.,;!)]{{0,2}}[ \t\r]{{0,99}}$)", re.IGNORECASE | re.MULTILINE
)
WITH = re.compile(
    r"(?<![^\W_])(?:with|and|use|using|und|mit|con|avec|com)[ \t]{1,20}(?:the[ \t]{1,20})?\Z", re.IGNORECASE
)
# What a line holds that tells a password after its word: in lower case, what is beyond Latin-1 as question marks. Each
# begins with one character, which `re` finds faster than a set of them.
_SAYS = r"(?:is|was|are|ist|war|lautet|es|est|era|é|è|to|for|of|on|für|von|de|del|da|do|du|para|pour)[ \t:]"
_LAST = r"[ \t]{1,20}[^\s\"'`]{1,120}[ \t\r]{0,99}$"
_JOINS = ("with", "and", "use", "using", "und", "mit", "con", "avec", "com")
IN_LINE = re.compile(
    "|".join(
        (
            *(f" {_SAYS}", f"\t{_SAYS}", r"\?", rf"passw[a-z]{{2,8}}{_LAST}"),
            *(rf"{word}[ \t]{{1,20}}(?:the[ \t]{{1,20}})?[\w?]{{1,20}}{_LAST}" for word in _JOINS),
        )
    )
)
SLASH = " / "
# `user app / hunter2`, `credentials: app/hunter2`.
LOGIN = re.compile(
    r"(?<![^\W_])(?:user(?:name)?|log[io]n|(?P<sure>cred(?:ential)?s?)|account|benutzer|usuario|usuário|utilisateur)"
    r"(?:[ \t]+(?:is|are))?[ \t]{0,3}(?::[ \t]*|[ \t])(?P<tick>[\"'`]?)[A-Za-z_][\w.@+-]{0,63}(?P=tick)[ \t]{0,3}\Z",
    re.IGNORECASE,
)
IN_LOGIN = re.compile(r"user|log[io]n|cred|account|benutzer|usu[aá]rio|utilisateur")
# Behind a word that is not of Latin letters.
GOES_ON = ("", " ", "\t", "是", "为", "は")
MOST_SLASHES = 4
LOOK_BACK, NEAR = 120, 70

QUOTED = re.compile(
    r"(?:\*\*)?(?:([\"'`])((?:(?!\1)[^\n]){1,100})\1|[“„]([^“”\n]{1,100})[”“]|«[ \xa0]?([^»\n]{1,100})»)"
)
BARE = re.compile(r"(?:\*\*)?([^\s\"'`“”„«»]{1,200})")
WORDS = re.compile(r"[^\W\d_]+(?:['’/,._-]+[^\W\d_]+)*(?:\(\))?")
NAMED = re.compile(
    r"v?\d[\d.,:/+-]*(?:%|[a-z]{1,2}|bits?|bytes?|chars?|days?)?|\d+-[a-z]+|\d+/(?:tcp|udp)|\d{4}-\d\d-\d\d\S*|[0-9]+(?:st|nd|rd|th)|"
    r"[~.]{0,2}/\S*|[<\[(].*|%\w*%?|\$(?-i:[A-Z0-9_]+)|\$[a-z_]+\W*\w?|[A-Z]<.*>|[$&]?[{(].*|[*x•.…#_?-]+|[a-z][a-z0-9+]{1,12}://\S*|\w+\([^)]*\)?|"
    r"\w+\.(?:conf|ya?ml|json|ini|env|txt|ts|js|py|sql)|[a-z_]{1,30}=\S*|[\w-]*_hidden|"
    r"(?:s?sha|md|aes|base|utf|argon|pbkdf|scram-sha|ssha|tls|ssl|krb|ipv|http|rfc|postgres|ed)v?-?[0-9][\w./-]*",
    re.IGNORECASE,
)
ESCAPED = re.compile(r"\\+[nrt]|(?<=null)[):]|(?<=true)[):]|(?<=false)[):]", re.IGNORECASE)
COUNTED = re.compile(
    r"[ \t]+(?:(?:or|and|to|of|more)[ \t]+)?(?:characters?|chars?|bytes?|bits?|digits?|letters?|symbols?|days?|weeks?|"
    r"months?|years?|hours?|minutes?|seconds?|times?|attempts?|words?|long|or|and|zeichen|stellen|caract\w+)\b",
    re.IGNORECASE,
)
ENDS = re.compile(r"[.;,!)*]{0,3}[ \t\r]*$", re.MULTILINE)
_SAID = (
    "required optional missing wrong invalid incorrect expired empty set unset okay correct unknown hidden redacted "
    "blank null none masked stored hashed encrypted true false default needed ignored same different here there below "
    "above following this that weak strong secret public changed reset nothing plain fine good password accepted "
    "rejected mandatory random generated trust peer cleartext plaintext visible hash text string character value "
    "falsch richtig leer abgelaufen erforderlich incorrecta requerida obligatoria requis obligatoire unchanged "
    "compromised protected disabled enabled supported deprecated confidential sensitive varchar boolean"
)
SAID = frozenset(_SAID.split())


def mixed(word: str) -> bool:
    """Whether a word has capitals inside, as few words of a sentence have: a name of a program, or a password."""
    return len(word) >= 6 and word.isalpha() and not (word.islower() or word.isupper() or word[1:].islower())


def told(text: str, low: str, stems: Sequence[str] = STEMS) -> Iterator[tuple[int, int, bool]]:
    """Yield where sentences tell a password, and whether it is one for sure; ``low`` is the text in lower case."""
    for stem in stems:
        at = low.find(stem)
        end = -1
        while at >= 0:
            end = line_end(text, at) if at > end else end
            after = at + len(stem)
            value = _value(text, at, end) if stem.isascii() or low[after : after + 1] in GOES_ON else None
            if value and value[0] < value[1]:
                yield value
            at = low.find(stem, max(after, value[1] if value else 0))
    yield from _logins(text, low)


def _value(text: str, at: int, end: int) -> tuple[int, int, bool] | None:
    if tells := TELLS.match(text, at, end):
        return _read(text, tells.end(), end, bool(tells["is"] or tells["sign"]))
    before = max(at - NEAR, line_start(text, at))
    if (to := TO.match(text, at, end)) and CHANGES.search(text, before, at):
        return _read(text, to.end(), end, False)
    if (after := AFTER_WITH.match(text, at, end)) and (WITH.search(text, before, at) or _alone(text, at, before)):
        return _read(text, after.end(), end, False)
    return None


def _alone(text: str, at: int, before: int) -> bool:
    """Whether the line holds the word and one more: `password x`, as in Fluentd's and many other programs' files."""
    return not text[before:at].strip(" \t") and text[at : at + 5].lower() == "passw"


def _logins(text: str, low: str) -> Iterator[tuple[int, int, bool]]:
    """Yield what stands behind the slash of a login."""
    done = tried = 0
    for slash in (SLASH, "/") if "cred" in low else (SLASH,):
        at = low.find(slash)
        while at >= 0:
            end = line_end(text, at)
            if at >= done:
                done, tried = end, 0
            tried += 1
            login = LOGIN.search(text, max(at - LOOK_BACK, line_start(text, at)), at)
            if login and (slash == SLASH or login["sure"]):
                first, last, sure = _read(text, at + len(slash), end, False)
                if sure and "/" not in text[first : last + 3]:
                    yield first, last, True
            at = low.find(slash, end if tried == MOST_SLASHES else at + len(slash))
        done = 0


def _read(text: str, at: int, end: int, announced: bool) -> tuple[int, int, bool]:
    """Where the value of a sentence stands, and whether it is one; with a colon before it, a word at the end is one."""
    if found := QUOTED.match(text, at, end):
        group = found.lastindex or 0
        value = found[group]
        return (*found.span(group), value.lower() not in SAID)
    if not (bare := BARE.match(text, at, end)):
        return at, at, False
    first = bare.start(1)
    value = bare[1].rstrip(".,;:*")
    value = value.rstrip(")").rstrip(".") if "(" not in value else value
    last = first + len(value)
    ends = ENDS.match(text, last, end) is not None
    # In a string of JSON or of a log the line ends with an escape; and of SQL `IS NULL` may stand in brackets.
    word = ESCAPED.split(value, maxsplit=1)[0].rstrip("!?$\\.")
    if word.isdigit():
        return first, last, ends and len(word) >= 4
    if len(word) < 4 or word.lower() in SAID or NAMED.fullmatch(word):
        return first, last, False
    if WORDS.fullmatch(word):
        return first, last, announced and ends and word.isalpha()
    return first, last, not (word[0].isdigit() and COUNTED.match(text, last, end))
