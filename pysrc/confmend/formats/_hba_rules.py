"""What a server refuses in a rule of pg_hba.conf, in its own words, and which field is which.

Source: src/backend/libpq/hba.c, parse_hba_line and parse_hba_auth_opt, of 18. What depends on how a server was built
(LDAP, PAM, GSSAPI, SSL) is not refused here; nor is what depends on another file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from confmend.formats._hba_tokens import Field

TYPES = ("local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc")
METHODS = (
    *("trust", "reject", "scram-sha-256", "md5", "password", "gss", "sspi", "ident", "peer", "ldap", "radius", "cert"),
    *("pam", "bsd", "oauth"),
)
_MAPPED = ("ident", "peer", "gss", "sspi", "cert", "oauth")
_OPTIONS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "map": (_MAPPED, "ident, peer, gssapi, sspi, cert, and oauth"),
    **dict.fromkeys(("pamservice", "pam_use_hostname"), (("pam",), "pam")),
    **dict.fromkeys(
        (
            *("ldapurl", "ldaptls", "ldapscheme", "ldapserver", "ldapport", "ldapbinddn", "ldapbindpasswd"),
            *("ldapsearchattribute", "ldapsearchfilter", "ldapbasedn", "ldapprefix", "ldapsuffix"),
        ),
        (("ldap",), "ldap"),
    ),
    **dict.fromkeys(("krb_realm", "include_realm"), (("gss", "sspi"), "gssapi and sspi")),
    **dict.fromkeys(("compat_realm", "upn_username"), (("sspi",), "sspi")),
    **dict.fromkeys(("radiusservers", "radiusports", "radiussecrets", "radiusidentifiers"), (("radius",), "radius")),
    **dict.fromkeys(("issuer", "scope", "validator", "delegate_ident_mapping"), (("oauth",), "oauth")),
}
_CLIENT = {"clientcert": ("verify-ca", "verify-full"), "clientname": ("CN", "DN")}
_C_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields of a rule by their names, an option's as ``options/NAME``; ``problem`` is the server's complaint.

    They come in the order of the line, an option given twice too. ``is_torn``: it is not known which field is which.
    """

    parts: Sequence[tuple[str, Field]]
    problem: str = ""
    is_torn: bool = False


def reading(fields: Sequence[Field]) -> Reading:
    """Read the fields of one line that is no comment and no include."""
    parts: dict[str, Field] = {"type": fields[0]}
    rest = list(fields[1:])
    problem = _fields(fields, rest, parts)
    if problem:
        return Reading((), problem, is_torn=True)
    kind, method = parts["type"].first.text, parts["method"].first.text
    options = [(name, field) for each in rest for name, field in _options(each)]
    problems = [_fit(kind, method), *(_option(kind, method, field.first.text) for _, field in options)]
    problem = next((each for each in problems if each), "") or _missing(method, {name for name, _ in options})
    named = [(f"options/{name}", field) for name, field in options if "=" in field.first.text]
    return Reading((*parts.items(), *named), problem)


def _fields(fields: Sequence[Field], rest: list[Field], parts: dict[str, Field]) -> str:
    """Name the fields up to the method, and return why they can't be named."""
    if len(fields[0].tokens) > 1:
        return "multiple values specified for connection type"
    kind = fields[0].first.text
    if kind not in TYPES:
        return f'invalid connection type "{kind}"'
    for name, called in (("database", "database specification"), ("user", "role specification")):
        if not rest:
            return f"end-of-line before {called}"
        parts[name] = rest.pop(0)
    if kind != "local":
        problem = _address(rest, parts)
        if problem:
            return problem
    if not rest:
        return "end-of-line before authentication method"
    field = parts["method"] = rest.pop(0)
    if len(field.tokens) > 1:
        return "multiple values specified for authentication type"
    return "" if field.first.text in METHODS else f'invalid authentication method "{field.first.text}"'


