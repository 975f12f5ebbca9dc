"""Passwords that are printed into a command that reads one: `echo x | docker login --password-stdin`, `<<< x`."""

import re
from collections.abc import Iterator

from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_start, secret, unescaped

READS = (
    r"(?:--password-stdin|--passphrase-fd|--with-token|sudo[ \t]+(?:-[\w-]+[ \t]+){0,4}-\w{0,4}S\b|passwd[ \t]+--stdin"
    r"|(?<=[| \t])passwd[ \t]+[\w.-]{1,32}[ \t]*(?=[\r\n;&]|$)"
    r"|-pass(?:in|out)?[ \t]+(?:stdin|fd:0)|cryptsetup\b|kinit\b|smbpasswd\b|vault[ \t]+login"
    r"|--pwfile=/dev/stdin|\bsu\b[ \t]+-)"
)
WORDS = r"(?:'[^'\n]{0,200}'|\"(?:[^\"\\\n]|\\.){0,200}\"|\\.|[^|'\"\\\n]){1,300}"
PRINTED = re.compile(
    rf"\b(?:echo|printf)(?:[ \t]+-[neE]{{1,3}})*(?:[ \t]+(?:'%s(?:\\n)?'|\"%s(?:\\n)?\"|%s))?[ \t]+"
    rf"(?=({WORDS})\|[^|\n]{{0,200}}?{READS})"
)
HERE = re.compile(rf"{READS}[^|\n<]{{0,200}}<<<[ \t]*(?=(\S[^|\n]{{0,300}}))")
VARIABLE = re.compile(r"[\"']?(?:\$\{?\w{1,60}\}?|\$\([^()]{1,200}\)|%\w{1,60}%)[\"']?")


def find(text: str) -> Iterator[Span]:
    """Give what is printed there."""
    for pattern in (PRINTED, HERE):
        for match in pattern.finditer(text):
            at, end = match.start(1), match.start(1) + len(match[1].rstrip(" \t\r"))
            if VARIABLE.fullmatch(text, at, end):
                continue
            inside = "".join(quote for quote in "\"'" if text.count(quote, line_start(text, at), at) % 2)
            first, last = quoted(text, at, end, inside) or (at, end)
            if span := secret(text, first, last):
                yield span


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password that a command is given to read",
    meaning=unescaped,
    anchors=(("|", re.compile(r"echo|printf")), "<<<"),
    lines=1,
    examples=(
        Example("echo 'qq 11zz' | docker login --username app --password-stdin reg.example\n", hidden=("qq 11zz",)),
        Example("echo 'qq|11zz' | docker login --password-stdin\n", hidden=("qq|11zz",)),
        Example('echo -e "qq11zz\\nqq11zz" | sudo passwd app\n', hidden=("qq11zz",)),
        Example("echo qq11zz | sudo -S systemctl restart postgresql\n", hidden=("qq11zz",)),
        Example("printf '%s' 'qq11zz' | gpg --batch --passphrase-fd 0 -d f.gpg | tar x\n", hidden=("qq11zz",)),
        Example('docker login -u app --password-stdin <<< "qq11zz"\n', hidden=("qq11zz",)),
        Example(
            'echo "$PW" | docker login --password-stdin; echo done | tee log; echo x | sudo tee /etc/f\n'
            "echo x | grep passwd /etc/f; echo x | tee passwd\n"
        ),
    ),
)
