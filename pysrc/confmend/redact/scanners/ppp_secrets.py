"""Secrets of pppd's chap-secrets and pap-secrets: `client server secret addresses`, below a line that says so.

Its words are parted by blanks, and one with a blank in it is quoted (pppd(8)). Any four words in a row look like that,
so such lines are read only behind the file's name, or behind the comment that every such file begins with.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import secret

# "# client server secret IP addresses", "# Secrets for authentication using CHAP", `cat /etc/ppp/chap-secrets`.
HEAD = re.compile(
    r"(?:\b(?:cat|less|more|vim?|nano|head|tail|sudoedit)|==>|\*\*\*|^#)[ \t][^\n#]{0,80}?"
    r"(?:chap|pap|srp)-secrets\b[^\n:]{0,20}$|#[ \t]*client[ \t]+(?:server|\*)[ \t]+secret|"
    r"#[ \t]*secrets for authentication using (?:m?s-?)?(?:chap|pap)",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = r"(?:\"(?:[^\"\\\n]|\\.){0,256}\"|'[^'\n]{0,256}'|(?:[\w*@.-]|\\.)\S{0,256})"
ENTRY = re.compile(
    rf"(?:#[ \t]*)?{_WORD}[ \t]+{_WORD}[ \t]+"
    r"(?:\"((?:[^\"\\\n]|\\.){0,256})\"|'([^'\n]{0,256})'|([^\s\"'#]\S{0,256}))"
    r"((?:[ \t]+(?:\*|-|!?[0-9A-Fa-f.:]+(?:/[0-9]+)?|[\w.-]+\.[\w.-]+|\"\*?\"))*)[ \t\r]*(?:#.*)?$",
    re.MULTILINE,
)
BLANK = re.compile(r"[ \t\r]*(?:#.*)?$", re.MULTILINE)


def find(text: str) -> Iterator[Span]:
    """Give the third word of every line up to one that is no such line."""
    at = 0
    while head := HEAD.search(text, at):
        at = head.end()
        while (newline := text.find("\n", at)) >= 0:
            at = newline + 1
            if entry := ENTRY.match(text, at):
                # A comment is one only if nothing says that it is an entry that was switched off.
                group = next(group for group in (1, 2, 3) if entry[group] is not None)
                if (text[at] != "#" or entry[4]) and (span := secret(text, *entry.span(group))):
                    yield span
            elif not BLANK.match(text, at):
                break


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a secret of pppd's",
    # Each with the word that is looked for already.
    anchors=(
        ("secret", re.compile(r"(?:chap|pap|srp)-secrets|client[ \t]+(?:server|\*)[ \t]+secret|using m?s?-?c?h?pap")),
    ),
    examples=(
        Example(
            "# Secrets for authentication using CHAP\n# client\tserver\tsecret\tIP addresses\napp * qq11zz *\n"
            '"DOM\\\\eve"\tvpn\t"ww 22"\t10.0.0.2\n#bob vpn rr33 10.0.0.3\n',
            hidden=("qq11zz", "ww 22", "rr33"),
        ),
        Example("$ sudo cat /etc/ppp/pap-secrets\n\napp\tvpn\tqq11zz\n", hidden=("qq11zz",)),
        Example("client server secret address\napp * vpn *\n# secrets of the app below\napp vpn qq11zz\n"),
        Example("pppd: cannot open /etc/ppp/chap-secrets: no such file\nmodem hangup detected\n"),
        Example("# see /etc/ppp/chap-secrets\nnet.ipv4.ip_forward = 1\n"),
    ),
)