def _address(rest: list[Field], parts: dict[str, Field]) -> str:
    if not rest:
        return "end-of-line before IP address specification"
    field = parts["address"] = rest.pop(0)
    if len(field.tokens) > 1:
        return "multiple values specified for host address"
    text = field.first.text
    if not field.first.quoted and text in ("all", "samehost", "samenet"):
        return ""
    host, slash, bits = text.partition("/")
    family = _family(host)
    if slash:
        if not family:
            return f'specifying both host name and CIDR mask is invalid: "{text}"'
        if not re.fullmatch(r"\s*[-+]?[0-9]{1,9}", bits) or not 0 <= int(bits) <= (32 if family == 4 else 128):
            return f'invalid CIDR mask in address "{text}"'
        return ""
    if not family:
        return ""
    if not rest:
        return "end-of-line before netmask specification"
    mask = parts["mask"] = rest.pop(0)
    if len(mask.tokens) > 1:
        return "multiple values specified for netmask"
    found = _family(mask.first.text)
    if not found:
        return f'invalid IP mask "{mask.first.text}": Name or service not known'
    return "" if found == family else "IP address and mask do not match"


def _family(text: str) -> int:
    """Return 4 or 6 for a numeric address as getaddrinfo takes it, 0 for a name."""
    if ":" in text:
        import ipaddress  # few files need it

        try:
            ipaddress.IPv6Address(text)
        except ValueError:
            return 0
        return 6
    parts = text.split(".")
    if not 1 <= len(parts) <= 4 or not all(_C_NUMBER.fullmatch(part) for part in parts):
        return 0
    try:
        numbers = [int(part, 16 if part[:2] in ("0x", "0X") else 8 if part[0] == "0" else 10) for part in parts]
    except ValueError:
        return 0
    fits = all(number < 256 for number in numbers[:-1]) and numbers[-1] < 256 ** (5 - len(parts))
    return 4 if fits else 0


def _fit(kind: str, method: str) -> str:
    if kind == "local" and method == "gss":
        return "gssapi authentication is not supported on local sockets"
    if kind != "local" and method == "peer":
        return "peer authentication is only supported on local sockets"
    if kind != "hostssl" and method == "cert":
        return "cert authentication is only supported on hostssl connections"
    return ""


def _options(field: Field) -> Iterator[tuple[str, Field]]:
    """Yield the options of a field, usually one, by their names; one of several has two tokens, its own first."""
    for token in field.tokens:
        listed = field.tokens[:1] if len(field.tokens) > 1 else ()
        yield token.text.partition("=")[0], Field((token, *listed), field.start, field.end)


def _option(kind: str, method: str, text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals:
        return f"authentication option not in name=value format: {text}"
    if kind == "local" and method == "ident":
        # It means peer there.
        method = "peer"
    if name in _CLIENT:
        if kind != "hostssl":
            return f'{name} can only be configured for "hostssl" rows'
        if value not in _CLIENT[name]:
            return f'invalid value for {name}: "{value}"'
        if method == "cert" and value == "verify-ca":
            return 'clientcert only accepts "verify-full" when using "cert" authentication'
        return ""
    if name not in _OPTIONS:
        return f'unrecognized authentication option name: "{name}"'
    methods, said = _OPTIONS[name]
    if method not in methods:
        return f'authentication option "{name}" is only valid for authentication methods {said}'
    if name in ("ldapport",) and not re.fullmatch(r"\s*[-+]?0*[1-9][0-9]*.*", value, re.DOTALL):
        return f'invalid LDAP port number: "{value}"'
    return ""


def _missing(method: str, has: Collection[str]) -> str:
    needed = {
        "ldap": () if "ldapurl" in has or "ldapscheme" in has else ("ldapserver",),
        "radius": ("radiusservers", "radiussecrets"),
        "oauth": ("issuer", "scope"),
    }.get(method, ())
    for name in needed:
        if name not in has:
            return f'authentication method "{method}" requires argument "{name}" to be set'
    return ""
