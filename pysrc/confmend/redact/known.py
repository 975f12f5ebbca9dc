"""Keys that name a secret and hold none: of statistics, of files, of programs, of a chart; and our own placeholders."""

import re

from confmend.redact.placeholders import holds_issued, without_issued
from confmend.redact.values import line_start

STATISTIC = re.compile(r"pass|.*\.pass[0-9]", re.IGNORECASE)  # `Pass: 12`, FreeBSD's kern.nchstats.pass2

VARIABLE = re.compile(r"[a-z][A-Z]")
PROGRAM = re.compile(r"all authentication tokens|password (?:updated|expiry|changed)|Authentication token")
# In charts of Helm: which Secret of Kubernetes, and which of its keys. What such a name is, these words say.
NAMED_KEYS = ("PasswordKey", "existingSecret", "existingPasswordSecret", "secretKey", "SecretKey", "userPasswordKey")
NAMED = re.compile(
    r"(?:[a-z0-9]{1,20}[-.]){0,8}(?:password|secrets?|token|credentials|auth|pass|creds)(?:[-.][a-z]{1,20}){0,3}"
)
NUMBER = re.compile(r"[0-9]+")
SIZE = re.compile(r"[0-9]+ bytes")
VARIABLE_OF_PSQL = re.compile(r"(['\"]?)[A-Za-z_]\w{0,62}\1[ \t\r]*(?:;|$|[A-Za-z])", re.MULTILINE)
STATEMENT = re.compile(r"\b(?:alter|create)[ \t]+(?:role|user|group)\b|\\set[ \t]", re.IGNORECASE)
TAG = re.compile(r"\[[0-9]{1,10}\]:")
PAM = re.compile(r"pam_\w{1,20}\(\Z")


def stands_for_value(key: str, separator: re.Match[str] | None, between: str) -> bool:
    """Whether it is a placeholder of ours in a value, which a sign follows as in `crypt('X', 'bf')` or `app:X:19000:`.

    In `X = y` and in `X: y` somebody wrote down what it stands for.
    """
    if not holds_issued(key):
        return False
    return bool(without_issued(key)) or separator is None or separator[2] == "," or between == ":"


def known_otherwise(key: str, value: str) -> bool:
    """Whether it is a path, a variable, a count of tokens or tests passed, or a kernel's statistic."""
    if key in ("PWD", "OLDPWD", "pgpass", "PGPASS"):
        return value[:1] in ("/", "~")
    if key == "pool_passwd" and value.endswith("pool_passwd"):
        return True  # the name of pgpool's file
    if key == "passwd" and PROGRAM.match(value):
        return True
    if key.endswith(NAMED_KEYS) and NAMED.fullmatch(value):
        return True
    if value.lstrip("$") == key and VARIABLE.search(key):
        return True  # `let accountKey = accountKey`
    if SIZE.fullmatch(value):
        return True  # as kubectl describes what a Secret holds
    counted = key.lower().endswith(("tokens", "secrets", "passwords", "keys")) or STATISTIC.fullmatch(key) is not None
    return counted and NUMBER.fullmatch(value) is not None


def names_program(text: str, start: int, end: int) -> bool:
    """Whether a log says so which program speaks: `passwd[77]: ` and `pam_unix(passwd:chauthtok): `."""
    if TAG.match(text, end) and text[start:end].islower():
        return True
    return text.startswith("(", start - 1) and PAM.search(text, max(0, start - 25), start) is not None


def names_variable(text: str, start: int, end: int) -> bool:
    """Whether it is a variable of psql: `ALTER ROLE app PASSWORD :'pw'`."""
    return (
        text.startswith(" :", end)
        and VARIABLE_OF_PSQL.match(text, end + 2) is not None
        and STATEMENT.search(text, line_start(text, start), start) is not None
    )
