"""Rows of COPY ... FROM stdin, as pg_dump writes them: the columns that are named after a secret."""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.scanners.tables import columns_of, next_line, row
from confmend.redact.values import line_end

COPY = re.compile(
    r"\bcopy[ \t]+[^\s(]{1,200}[ \t]*\(([^()\n]{1,4000})\)[ \t]+from[ \t]+stdin\b[^\n;]{0,200};?[ \t\r]*(?=\n)", re.I
)
COMMA = re.compile(r"\bcsv\b", re.IGNORECASE)
NULL = re.compile(r"\\N|")


def find(text: str) -> Iterator[Span]:
    """Give the values of such columns, down to the line that ends the rows."""
    end = 0
    for copy in COPY.finditer(text):
        if copy.start() < end:
            continue  # a row of the one before
        columns = columns_of([name.strip(' \t\r\n"') for name in copy[1].split(",")])
        if columns is None:
            continue
        sign = "," if COMMA.search(copy[0]) else "\t"
        end = copy.end()
        while (start := next_line(text, end)) >= 0:
            end = line_end(text, start)
            edges = [start - 1, *_signs(text, sign, start, end), end]
            if len(edges) - 1 < len(columns.names) or text.startswith("\\.", start):
                break
            for span in row(text, edges, columns):
                if not NULL.fullmatch(text, span.start, span.end):
                    yield span


def _signs(text: str, sign: str, start: int, end: int) -> Iterator[int]:
    """Yield where the sign between columns stands."""
    while (start := text.find(sign, start, end)) >= 0:
        yield start
        start += 1


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands in a column that names a secret",
    anchors=(("copy ", re.compile(r"copy[ \t].*\(.*from[ \t]+stdin")),),
    examples=(
        Example(
            "COPY users (id, login, password, token) FROM stdin;\n1\tbob\tqq 11\t\\N\n2\teve\tzz22\tww33xx\n\\.\n",
            hidden=("qq 11", "zz22", "ww33xx"),
        ),
        Example("\\copy users (login, passwd) from stdin with (format csv)\nbob,qq11zz\n\\.\n", hidden=("qq11zz",)),
        Example("COPY public.users (id, login) FROM stdin;\n1\tbob\n\\.\nCOPY t (password) TO stdout;\n"),
        Example("COPY u (id, password) FROM stdin;\n1\t\\N\n\\.\nSELECT 1;\n"),
    ),
)
