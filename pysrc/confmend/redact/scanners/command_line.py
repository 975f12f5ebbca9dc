"""Secrets among the arguments of commands: `--password x`, `mysql -px`, `curl -u user:x`, `redis-cli -a x`.

A short option means a password with some commands only, so the command's name is looked for before it on its line.
"""

import re
from collections.abc import Iterator

from confmend.redact.keys import secret_label
from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import BLANK, LOOK_BACK, bare, line_end, open_quotes, secret, unescaped

# A long option needs two dashes, or is PowerShell's or an old one with the word at its end.
OPTION = re.compile(
    r"-(?=[A-Za-z-])(?<![\w\-.]-)(?:(?:-(?=[A-Za-z])"
    r"|(?=[A-Z][A-Za-z]{3}|pass|\w{0,20}(?:password|[sS]ecret|[tT]oken|passphrase|pass)[ \t]))"
    r"([A-Za-z][\w.-]{2,60})[ \t]+(?=[^\s=-]|-[^\s-]{1,3}[0-9])|([upaPwWkKA])[ \t=]{0,4}(?=[^\s=]))"
)
# PostgreSQL's own programs take no value after --password.
NO_VALUE = re.compile(
    r"(?:^|[\s/;|&(\"'])(?:psql|pg_\w+|pgbench|createdb|dropdb|createuser|dropuser|vacuumdb|reindexdb|clusterdb)\b"
)
COMMANDS = {
    "u": re.compile(r"\b(?:curl|smbclient|http|https|xh|rclone|jfrog|ab|etcdctl)\b"),
    "p": re.compile(r"\b(?:mysql\w*|mariadb\w*|xtrabackup|mongo\w*"
                    r"|(?:docker|podman|buildah|skopeo|oc|az|helm)\b.*\blogin|"
                    r"(?i:psexec\w*)|7z\w?|rabbitmqadmin|clickhouse-client|cqlsh|check_pgsql)\b"),
    "a": re.compile(r"\b(?:redis-cli|redis-benchmark|ipmitool)\b"),
    "P": re.compile(r"\b(?:sqlcmd|bcp|osql|ipmitool|zip|unzip|cassandra-stress|msfconsole)\b"),
    "w": re.compile(r"\b(?:ldap(?:search|modify|add|delete|whoami|passwd|compare|modrdn))\b"),
    "W": re.compile(r"\b(?:wpa_\w+|nmcli)\b"),
    "k": re.compile(r"\bopenssl[ \t]+enc\b"),
    "K": re.compile(r"\bopenssl[ \t]+enc\b"),
    "A": re.compile(r"\bsnmp(?:get|walk|set|bulkwalk|bulkget|trap|status)\b"),
}  # fmt: skip
USERS = frozenset(("user", "proxy-user", "userpwd", "login"))
PASS_PHRASE = re.compile(r"-pass(?:in|out)?[ \t]+(?:pass|env):")
UNSEAL = re.compile(
    r"\b(?:operator[ \t]+unseal[ \t]+(?:-\S+[ \t]+)*|[Uu]nseal [Kk]ey [0-9]{1,2}:[ \t]*|login[ \t]+(?=hvs\.))"
    r"([A-Za-z0-9+/=.]{20,200})"
)
# Words that stand for a value in instructions, nothing a server's text would hold.
VARIABLE = re.compile(
    r"\$[A-Za-z_]\w{0,60}|\$[0-9]|%[A-Za-z_]\w{0,60}%|\[[A-Z _]{1,40}\]"
    r"|\$\{\{[^{}]{1,200}\}\}|\$\([^()]{1,200}\)|\{\{[^{}]{1,200}\}\}"
)
FAR = 600
MYSQL = re.compile(r"\b(?:mysql|mariadb)")


def _argument(text: str, at: int, end: int) -> tuple[int, int]:
    """Where an argument stands without its quotes; adjacent quoted pieces are one."""
    inside = open_quotes(text, at)
    found = quoted(text, at, end, inside)
    return found or (at, bare(text, at, end, inside))


def _after_colon(text: str, at: int, end: int) -> tuple[int, int]:
    """The password of `user:password`, quoted as a whole or in parts."""
    first, last = _argument(text, at, end)
    if text[last : last + 2] in ('":', "':"):
        colon = last + 1
    else:
        colon = text.find(":", first, last)
        while colon >= 0 and text[first:colon].count("{") > text[first:colon].count("}"):
            colon = text.find(":", colon + 1, last)
    if colon < 0:
        return at, at
    if colon + 1 == last and text[last : last + 1] in BLANK + "\"'":
        # `curl -u "token:"`: the name is the secret then
        return (first, colon) if colon > first else (at, at)
    if colon + 1 >= last or text[colon + 1 : colon + 2] in ("'", '"'):
        return _argument(text, colon + 1, end)
    return colon + 1, last


def _command_start(text: str, at: int) -> int:
    """Where the command starts: continued lines belong to it."""
    start = text.rfind("\n", 0, at) + 1
    low = max(0, start - FAR)
    while start > low and text[max(low, start - 4) : start].rstrip().endswith("\\"):
        start = text.rfind("\n", low, start - 1) + 1
    return start


