"""What Ansible's vault holds: encrypted, but with a passphrase that somebody chose, which can be tried out."""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span

HEAD = re.compile(r"\$ANSIBLE_VAULT;[0-9.]{1,5};AES(?:256)?(?:;[\w.-]{1,60})?[ \t\r]*(?:\n|\\n)")
BODY = re.compile(r"[ \t]*([0-9a-f]{2,200})[ \t\r]*(?:\n|\\n|\"|\Z)")


def find(text: str) -> Iterator[Span]:
    """Give the lines of digits behind the vault's heading."""
    for head in HEAD.finditer(text):
        at = head.end()
        while line := BODY.match(text, at):
            yield Span(*line.span(1))
            at = line.end()


SCANNER = Scanner(
    label="vault",
    find=find,
    reason="a secret that is encrypted with a passphrase, which can be tried out",
    anchors=("$ansible_vault;",),
    examples=(
        Example(
            "$ANSIBLE_VAULT;1.1;AES256\n6231336539366234\n3061393464336163\n",
            hidden=("6231336539366234", "3061393464336163"),
        ),
        Example(
            "dsn: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;prod\n  6231336539366234\nport: 5432\n",
            hidden=("6231336539366234",),
        ),
        Example("$ANSIBLE_VAULT;1.1;AES256\nno digits here\nabcdef01\n"),
    ),
)
