"""Passwords in libpq's `keyword = value` strings, wherever one stands: postgresql.conf, PgBouncer, SQL, shell, logs.

A value is bare, with backslash escapes, or in single quotes. Inside the string of a configuration file or of an SQL
statement each of those quotes is doubled. Only what is between the quotes goes, so the text still parses.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import (
    CONNINFO_PAIR,
    LOOK_BACK,
    bare,
    conninfo_pairs,
    folded,
    line_end,
    open_quotes,
    secret,
    unescaped,
)

KEYWORDS = ("password", "oauth_client_secret", "scram_client_key", "scram_server_key")
EQUALS = re.compile(r"[ \t]*=(?![=>~])[ \t]*")


def _stands_alone(low: str, at: int) -> bool:
    """Whether the keyword is a whole word, or libpq's `sslpassword`, and no parameter of a URI or `;` list."""
    before = low[max(0, at - 4) : at]
    if before.endswith("ssl"):
        before = before[:-3]
    return not before or not (before[-1].isalnum() or before[-1] in "_-.?&;")


def find(text: str) -> Iterator[Span]:
    """Give the value of each secret keyword that has another keyword of libpq or PgBouncer near it on its line."""
    low = folded(text)
    for keyword in KEYWORDS:
        at = 0
        end = -1
        pairs: list[int] = []
        while (at := low.find(keyword, at)) >= 0:
            start = at
            at += len(keyword)
            equals = EQUALS.match(text, at) if _stands_alone(low, start) else None
            if equals is None:
                continue
            if start >= end:
                end = line_end(text, start)
                pairs = conninfo_pairs(text, text.rfind("\n", 0, start) + 1, end)
                if not pairs:
                    at = end
                    continue
            value = equals.end()
            if value >= end or CONNINFO_PAIR.match(text, value):
                continue
            nearest = bisect_left(pairs, start - LOOK_BACK)
            if nearest == len(pairs) or pairs[nearest] > value + LOOK_BACK:
                continue
            inside = open_quotes(text, value)
            first, last = quoted(text, value, end, inside) or (value, bare(text, value, end, inside))
            if span := secret(text, first, last):
                yield span
                at = max(at, span.end)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password of a libpq connection string",
    meaning=unescaped,
    anchors=KEYWORDS,
    lines=1,
    examples=(
        Example("primary_conninfo = 'host=10.0.0.5 user=rep password=s3cr3t+x'", hidden=("s3cr3t+x",)),
        Example("primary_conninfo = 'host=h password=''a b7 c9'' user=rep'  # standby", hidden=("a b7 c9",)),
        Example("primary_conninfo = 'host=h password=''it\\''s9d'' user=rep'", hidden=("it\\''s9d",)),
        Example("conninfo='host=h user=repmgr password=p\\ w\\ 77z dbname=repmgr'", hidden=("p\\ w\\ 77z",)),
        Example("app = host=10.0.0.2 port=5432 password=Kx9-;#q7 dbname=app", hidden=("Kx9-;#q7",)),
        Example("app = host=10.0.0.2 password = 'it''s #1 k' dbname=app", hidden=("it''s #1 k",)),
        Example('psql "host=h sslmode=require sslpassword=Zz81kk password=Yy72jj"', hidden=("Zz81kk", "Yy72jj")),
        Example("CREATE SUBSCRIPTION s CONNECTION 'host=h password=qW8!e dbname=d' PUBLICATION p;", hidden=("qW8!e",)),
        Example("SELECT dblink_connect('c', 'dbname=d password=qW8!e');", hidden=("qW8!e",)),
        Example("LOG: connect string: user=app password=tr0ub4dor host=h", hidden=("tr0ub4dor",)),
        Example('"detail":"\\"dbname=d password=tr0ub4dor\\" failed"', hidden=("tr0ub4dor",)),
        Example("host=h oauth_client_secret=Oo55pp dbname=d", hidden=("Oo55pp",)),
        Example("app = host=h password=open'9 8", hidden=("open'9",)),
        Example("app = host=h password='never closed 9", hidden=("never closed 9",)),
        Example("primary_conninfo = 'host=h passfile=/root/.pgpass sslkey=/k.key channel_binding=require'"),
        Example(";;   dbname= host= port= user= password= auth_user="),
        Example("app = host=h password=${APP_PASSWORD} dbname=d"),
        Example("host=h password='' dbname=d"),
    ),
)