def _begins(above: str, _line: str) -> bool:
    """Say whether the line above is not continued."""
    return not above.rstrip().endswith("\\")


def _known(text: str, first: int, last: int) -> bool:
    return VARIABLE.fullmatch(text, first, min(last, first + 300)) is not None if last - first <= 300 else False


def find(text: str) -> Iterator[Span]:
    """Give the values of options that hold a password."""
    end = done = -1
    command = 0
    commands: dict[re.Pattern[str], tuple[int, int]] = {}  # where the first is, if any, and how far was looked

    def before(pattern: re.Pattern[str], place: int) -> bool:
        """Whether that command's name stands before the place in its command; each line is looked at once."""
        found, seen = commands.get(pattern, (-1, command))
        if found < command and seen < end:
            match = pattern.search(text, max(command, seen) if found < 0 else command, end)
            found = match.start() if match else -1
            commands[pattern] = found, end
        return command <= found < place

    for option in OPTION.finditer(text):
        at = option.start()
        if at < done:
            continue
        name = option[1] or option[2]
        if option[1]:
            label = secret_label(name) or ("password" if name.lower() in USERS or name == "pass" else "")
            if not label or name.startswith("no-"):
                continue
        else:
            label = "password"
        if at >= end:
            begun = _command_start(text, at)
            if begun >= end:
                commands.clear()
            command, end = begun, line_end(text, at)
        value = option.end()
        if value >= end:
            continue
        if option[2]:
            if not before(COMMANDS[name], at):
                continue
            glued = text[at + 2] not in BLANK
            if name == "p" and (not glued) and before(MYSQL, at):
                continue  # `mysql -p database`
            if name == "p" and re.match(
                r"[0-9]{1,5}(?::[0-9./a-z:]+)?(?![^\s\"'])|[0-9.]{7,15}:[0-9]", text[value : value + 40]
            ):
                continue  # a port
        elif before(NO_VALUE, at):
            continue
        if VARIABLE.match(text, value, end):
            continue
        if name == "u" or name.lower() in USERS:
            if option[1] and name != "proxy-user" and not before(COMMANDS["u"], at):
                continue
            first, last = _after_colon(text, value, end)
        else:
            first, last = _argument(text, value, end)
        if not _known(text, first, last) and (span := secret(text, first, last, label)):
            yield span
            done = span.end
    for anchor, shape in (("-pass", PASS_PHRASE), ("nseal", UNSEAL)):
        at = 0
        while (at := text.find(anchor, at)) >= 0:
            match = shape.search(text, max(0, at - 20), min(line_end(text, at), at + LOOK_BACK))
            if match:
                first, last = (
                    match.span(1) if match.lastindex else (match.end(), bare(text, match.end(), line_end(text, at), ""))
                )
                if span := secret(text, first, last, "key" if match.lastindex else "password"):
                    yield span
            at += len(anchor)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="an argument of a command that holds a password",
    meaning=unescaped,
    anchors=(re.compile(r"-(?<![\w.-]-)-?[A-Za-z]"), "-pass", "nseal"),
    begins=_begins,
    examples=(
        Example("mysql -u root -pqq11zz app", hidden=("qq11zz",)),
        Example("mysql -u root -p'7q\\'\\''q7q' app", hidden=("7q\\'\\''q7q",)),
        Example("mysql -u root -p'7q\\'\\'',z;7q' app", hidden=("7q\\'\\'',z;7q",)),
        Example("wal-g --password qq11zz --host h", hidden=("qq11zz",)),
        Example("gpg --decrypt --passphrase 'qq 11 zz' f.gpg", hidden=("qq 11 zz",)),
        Example("curl -k -u app:qq11zz https://h/", hidden=("qq11zz",)),
        Example("curl -s --user 'api:qq11zz' https://h/", hidden=("qq11zz",)),
        Example("curl -X POST \\\n  -u app:qq11zz \\\n  https://h/", hidden=("qq11zz",)),
        Example("redis-cli -h h -a qq11zz ping", hidden=("qq11zz",)),
        Example("docker login -u app -p qq11zz reg.example", hidden=("qq11zz",)),
        Example("keytool -list -storepass qq11zz -alias x", hidden=("qq11zz",)),
        Example("etcdctl --user root:qq11zz get x; cqlsh -u c -p ww22xx", hidden=("qq11zz", "ww22xx")),
        Example("psexec \\\\h -u adm -p qq11zz cmd", hidden=("qq11zz",)),
        Example("New-Login -Domain 'h' -Password 'qq11zz@!'", hidden=("qq11zz@!",)),
        Example("openssl rsa -passin pass:qq11zz -in k", hidden=("qq11zz",)),
        Example("vault operator unseal qq11zz22qq11zz22qq11zz22", hidden=("qq11zz22qq11zz22qq11zz22",)),
        Example("psql -p 5432 -U app; docker run -p 5432:5432 pg; ssh -p 2222 h; mysql -p app; mkdir -p /x"),
        Example("pg_dump --password app; tool --password-file /x --no-password y; --password -h h; curl -u app h"),
        Example("gpg --passphrase-fd 0 f; -old_password_encryption = md5; --bypass x"),
        Example("curl -u ${USER}:${PW} h; curl -u $U:$P h; mysql -p$PW app; --token {{ vault.token }}"),
    ),
)
