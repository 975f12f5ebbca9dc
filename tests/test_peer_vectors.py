"""Other tools' own test vectors: what share of the secrets in them is hidden, and which clean ones are touched.

The vectors lie beside the repository and are not copied. `CONFMEND_VECTORS` names another folder.
"""

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

import pytest

from confmend.redact import redact

FOLDER = Path(os.environ.get("CONFMEND_VECTORS", Path(__file__).parents[2] / "shared/data/redaction"))
FILE = FOLDER / "peer_vectors_dev.jsonl.gz"
LEAST_RECALL = 0.95

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"no vectors at {FILE.name}; set CONFMEND_VECTORS")

# Rules whose vectors hold none of our kinds. A rule is named as its source names it, without the source's prefix.
OUT_OF_SCOPE = {
    "reactapp.1": "names of users, which the level `identities` hides",
    "AWS S3 Bucket": "the name of a bucket, which the level `hostnames` hides",
    "gcs.2": "the name of a bucket",
    "azurestorage.name.1": "the name of a storage account; its key is a kind of ours",
    "okta.2": "a host name",
    "facebook.1": "the number of an application, which is public",
    "discord-client-id": "the number of an application, which is public",
    "algolia.2": "the name of an application; the key beside it is a kind of ours",
    "spotify.2": "the name of a client; its secret is a kind of ours",
    "linkedin.1": "the name of a client; its secret is a kind of ours",
    "mongodb.2": "the public half of a pair of keys",
    "twitter.1": "the name of a client; its secret is a kind of ours",
    "weak_password.1": "a word alone, without anything that says password",
    "OTP / 2FA Secret": "a word alone in base32, without anything that says secret",
    "JSON Web Key": "a key inside a base64 text that says so only when decoded",
    "Google Multi": "the name of a client; its secret, alone on a line, has nothing that says so",
    "airtable.2": "three words with dots",
    "fullstory.1": "nothing but characters after `na1.`",
    "dfuse.1": "nothing but hexadecimal digits after `web_`",
    "parseur.1": "one vendor's rule: any digits some words after its name",
    "restpack.1": "one vendor's rule: any digits some words after its name",
    "sidekiq-secret": "one vendor's variable, whose name does not say secret, with eight digits and eight digits",
    "pwhash.3": "verifiers have their own tests",
    "pwhash.4": "verifiers have their own tests",
    "pwhash.5": "verifiers have their own tests",
    "visualcrossing.1": "letters alone on a line below the vendor's name",
    "polygon.1": "one vendor's rule without a key",
}
# Clean for a scanner of commits, and real values for us: a password is one though it is short, known or an example's.
# Rules whose clean vectors hold such values, by what is clean about them there.
POSITIVE_FOR_US = {
    "keyword": "a value after a key, which is called clean because it is an example's, or quoted in another language",
    "cloudant": "short passwords",
    "ibm_cos_hmac": "a secret one character too long",
    "softlayer": "`insert_key_here` after a key",
    "telegram_token": "a token after other characters; an ARN",
    "aws_key": "an access key that is too long or too short",
    "basicauth": "user:password of databases, and of examples",
    "gcp-api-key": "keys that many web pages show",
    "slack.2": "another rule's token",
    "slack.6": "another rule's token",
    "hashicorp.1": "a token that is one character too short",
    "hashicorp.6": "a token after a key that says so",
    "aws.2": "a secret one character too long",
    "azure.1": "short keys",
    "newrelic.1": "a key of another form",
    "newrelic.8": "a key of another form",
    "generic.10": "a password in another attribute",
    "curl-auth-user": "short and common passwords, as in `test:test`",
    "jwt": "JSON web tokens whose head is no JSON",
    **dict.fromkeys(
        (
            "anthropic-api-key",
            "anthropic-admin-api-key",
            "slack-user-token",
            "slack-config-access-token",
            "sourcegraph-access-token",
            "twitch.1",
            "huggingface",
            "openai",
            "settlemint-personal-access-token",
            "aws-access-token",
            "aws-amazon-bedrock-api-key-short-lived",
        ),
        "tokens that miss their issuer's form by some characters, or belong to another rule",
    ),
    "msteams.1": "a webhook of another kind",
    **dict.fromkeys(
        ("hashicorp-tf-api-token", "perplexity-api-key", "azure-ad-client-secret"),
        "stand-ins after a key that says secret",
    ),
}


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


def in_scope(source: str) -> Iterator[tuple[Vector, bool]]:
    for vector, caught in results():
        if vector["src"] == source and vector["label"] == 1 and rule_of(vector) not in OUT_OF_SCOPE:
            yield vector, caught


SOURCES = ("credsweeper", "detect-secrets", "gitleaks", "kingfisher", "noseyparker", "secretlint")


def recall(counts: Mapping[bool, int]) -> float:
    return counts[True] / (counts[True] + counts[False])


def test_recall(capsys: pytest.CaptureFixture[str]) -> None:
    total: Counter[bool] = Counter()
    lines = []
    for source in SOURCES:
        counts = Counter(caught for _, caught in in_scope(source))
        total += counts
        lines.append(f"{source:15} {counts[True]:5} of {counts.total():5} = {recall(counts):.3f}")
        misses = Counter(rule_of(vector) for vector, caught in in_scope(source) if not caught)
        lines += [f"{'':15} missed {count} of {rule}" for rule, count in misses.most_common()]
    with capsys.disabled():
        print("\n" + "\n".join(lines) + f"\nall sources     {recall(total):.3f}")
    assert recall(total) >= LEAST_RECALL


def test_clean_ones_touched(capsys: pytest.CaptureFixture[str]) -> None:
    """What is touched of what they call clean: mostly real values, which their rules leave to other rules."""
    touched = Counter[str]()
    others = Counter[str]()
    for vector, caught in results():
        if vector["label"] == 0 and caught:
            (touched if rule_of(vector) in POSITIVE_FOR_US else others)[f"{vector['src']} {rule_of(vector)}"] += 1
    clean = sum(vector["label"] == 0 for vector in vectors())
    with capsys.disabled():
        print(f"\nclean ones touched: {touched.total() + others.total()} of {clean}, "
              f"{touched.total()} of rules whose clean ones hold real values; others: {dict(others)}")  # fmt: skip
    assert not others
