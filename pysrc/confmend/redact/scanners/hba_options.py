"""Secrets among the options of pg_hba.conf, and of the LDAP clients beside it: sssd, nslcd, pam_ldap, slapd.

`ldapbindpasswd=x`, where either the value or the whole pair may be in quotes, and `radiussecrets="a,b"`, a list.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, secret

NAMES = ("ldapbindpasswd", "radiussecret", "authtok", "bindpw", "rootpw", "rootpwmodpw")
VALUE = re.compile(r"s?(?:[ \t]*[=:]{1,2}[ \t]*|[ \t]+)(?=\S)")
QUOTED = re.compile(r"\"([^\"\n]*)\"?")
LIST_PIECE = re.compile(r"[^\s,](?:[^,\n]*[^\s,])?")
BARE_STOP = re.compile(r"[\s\"#]")
BLANKS = " \t\n#;\"'"


def _value(text: str, name: int, at: int, hba: bool) -> tuple[int, int]:
    """Where the value stands that begins at ``at``."""
    end = line_end(text, at)
    if quoted := QUOTED.match(text, at, end):
        return quoted.span(1)
    if hba and text[name - 1 : name] == '"':
        close = text.find('"', at, end)
        return at, close if close >= 0 else end
    if hba:
        stop = BARE_STOP.search(text, at, end)
        return at, stop.start() if stop else end
    return at, at + len(text[at:end].rstrip())


def find(text: str) -> Iterator[Span]:
    """Give the values of these options."""
    for name in NAMES:
        at = 0
        while (at := text.find(name, at)) >= 0:
            start = at
            at += len(name)
            hba = name in NAMES[:2]
            value = VALUE.match(text, at)
            before = text[start - 1] if start else "\n"
            if value is None or (hba and "=" not in value[0]):
                continue
            if not hba and before not in BLANKS and not text.startswith("ldap_default_", start - 13):
                continue
            if not hba and "=" not in value[0] and ":" not in value[0] and _is_prose(text, start):
                continue
            first, last = _value(text, start, value.end(), hba)
            for piece in LIST_PIECE.finditer(text, first, last) if name == "radiussecret" else ():
                if span := secret(text, *piece.span()):
                    yield span
            if name != "radiussecret" and (span := secret(text, first, last)):
                yield span
            at = max(at, last)


def _is_prose(text: str, start: int) -> bool:
    """Whether something but a comment sign stands before the option on its line."""
    line = text.rfind("\n", max(0, start - 80), start) + 1
    return bool(text[max(line, start - 80) : start].strip(BLANKS))


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a secret among the options of pg_hba.conf or of an LDAP client",
    anchors=NAMES,
    lines=1,
    examples=(
        Example("host all all 10.0.0.0/8 ldap ldapserver=h ldapbindpasswd=qq11zz ldapport=389", hidden=("qq11zz",)),
        Example('host all all ::/0 ldap ldapbindpasswd="qq 11 #zz" ldapserver=h', hidden=("qq 11 #zz",)),
        Example('host all all ::/0 ldap "ldapbindpasswd=qq 11 zz" ldapserver=h', hidden=("qq 11 zz",)),
        Example('radius radiusservers="a,b" radiussecrets="qq11zz, ww22xx"', hidden=("qq11zz", "ww22xx")),
        Example("ldap_default_authtok = qq 11zz\nldap_default_authtok_type = password\n", hidden=("qq 11zz",)),
        Example("binddn cn=app,dc=x\nbindpw qq11zz\n", hidden=("qq11zz",)),
        Example("rootpwmoddn cn=admin\nrootpwmodpw qq11zz\n", hidden=("qq11zz",)),
        Example("olcRootDN: cn=admin\nrootpw\tqq11zz\n", hidden=("qq11zz",)),
        Example('host all all ::/0 ldap ldapbinddn="cn=a" ldapserver=h ldapprefix="cn="\n'),
        Example("ldap_default_authtok_type = password\nthe option bindpw is wrong\nradiussecrets\n"),
    ),
)
