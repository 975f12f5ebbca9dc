"""docs/redaction.md is written from the scanners' own examples: run this file to write it again.

.venv/bin/python tests/test_redact_docs.py
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "pysrc"))

from confmend.redact import Choices, levels, redact  # noqa: E402
from confmend.redact.redaction import scanners  # noqa: E402
from confmend.redact.scanner import Example, Scanner  # noqa: E402

PAGE = ROOT / "docs" / "redaction.md"
# What stands behind this line is written by hand: the figures of tests/benchmarks/redact.py.
FIGURES = "## Speed\n"
HEAD = """\
# What is hidden, and how it comes back

Every text is redacted before anything else reads it: the findings, the diff, the report and all downloads are made
from the redacted text alone. Only the value goes, never the line, and the text still parses as what it was.

## Placeholders

A secret is replaced by a typed, numbered, bare word such as `{word}`. The same secret gets the same word
in all texts and in all its writings: percent-encoded, base64 once or twice, in hexadecimal digits, with quotes doubled
for SQL or CSV, escaped for JSON. Values shorter than six characters, and those shorter than twelve of one kind of
letter, are hidden where they were found only. The two letters behind the number are computed from what stands before
them. So a word of ours is known when a redacted text is pasted once more, and it stays; a look-alike that somebody
wrote is text like any other, and its number is not issued. Where a secret's beginning is found and its end cannot be
read, all of it is hidden to the end of its token or line.

[What other tools' test vectors show](redaction-vectors.md): the share of their secrets that is hidden, and every miss.

## Restoring

`confmend restore` and the page put the values back into an edited text or an answer. Nothing is stored for that: the
same pastes give the same words, so the pastes are all it needs. Only words that were issued for those pastes are
replaced, in one pass, whatever became of their case, and through back-ticks, backslashes, zero-width and non-breaking
characters. Where a secret had several writings, the surroundings decide. Private keys come back only when asked for.

## What you can choose

A paste of kind `redaction`, or the page's fields, says `level = NAME`, `hide = a word of yours`, `keep = no secret`.
These levels are off until you switch them on:

- `addresses`: other addresses of the same class; one subnet stays one subnet, and loopback, wildcards, netmasks and
  prefix lengths stay. Hardware addresses become locally administered ones.
- `hostnames`: legal host names. `db1.acme.example` and `db2.acme.example` stay in one domain, and `db1` alone gets the
  first label of the former. localhost, `*` and the sites of public projects stay.
- `identities`: addresses of mail, names of roles and databases. postgres, template1, replication, all and others that
  every server has stay.

"""
CAUGHT, KEPT = "Hidden", "Stays as it is"


def fenced(example: Example, chosen: Choices) -> Iterator[str]:
    """Give the example as it is and as it becomes."""
    for text in dict.fromkeys((example.text, redact([example.text], chosen).texts[0])):
        yield "```text"
        yield text.rstrip("\r\n")
        yield "```"


def section(name: str, scanner: Scanner) -> Iterator[str]:
    """Give one kind: why it is hidden, the first text that it changes, and the first that it does not."""
    chosen = Choices(levels=frozenset({scanner.level} - {""}))
    level = f" Level `{scanner.level}`." if scanner.level else ""
    yield from (
        f"### {name.replace('_', ' ')}",
        "",
        f"Hidden because it is or looks like: {scanner.reason}.{level}",
        "",
    )
    for title, wanted in ((CAUGHT, True), (KEPT, False)):
        example = next(each for each in scanner.examples if bool(each.hidden) == wanted)
        yield from (f"{title}:", "", *fenced(example, chosen), "")


def page(figures: str) -> str:
    """Return the whole page, with the figures as they are."""
    word = redact(["password: x1"]).redactions[0].placeholder
    kinds = sorted(scanners().items(), key=lambda each: (each[1].level, each[0]))
    lines = [line for name, scanner in kinds for line in section(name, scanner)]
    return "\n".join([HEAD.format(word=word) + "## The kinds\n", *lines, FIGURES]) + figures


def figures() -> str:
    """Return what stands behind the heading of the figures."""
    return PAGE.read_text("utf-8").partition(FIGURES)[2] if PAGE.exists() else "\n"


def test_the_page_says_what_the_scanners_do() -> None:
    assert PAGE.read_text("utf-8") == page(figures())


def test_the_page_tells_every_level() -> None:
    assert all(f"- `{level}`:" in HEAD for level in levels())


if __name__ == "__main__":
    PAGE.write_text(page(figures()), "utf-8")
