"""Other tools' own test vectors: what share of the secrets in them is hidden, and which clean ones are touched.

The vectors lie beside the repository and are not copied. `CONFMEND_VECTORS` names another folder. Every miss, and every
rule whose clean ones are touched, has its reason in peer_vectors.tsv; docs/redaction-vectors.md is made from both:

.venv/bin/python tests/test_peer_vectors.py
"""

import gzip
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, NotRequired, TypedDict

import pytest

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "pysrc"))

from confmend.redact import redact  # noqa: E402

FOLDER = Path(os.environ.get("CONFMEND_VECTORS", Path(__file__).parents[2] / "shared/data/redaction"))
FILE = FOLDER / "peer_vectors_dev.jsonl.gz"
LEAST_RECALL = 0.95

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"no vectors at {FILE.name}; set CONFMEND_VECTORS")

REASONS = Path(__file__).with_name("peer_vectors.tsv")
PAGE = ROOT / "docs" / "redaction-vectors.md"
MISSED, TOUCHED, OUT = "missed", "touched", "out of scope"


class Reason(NamedTuple):
    """Why a vector is missed, the clean ones of a rule are touched, or a rule's vectors hold none of our kinds.

    A vector is named by the beginning of its text's SHA-256: the vectors themselves are not ours to copy.
    """

    verdict: str
    source: str
    rule: str
    vector: str
    reason: str


class Vector(TypedDict):
    src: str
    rule: str
    label: int | None
    text: str
    secret: NotRequired[str | None]


def rule_of(vector: Vector) -> str:
    return vector["rule"].removeprefix("kingfisher.").removeprefix("np.")


@cache
def vectors() -> tuple[Vector, ...]:
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def is_caught(vector: Vector, clean: str) -> bool:
    """No run of four characters of the secret is left; where no secret is given, the text was changed."""
    secret = vector.get("secret")
    if not secret:
        return clean != vector["text"]
    # What stands in the text beside the secret is no part of it that survived.
    beside = vector["text"].replace(secret, "\n")
    runs = {secret[at : at + 4] for at in range(max(1, len(secret) - 3))}
    return not any(run in clean and run not in beside for run in runs)


@cache
def results() -> tuple[tuple[Vector, bool], ...]:
    return tuple((vector, is_caught(vector, redact([vector["text"]]).texts[0])) for vector in vectors())


@cache
def reasons() -> tuple[Reason, ...]:
    lines = REASONS.read_text("utf-8").splitlines()[1:]
    return tuple(Reason(*line.split("\t")) for line in lines)


def named(vector: Vector) -> str:
    return hashlib.sha256(vector["text"].encode("utf-8", "surrogatepass")).hexdigest()[:12]


def in_scope(source: str) -> Iterator[tuple[Vector, bool]]:
    out = {each.rule for each in reasons() if each.verdict == OUT}
    for vector, caught in results():
        if vector["src"] == source and vector["label"] == 1 and rule_of(vector) not in out:
            yield vector, caught


SOURCES = ("credsweeper", "detect-secrets", "gitleaks", "kingfisher", "noseyparker", "secretlint")


def counted() -> Iterator[tuple[str, Counter[bool]]]:
    """Yield for each source how many of its secrets in scope are hidden, and how many are not."""
    for source in SOURCES:
        yield source, Counter(caught for _, caught in in_scope(source))


def missed() -> Iterator[Vector]:
    return (vector for source in SOURCES for vector, caught in in_scope(source) if not caught)


def touched() -> Counter[tuple[str, str]]:
    """Return how many clean ones of each source and rule are changed."""
    return Counter((each["src"], rule_of(each)) for each, caught in results() if each["label"] == 0 and caught)


def recall(counts: Mapping[bool, int]) -> float:
    return counts[True] / (counts[True] + counts[False])


def test_recall() -> None:
    assert recall(sum((counts for _, counts in counted()), Counter[bool]())) >= LEAST_RECALL


# Another folder may hold other vectors than those that were read.
ours = pytest.mark.skipif("CONFMEND_VECTORS" in os.environ, reason="CONFMEND_VECTORS names vectors of another origin")


@ours
def test_every_miss_has_its_reason_and_no_reason_is_left_over() -> None:
    given = {(each.source, each.rule, each.vector) for each in reasons() if each.verdict == MISSED}
    found = {(each["src"], rule_of(each), named(each)): each["text"][:200] for each in missed()}
    assert not {key: text for key, text in found.items() if key not in given}
    assert not given - found.keys()


@ours
def test_every_clean_one_that_is_touched_has_its_reason() -> None:
    """They are mostly real values, which their rules leave to other rules."""
    assert {(each.source, each.rule) for each in reasons() if each.verdict == TOUCHED} == {*touched()}


@ours
def test_rules_out_of_scope_are_rules() -> None:
    assert {each.rule for each in reasons() if each.verdict == OUT} <= {rule_of(each) for each in vectors()}


HEAD = """\
# Other tools' test vectors

Scanners of commits bring their own tests: texts with a secret in them, and texts without. This is what redaction does
with {secrets:,} texts that hold secrets of the kinds in scope, and {clean:,} that are called clean. A secret counts as
hidden when no run of four of its characters is left.

| source | secrets | hidden | share |
|---|--:|--:|--:|
{recall}

## What is missed, and why

| source | rule | count | reason |
|---|---|--:|---|
{missed}

## What is called clean and hidden all the same

A scanner of commits is silent about values that are short, well known, an example's or of a form that the issuer never
uses. In a text about a server each of them may be in use, so they are hidden. {touched:,} texts of {clean:,}:

| source | rule | count | what is hidden |
|---|---|--:|---|
{touched_rows}

## Rules that are out of scope

| rule | what its texts hold |
|---|---|
{out}
"""


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    """Return the page that tells all this."""
    counts = dict(counted())
    total = sum(counts.values(), Counter[bool]())
    shares = [row(name, each.total(), each[True], f"{recall(each):.3f}") for name, each in counts.items()]
    shares.append(row("all", total.total(), total[True], f"{recall(total):.3f}"))
    clean = touched()
    why = Counter((each["src"], rule_of(each), named(each)) for each in missed())
    grouped = Counter[tuple[str, str, str]]()
    for each in reasons():
        if each.verdict == MISSED:
            grouped[each.source, each.rule, each.reason] += why[each.source, each.rule, each.vector]
    return HEAD.format(
        secrets=total.total(),
        clean=sum(each["label"] == 0 for each in vectors()),
        recall="\n".join(shares),
        missed="\n".join(row(source, rule, count, why) for (source, rule, why), count in sorted(grouped.items())),
        touched=clean.total(),
        touched_rows="\n".join(
            row(each.source, each.rule, clean[each.source, each.rule], each.reason)
            for each in reasons()
            if each.verdict == TOUCHED
        ),
        out="\n".join(row(each.rule, each.reason) for each in reasons() if each.verdict == OUT),
    )


@ours
def test_the_page_tells_what_is_measured() -> None:
    assert PAGE.read_text("utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
