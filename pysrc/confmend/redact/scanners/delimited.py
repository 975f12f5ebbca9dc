"""Columns of tables that name a secret, in rows below a line of names: psql's csv and unaligned formats.

Fields in quotes may hold line breaks. What is a secret by its column, and by its row, is said in tables.py.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.scanners.tables import LONGEST, columns_of, next_line, row
from confmend.redact.values import folded, line_end

HEADER = re.compile(r"\"?[A-Za-z_]\w{0,62}\"?(?:([,|;\t])\"?[A-Za-z_]\w{0,62}\"?)(?:\1\"?[A-Za-z_]\w{0,62}\"?){0,99}")
STEMS = ("passw", "pwd", "secret", "token", "api_key", "apikey")
# A line of names, by its shape: there a letter beyond Latin-1 is a question mark.
IN_LINE = re.compile(r"^\"?[a-z_?][\w?]*\"?[,|;\t][\w?\",|;\t]*\r?$")


def find(text: str) -> Iterator[Span]:
    """Give the secrets of rows below a line of names, as psql's csv and unaligned formats write them."""
    low = folded(text)
    for stem in STEMS:
        at = 0
        while (at := low.find(stem, at)) >= 0:
            start, end = text.rfind("\n", max(0, at - LONGEST), at) + 1, line_end(text, at)
            at = max(end, at + 1)
            header = HEADER.fullmatch(text, start, end)
            columns = columns_of([name.strip('"') for name in header[0].split(header[1])]) if header else None
            if header is None or columns is None:
                continue
            while (start := next_line(text, end)) >= 0:
                edges = _fields(text, start, header[1])
                if len(edges) - 1 < len(columns.names):
                    break
                at = end = edges[-1]
                for span in row(text, edges, columns):
                    yield _unquoted(text, span)


def _fields(text: str, at: int, delimiter: str) -> list[int]:
    """Return where the delimiters of a row stand, with its beginning and end; quoted fields may hold line breaks."""
    end = line_end(text, at)
    edges = [at - 1]
    while at <= end:
        if text.startswith('"', at):
            at += 1
            while (close := text.find('"', at, at + LONGEST)) >= 0 and text.startswith('""', close):
                at = close + 2
            if close < 0 or not (close + 1 == len(text) or text[close + 1] in f"{delimiter}\r\n"):
                break  # no quoted field
            end, at = line_end(text, close), close + 1
        stop = text.find(delimiter, at, end)
        if stop < 0:
            break
        edges.append(stop)
        at = stop + 1
    return [*edges, end]


def _unquoted(text: str, span: Span) -> Span:
    quotes = text[span.start] == '"' and text[span.end - 1] == '"' and span.end - span.start > 2
    return Span(span.start + quotes, span.end - quotes, span.label)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands in a column or row of a table that names a secret",
    meaning=lambda written: written.replace('""', '"'),
    anchors=tuple((stem, IN_LINE) for stem in STEMS),
    examples=(
        Example('usename,passwd,usesuper\napp,"qq ""11,zz",f\nbob,,t\neve,ww22,f\n', hidden=('qq ""11,zz', "ww22")),
        Example("rolname|rolpassword\napp|qq11zz\n(1 row)\n", hidden=("qq11zz",)),
        Example("user,password\n\nusename,valuntil\napp,2030-01-01\n"),
        Example("model,max_tokens\nsmall,4096\n"),
    ),
)
