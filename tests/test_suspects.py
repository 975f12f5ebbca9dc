"""Possible secrets that were not hidden: what looks like chance is shown, what has a known shape is not."""

import base64
import os
import random
import string
from pathlib import Path

import pytest

from confmend.redact import redact
from confmend.redact.placeholders import placeholder
from confmend.redact.suspects import suspects

CORPUS = Path(os.environ.get("CONFMEND_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))

KNOWN = f"""\
kernel.random.boot_id = 5f3c1c57-24f1-4b0b-9c43-7c1d2f3d9a10
commit 9fceb02d0ae598e95dc970b74767f19372d61af8
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
archived write-ahead log file "000000010000000A000000FE"
lsn=A2C/FE000028 Database system identifier: 7241234567890123456
queryid=-4305783251236546548
SHA256 Fingerprint=AB:CD:EF:12:34:56:78:90:AB:CD:EF:12:34:56:78:90
ssl_ciphers = 'ECDHE-RSA-AES256-GCM-SHA384:TLS_AES_256_GCM_SHA384:HIGH:+3DES:!aNULL'
/usr/lib/postgresql/16/lib/bitcode/postgres/backend/access/heapam_visibility2.so
linux-image-6.1.0-18-cloud-amd64 PostgreSQL 16.2-1.pgdg120+2 x86_64-pc-linux-gnu
? trace_hardirqs_on_thunk+0x3a/0x3c
orders_2026_03_partition_default_idx1 ReplicaSet/coredns-66bff467f8
{placeholder("password", 1)} {placeholder("private key", 12)}
"""


@pytest.mark.parametrize("line", KNOWN.splitlines())
def test_what_has_a_name_is_no_suspect(line: str) -> None:
    assert suspects([line]) == ()


def test_random_words_are_suspects() -> None:
    chance = random.Random(4)
    letters = string.ascii_letters + string.digits
    words = ["".join(chance.choices(letters, k=size)) for size in (20, 24, 32, 40, 64) for _ in range(40)]
    words += [base64.b64encode(chance.randbytes(size)).decode() for size in (24, 32, 48) for _ in range(40)]
    words += [chance.randbytes(size).hex() for size in (15, 18, 24) for _ in range(20) if size != 24]
    found = sum(bool(suspects([f"opaque {word} end"])) for word in words)
    assert found / len(words) >= 0.9


def test_a_place_is_the_word_and_its_text() -> None:
    word = "Zx81kQpLw20VbN7sTr4Y"
    (only,) = suspects(["nothing", f"x {word}, y"])
    assert (only.text, only.start, only.end) == (1, 2, 2 + len(word))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not here")
def test_real_files_give_few_false_alarms() -> None:
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.suffix not in (".tsv", ".md")]
    alarmed = 0
    for path in files:
        text = path.read_text("utf-8", "replace")
        alarmed += bool(suspects([text])) and bool(suspects(redact([text]).texts))
    assert alarmed <= len(files) // 100


def test_a_word_with_capitals_inside_is_a_suspect_where_a_sentence_tells_a_password() -> None:
    text = "The password is HunterTwo.\nThe password is required, and PostgreSQL says so. A password is Stored.\n"
    assert redact([text]).texts == (text,)
    assert [text[each.start : each.end] for each in suspects([text])] == ["HunterTwo"]
