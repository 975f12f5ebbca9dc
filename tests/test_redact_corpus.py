"""Files that people published: what is hidden in them is a secret, and each stands where one is expected.

The files lie beside the repository and are not copied. `CONFMEND_CORPUS` names another folder.
"""

import os
import re
from pathlib import Path

import pytest

from confmend.redact import redact

CORPUS = Path(os.environ.get("CONFMEND_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not here")

# Which secrets the files of a kind hold, by what stands before them on their line, and why they are secrets.
# What is not here stays byte-identical.
SECRETS = {
    # The key of TCP fast open lets anybody forge its cookies; one in a comment was in use on some machine too.
    "sysctl_dump": r"net\.ipv4\.tcp_fastopen_key = ",
    "sysctl_conf": r"#? ?net\.ipv4\.tcp_fastopen_key=",
    # The password of a database, in its conninfo.
    "pgbouncer_ini": r";? ?[\w*]+ ?= ?[^'\"]*\bpassword=",
    # A pooler that prints at its start the file that it was configured with.
    "pg_log": r"pgbouncer +\| \* = host = \S+ port=\d+ user=\S+ password=",
    # Passwords, those of md5 included, which are as good as one; of SCRAM the salt and the keys.
    "userlist": r"\s*\"\w+\" \"(?:SCRAM-SHA-256\$4096:)?",
    # A role's password in an article.
    "decoy": r"postgres=# CREATE USER \w+ with ENCRYPTED PASSWORD '",
    # The token with which a node joins a cluster.
    "mixed_paste": r"\s+token: ",
    # Passwords and client secrets of compose files, of environments and of URLs.
    "connstr": r".*(?:password[\"']?\s*[=:]\s*(?:&PGPASSWORD )?|_CLIENT_SECRET=|://\w+:)[\"']?",
}
KINDS = sorted(each.name for each in CORPUS.iterdir() if each.is_dir()) if CORPUS.is_dir() else []


@pytest.mark.parametrize("kind", KINDS)
def test_only_secrets_go(kind: str) -> None:
    strange = []
    for path in sorted((CORPUS / kind).rglob("*")):
        if not path.is_file() or path.suffix in (".tsv", ".md"):
            continue
        text = path.read_text("utf-8", "surrogateescape")
        for hidden in redact([text]).hidden[0]:
            line = text.rfind("\n", 0, hidden.start) + 1
            before = text[line : hidden.start]
            if kind not in SECRETS or not re.fullmatch(SECRETS[kind], before, re.IGNORECASE):
                strange.append((path.name, before, text[hidden.start : hidden.end]))
    assert not strange


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_names_no_more_than_there_is(kind: str) -> None:
    texts = [each.read_text("utf-8", "surrogateescape") for each in (CORPUS / kind).rglob("*") if each.is_file()]
    assert kind not in SECRETS or any(re.search(SECRETS[kind], text, re.IGNORECASE) for text in texts)
