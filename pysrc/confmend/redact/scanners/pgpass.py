"""Passwords in libpq's password file: `hostname:port:database:username:password`, with `\\:` and `\\\\` in a field.

The password is the rest of the line. Times, MAC addresses, lists of hosts and the lines of /etc/passwd have as many
colons; what tells them apart is a port that a server can have, in the second field.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, secret

PORT = re.compile(r":(?:[1-9][0-9]{3,4}|\*):")
FIELD = r"(?:[^\s:\\]|\\.){1,255}"
HOST = re.compile(rf"(?:^|(?<=[\s\"'#`=]))(?:{FIELD}|\[[0-9A-Fa-f:.]{{2,45}}\])$")
REST = re.compile(rf"({FIELD}):({FIELD}):(?=\S)")
# pgpool's pcppass has no database, and mostly its one port.
PCP_REST = re.compile(rf"({FIELD}):(?=\S)")
PCP_PORT = ":9898:"
SHORT_HEX = re.compile(r"[0-9a-fA-F]{1,4}")
SEVERITY = re.compile(r"[ \t]*(?:\[|(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG|DETAIL|HINT|STATEMENT)\b)")
LEADING = " \t#;>|+-"


def find(text: str) -> Iterator[Span]:
    """Give the password of every line of such a file, and of one that a command writes to it."""
    for port in PORT.finditer(text):
        at = port.start()
        low = max(0, at - 300)
        line = max(low, text.rfind("\n", low, at) + 1)
        end = line_end(text, at)
        host = HOST.search(text[line:at])
        rest = REST.match(text, port.end(), end)
        if rest is None and port[0] == PCP_PORT:
            rest = PCP_REST.match(text, port.end(), end)
        if host is None or rest is None:
            continue
        name = host[0]
        before = text[line : line + host.start()]
        quote = before[-1:] if before[-1:] in "\"'`" else ""
        if before.strip(LEADING) and not (quote or "pgpass" in text[line : min(end, line + 500)].lower()):
            continue
        if rest[rest.re.groups].isdigit() or "/" in rest[1] or SEVERITY.match(text, rest.end()):
            continue  # a list of hosts, a line of /etc/passwd, the prefix of a log
        if all(SHORT_HEX.fullmatch(each) for each in (name, *rest.groups())):
            continue  # an address
        if quote and (close := text.find(quote, rest.end(), end)) >= 0:
            end = close
        if span := secret(text, rest.end(), end):
            yield span


def _meaning(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password of a pgpass file",
    meaning=_meaning,
    anchors=(re.compile(r":(?:[0-9]{4,5}|\*):"),),
    lines=1,
    examples=(
        Example("db.example:5432:app:alice:s3cr3t x\n", hidden=("s3cr3t x",)),
        Example("*:*:*:postgres:a\\:b\\\\c7\r\n", hidden=("a\\:b\\\\c7",)),
        Example("\\:\\:1:5433:replication:rep:qq11:zz\n", hidden=("qq11:zz",)),
        Example("[fd00::1]:5432:app:app:qq11zz\n", hidden=("qq11zz",)),
        Example("# old\n#10.0.0.5:6432:app:bob:qq11zz\n", hidden=("qq11zz",)),
        Example("echo 'localhost:5432:*:app:qq11 zz' >> ~/.pgpass", hidden=("qq11 zz",)),
        Example("localhost:9898:pgpool:qq11zz\n", hidden=("qq11zz",)),
        Example("/var/run/postgresql:5432:app:app:qq11zz", hidden=("qq11zz",)),
        Example("127.0.0.1:5432:10.0.0.2:5432:10.0.0.3:5432\n10.0.0.1:5432,10.0.0.2:5432\n"),
        Example("12:34:56:78:ab\n00:1a:2b:3c:4d:5e\nfe80:1:2:3:4:5\nfd00:1000:2:3:4:5:6:7\n"),
        Example("root:x:0:0:root:/root:/bin/bash\nbin:*:17834:0:99999:7:::\ndaemon:*:1:1:System:/:/bin/false\n"),
        Example("2026-01-02T15:04:05.123:app:db:LOG: x\n10.0.0.1:45678:app:bob:LOG:  connection received\n"),
        Example("localhost:9899:pgpool:x\nlocalhost:9898:1:2\n"),
        Example("src/a.py:12:34:E501:line too long\nlisten tcp 0.0.0.0:5432:5432/tcp\n"),
    ),
)
