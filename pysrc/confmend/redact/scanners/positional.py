"""Passwords that a command takes by their place: `rabbitmqctl add_user u x`, `htpasswd -b f u x`, `sqlplus u/x@h`."""

import re
from collections.abc import Iterator

from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, open_quotes, secret, unescaped

OPTIONS = r"(?:[ \t]+-[\w-]{1,30}(?:[= \t]+[^\s-]\S{0,60})?){0,6}"
WORD = r"[ \t]+[^\s|;&<>]{1,255}"
# The command, and what stands before the password.
COMMANDS = {
    "add_user": re.compile(rf"rabbitmqctl{OPTIONS}[ \t]+add_user{WORD}[ \t]+"),
    "change_password": re.compile(rf"rabbitmqctl{OPTIONS}[ \t]+change_password{WORD}[ \t]+"),
    "htpasswd": re.compile(rf"htpasswd(?=[^\n|;&]{{0,60}}[ \t]-\w{{0,6}}b){OPTIONS}{WORD}{WORD}[ \t]+"),
    "alias set": re.compile(rf"\bmc(?:li)?{OPTIONS}[ \t]+alias[ \t]+set{WORD}[ \t]+https?://\S{{1,255}}{WORD}[ \t]+"),
    "config host add": re.compile(
        rf"\bmc(?:li)?{OPTIONS}[ \t]+config[ \t]+host[ \t]+add{WORD}[ \t]+https?://\S{{1,255}}{WORD}[ \t]+"
    ),
    "ConvertTo-SecureString": re.compile(
        r"ConvertTo-SecureString(?:[ \t]+-(?:String|AsPlainText|Force)){0,3}[ \t]+(?=[\"'])"
    ),
    "sqlplus": re.compile(r"sqlplus(?:[ \t]+-[A-Za-z]{1,8}){0,4}[ \t]+[\"']?[\w.$#-]{1,64}/"),
    "expdp": re.compile(r"expdp[ \t]+[\"']?[\w.$#-]{1,64}/"),
    "impdp": re.compile(r"impdp[ \t]+[\"']?[\w.$#-]{1,64}/"),
}
ORACLE = ("sqlplus", "expdp", "impdp")
BARE = re.compile(r"[^\s|;&<>\"'`]+")
BEFORE_HOST = re.compile(r"[^\s\"'/]+(?=@)|[^\s\"'@]+")
VARIABLE = re.compile(r"\$\{?\w{1,60}\}?")
FAR = 400


def find(text: str) -> Iterator[Span]:
    """Give the passwords at such places."""
    for word, shape in COMMANDS.items():
        at = 0
        while (at := text.find(word, at)) >= 0:
            start, at = max(0, at - 100, text.rfind("\n", max(0, at - 100), at) + 1), at + len(word)
            end = min(line_end(text, at), at + FAR)
            command = shape.search(text, start, end)
            if command is None:
                continue
            value = command.end()
            bare = (BEFORE_HOST if word in ORACLE else BARE).match(text, value, end)
            first, last = quoted(text, value, end, open_quotes(text, value)) or (
                bare.span() if bare else (value, value)
            )
            if not VARIABLE.fullmatch(text, first, last) and (span := secret(text, first, last)):
                yield span
            at = max(at, last)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands where this command takes a password",
    meaning=unescaped,
    anchors=tuple(map(str.lower, COMMANDS)),
    lines=1,
    examples=(
        Example(
            "rabbitmqctl add_user app qq11zz\nrabbitmqctl -n r change_password app 'ww 22'\n",
            hidden=("qq11zz", "ww 22"),
        ),
        Example("htpasswd -bc /etc/nginx/users app qq11zz\n", hidden=("qq11zz",)),
        Example('ConvertTo-SecureString "qq11zz" -AsPlainText -Force', hidden=("qq11zz",)),
        Example("mc alias set s3 https://minio:9000 app qq11zz\n", hidden=("qq11zz",)),
        Example("sqlplus -S scott/qq11zz@//h:1521/x @f.sql\nexpdp scott/ww22 full=y\n", hidden=("qq11zz", "ww22")),
        Example("rabbitmqctl list_users\nhtpasswd /etc/nginx/users app\nsqlplus / as sysdba\nmc alias set s3\n"),
        Example("rabbitmqctl add_user app $PW\nuse sqlplus or expdp for it\nConvertTo-SecureString $pw -AsPlainText\n"),
    ),
)
