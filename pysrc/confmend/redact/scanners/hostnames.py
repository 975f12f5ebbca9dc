"""Names of hosts, domains and buckets, where the reader wants them hidden.

A name with a public or internal suffix is found anywhere, a short one where hosts are named: kernel.hostname, host=,
URIs, prompts, syslog, log prefixes, pg_hba.conf, uname. This host, wildcards and the projects' own sites stay.
"""

import re
from collections.abc import Iterator, Sequence

from confmend.redact.contexts import hba_items, hba_lines, prefixes, prompts, uris
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import folded

_KEY = re.compile(
    r"(?:host(?:name)?s?|domainname|nodename|bucket|server(?=[ \t]*=)|data source(?=[ \t]*=))\\?[\"']{0,2}[ \t]*"
    r"(?:=>|:=|=|:)[ \t]*\\?[\"']{0,2}",
    re.IGNORECASE,
)
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62}){0,9}"
_VALUE = re.compile(rf"({_NAME})(?::[0-9]{{1,5}})?(?=[\s,;:\"'\\)\]}}&|/]|$)")
# Nothing but a dot and one of these is looked for, then the name is read backwards from there.
_SUFFIX = re.compile(
    r"\.(?=[A-Za-z]{2,11}(?![\w-]|\.[\w-]))(?:com|net|org|edu|gov|mil|io|dev|cloud|app|tech|info|biz|xyz|online|site|tv|ai|co|eu|"
    r"de|fr|uk|ru|cn|jp|br|nl|ch|at|se|no|fi|dk|cz|pl|es|pt|it|be|us|ca|au|nz|in|kr|mx|ar|cl|ua|tr|gr|hu|ro|sk|ie|il|za|"
    r"local|lan|internal|intranet|intra|corp|home|localdomain|localnet|consul|example|invalid|test)"
    r"(?![\w-]|\.[\w-])",
    re.IGNORECASE,
)
# Words, columns and endings of files more often than a domain of two labels.
_DOUBTFUL = frozenset(
    (
        *("io", "app", "info", "tv", "ai", "co", "no", "at", "be", "in", "it", "is", "us", "pl", "test", "home"),
        *("invalid", "site", "se", "ca", "es", "de", "ar", "to"),
    )
)
_BEFORE = re.compile(rf"(?<![\w.%$@{{-]){_NAME}\Z")
_LONGEST = 254
_SETTING = re.compile(r"[ \t]*=(?!=)")
_PACKAGES = ("com.", "org.", "net.", "io.", "java.", "javax.", "kernel.", "vm.", "fs.", "kern.", "dev.", "user.")
_STAMPED = (
    r"^(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(?:Z|[+-][0-9:]{5}))[ ]"
    rf"({_NAME})(?=[ ]"
)
_SYSLOG = re.compile(rf"{_STAMPED}[\w./@-]{{1,60}}(?:\[[0-9]{{1,10}}\])?:)", re.MULTILINE)
_UNAME = re.compile(rf"^Linux ({_NAME})(?= [0-9]\.)", re.MULTILINE)
_SET_TO = re.compile(rf"[Hh]ostname (?:set )?to <({_NAME})>")
_WITH_PORT = re.compile(rf"(?<![\w.(-])({_NAME})\([0-9]{{2,5}}\)")
_EC2 = re.compile(r"ip(?<![\w.-]ip)(?:-[0-9]{1,3}){4}(?:\.[A-Za-z0-9-]{1,63}){0,9}")
_LETTER = re.compile(r"[A-Za-z]")
_KEPT = frozenset(
    (
        *("localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "localhost.localdomain"),
        *("localhost6.localdomain6", "localdomain", "on", "off", "true", "false", "yes", "no", "null", "none", "nil"),
        *("all", "samehost", "samenet", "unknown", "any", "string"),
    )
)
# Sites of the projects whose words these texts are, and of those who ship them.
_PUBLIC = (
    *("postgresql.org", "pgbouncer.org", "pgpool.net", "enterprisedb.com", "pgbackrest.org", "kernel.org", "gnu.org"),
    *("debian.org", "ubuntu.com", "redhat.com", "centos.org", "fedoraproject.org", "almalinux.org", "rockylinux.org"),
    *(
        "freebsd.org",
        "suse.com",
        "archlinux.org",
        "launchpad.net",
        "github.com",
        "gitlab.com",
        "python.org",
        "docker.io",
    ),
    *(
        "docker.com",
        "freedesktop.org",
        "w3.org",
        "json-schema.org",
        "ietf.org",
        "apache.org",
        "mysql.com",
        "oracle.com",
    ),
    *("microsoft.com", "s3.amazonaws.com", "docs.aws.amazon.com", "stackoverflow.com", "wikipedia.org", "lwn.net"),
)


def rename(written: Sequence[str]) -> Sequence[str | None]:
    """Return legal host names, in one domain where the old ones were; None for one that stays."""
    # Imported at first use: the engine is up without it.
    from confmend.redact.hosts import renamed

    return renamed(written)


def is_public(name: str) -> bool:
    """Say whether a name stands for this host, or is that of a well-known project's site."""
    low = name.lower().rstrip(".")
    return low in _KEPT or (low.endswith(_PUBLIC) and any(low == site or low.endswith("." + site) for site in _PUBLIC))


def _worth(text: str, start: int, end: int) -> Iterator[Span]:
    """Give the span unless it is a number, an address, or a name that stays."""
    name = text[start:end]
    if _LETTER.search(name) and not is_public(name):
        yield Span(start, end)


def _qualified(text: str) -> Iterator[Span]:
    """Give names with a suffix that tells them, wherever they stand."""
    for match in _SUFFIX.finditer(text):
        before = _BEFORE.search(text, max(0, match.start() - _LONGEST), match.start())
        if before is None:
            # An address of mail, or a prompt: the name starts behind the sign.
            sign = text.rfind("@", max(0, match.start() - _LONGEST), match.start())
            if sign < 0 or not re.fullmatch(_NAME, text[sign + 1 : match.start()]):
                continue
            start = sign + 1
        else:
            start = before.start()
        name = text[start : match.end()]
        single = "." not in name[: match.start() - start]
        if single and match[0][1:].lower() in _DOUBTFUL and text[start - 1 : start] != "@":
            continue
        if name.lower().startswith(_PACKAGES) or _SETTING.match(text, match.end()):
            continue
        if single and text[start - 1 : start] == "/" and text[start - 2 : start] != "//":
            continue
        yield from _worth(text, start, match.end())


def _valued(text: str) -> Iterator[Span]:
    """Give the values of keys that name a host, one or several."""
    for key in _KEY.finditer(text):
        before = text[max(0, key.start() - 2) : key.start()].lower()
        if before[-1:].isalnum() and before != "pg":
            continue
        at = key.end()
        while value := _VALUE.match(text, at):
            yield from _worth(text, *value.span(1))
            at = value.end()
            if text[at : at + 1] != ",":
                break
            at += 1 + (text[at + 1 : at + 2] == " ")


def _listed(text: str, start: int, end: int) -> Iterator[Span]:
    """Give the hosts of a URI's authority."""
    at = start
    while at < end and (value := _VALUE.match(text, at)) and value.end() <= end:
        yield from _worth(text, *value.span(1))
        at = value.end()
        if text[at : at + 1] != ",":
            break
        at += 1
        sign = text.find("@", at, min(end, text.find(",", at, end) % (end + 1)))
        at = sign + 1 if sign >= 0 else at


def find(text: str) -> Iterator[Span]:
    """Give every name of a host."""
    from confmend.redact.hosts import LOOK_ALIKE

    yield from _qualified(text)
    yield from _valued(text)
    for uri in uris(text):
        if uri.scheme not in ("file", "unix"):
            yield from _listed(text, uri.hosts, uri.end)
    for prompt in prompts(text):
        yield from _worth(text, *prompt.span("host"))
    for rule in hba_lines(text):
        for start, end in hba_items(text, *rule.span("address")):
            start += text[start] == "."
            if re.fullmatch(_NAME, text[start:end]) and not text.startswith("local", rule.start()):
                yield from _worth(text, start, end)
    for start, end in prefixes(text):
        if text.find("(", start, end) >= 0:
            for match in _WITH_PORT.finditer(text, start, end):
                yield from _worth(text, *match.span(1))
    for pattern in (_SYSLOG, _UNAME, _SET_TO):
        for match in pattern.finditer(text):
            yield from _worth(text, *match.span(1))
    for match in _EC2.finditer(text):
        yield Span(*match.span())
    if "-hidden" in folded(text):
        for match in LOOK_ALIKE.finditer(text):
            yield Span(*match.span())


# What stands in a line with a name, by its shape: there digits are 0 and letters beyond Latin-1 question marks.
_STAMPED_IN_SHAPE = re.compile(rf"{_STAMPED})", re.MULTILINE)
_PROMPT_IN_SHAPE = re.compile(r"^\[?[A-Za-z_][\w.?-]{0,31}@", re.MULTILINE)

SCANNER = Scanner(
    label="host",
    find=find,
    reason="the name of a host, a domain or a bucket",
    level="hostnames",
    rename=rename,
    anchors=(
        *("host", "domainname", "nodename", "bucket", "server", "data source", "://", "linux ", "to <", "ip-"),
        *("-hidden", (".", _SUFFIX), ("(", re.compile(r"\([0-9]{2,5}\)")), _STAMPED_IN_SHAPE, _PROMPT_IN_SHAPE),
    ),
    lines=1,
    examples=(
        Example("kernel.hostname = prod-pg-07\nkernel.domainname = acme.lan", hidden=("prod-pg-07", "acme.lan")),
        Example("primary_conninfo = 'host=stan7,wyk8 port=5432 user=rep'", hidden=("stan7", "wyk8")),
        Example("postgres://app@zeta9:5432,yota8/app?sslmode=require", hidden=("zeta9", "yota8")),
        Example("connection received: host=cl17.acme.example port=51234", hidden=("cl17", "acme")),
        Example("2026-01-02 03:04:05 UTC [7] app@orders cl17web(51234) LOG:  duration: 1 ms", hidden=("cl17web",)),
        Example("[root@prodpg07 ~]# free -m\n", hidden=("prodpg07",)),
        Example("Mar  2 03:14:15 prodpg07 kernel: Out of memory", hidden=("prodpg07",)),
        Example("Linux prodpg07 6.1.0-18-amd64 #1 SMP", hidden=("prodpg07",)),
        Example("hostssl all all .acme.example scram-sha-256", hidden=("acme",)),
        Example("upstream ip-10-20-30-40.eu-west-1.compute.internal down", hidden=("20-30-40",)),
        Example("repo1-s3-bucket=acme-backups\ns3://acme-backups/pg", hidden=("acme-backups",)),
        Example("kernel.hostname = localhost\nlisten_addresses = '*'\nhost=/var/run/postgresql host=10.0.0.5"),
        Example("see https://www.postgresql.org/docs/ and https://github.com/pgbouncer/pgbouncer"),
        Example("host all all samenet md5\nnet.ipv4.conf.all.rp_filter = 1\nkernel.domainname = (none)"),
        Example("SELECT o.id, o.no FROM app.orders o; pg_stat_statements.track = all; /etc/sysctl.d/99-pg.conf"),
    ),
)
