"""What people really paste: several files at once, with noise around them.

``tests/corpus_pastes/SLUG/`` holds a paste and what it is read as: each ``[[document]]`` has its name, its kind, what
was ``cleaned`` and, where it is told, its text; ``unread`` names what no format took.
"""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.analysis_json import as_json
from confmend.bundle import parts
from confmend.engine import analyse, rewrite
from confmend.model import Paste
from confmend.render import html_report, text_report

PASTES = Path(__file__).parent / "corpus_pastes"
CORPUS = Path(__file__).parent / "corpus"
SLUGS = sorted(path.name for path in PASTES.iterdir())


def paste(slug: str) -> str:
    return (PASTES / slug / "paste.txt").read_bytes().decode("utf-8")


@pytest.mark.parametrize("slug", SLUGS)
def test_paste_is_read_as_expected(slug: str) -> None:
    expected = tomllib.loads((PASTES / slug / "expected.toml").read_text("utf-8"))
    analysis = analyse([Paste(paste(slug))])
    found = [
        {"name": each.name, "kind": each.kind, "cleaned": list(cleaned)}
        for each, cleaned in zip(analysis.documents, analysis.cleaned, strict=True)
    ]
    wanted = expected.get("document", [])
    assert found == [
        {"name": each["name"], "kind": each["kind"], "cleaned": each.get("cleaned", [])} for each in wanted
    ]
    for each, document in zip(wanted, analysis.documents, strict=True):
        assert document.text == each.get("text", document.text)
    assert [each.name for each in analysis.unread] == expected.get("unread", [])


@pytest.mark.parametrize("slug", SLUGS)
def test_cleaned_text_is_clean(slug: str) -> None:
    for part in parts(paste(slug)):
        if not part.separator:
            (again,) = parts(part.text)
            assert again.text == part.text


def test_the_owners_file_is_the_clean_one() -> None:
    pastes = [Paste("> net.ipv4.tcp_mem = 1 2 26777216\n> vm.swappiness = 1\n"), Paste("memory = 16GB\n", "answers")]
    (file,) = rewrite(pastes, analyse(pastes))
    assert file.text == "vm.swappiness = 1\n"


def test_reports_say_what_was_taken_off() -> None:
    analysis = analyse([Paste(paste("mail_reply"))])
    for note in analysis.cleaned[0]:
        assert note in text_report(analysis)
        assert note.replace(">", "&gt;") in html_report(analysis)
    assert as_json(analysis)["documents"][0]["cleaned"] == list(analysis.cleaned[0])


SAMPLES = [
    pytest.param(path, id=f"{path.parent.name}-{path.name}")
    for path in sorted(CORPUS.glob("*/*"))
    if path.name != "cases.toml"
]


@pytest.mark.parametrize("path", SAMPLES)
def test_a_file_without_noise_comes_back_to_the_byte(path: Path) -> None:
    # A log in colours has noise by right; without the escapes what is left of the codes is plain text.
    text = path.read_bytes().decode("utf-8", "surrogateescape").replace("\x1b", "")
    files = [part for part in parts(text, path.name) if not part.separator]
    assert [part.cleaned for part in files] == [() for _ in files]
    assert "".join(part.text for part in parts(text, path.name)) == text


def named(text: str) -> list[tuple[str, str]]:
    return [(part.name, part.text) for part in parts(text, "mine") if not part.separator and part.text.strip()]


COMMANDS = [
    ("$ cat a.conf", "a.conf"),
    ("$ sudo -u postgres cat /var/lib/a.conf", "/var/lib/a.conf"),
    ("root@db1:/etc# tail -n 20 /var/log/pg.log", "/var/log/pg.log"),
    ("[postgres@db1 ~]$ sysctl -a", "sysctl -a"),
    ("+ cat /proc/meminfo", "/proc/meminfo"),
    ("bash-5.1# ulimit -n", "ulimit -n"),
    ("/ # cat /proc/meminfo", "/proc/meminfo"),
    ("db1:~ # free -m", "free -m"),
    ("ann@mac ~ % cat a.conf", "a.conf"),
    ("PS C:\\> kubectl exec db-0 -- cat /etc/pgbouncer/pgbouncer.ini", "/etc/pgbouncer/pgbouncer.ini"),
    ("$ docker exec -it db cat /proc/net/sockstat", "/proc/net/sockstat"),
    ("$ grep -Ev '^#' /etc/sysctl.conf | sort", "/etc/sysctl.conf"),
    ("$ cat /etc/sysctl.d/*.conf", "cat /etc/sysctl.d/*.conf"),
    ("$ psql -c 'SHOW ALL'", "psql -c 'SHOW ALL'"),
    ("postgres=# SHOW ALL;", "SHOW ALL;"),
    ("app=> select name, setting from pg_settings;", "select name, setting from pg_settings;"),
    ("pgbouncer=# SHOW POOLS;", "SHOW POOLS;"),
    ("* Applying /etc/sysctl.d/99-sysctl.conf ...", "/etc/sysctl.d/99-sysctl.conf"),
    ("==> a b.conf <==", "a b.conf"),
    ("=== /etc/sysctl.conf", "/etc/sysctl.conf"),
    ("***** sos_commands/memory/free_-m *****", "sos_commands/memory/free_-m"),
    ("File: `postgresql.conf`:", "postgresql.conf"),
]


@pytest.mark.parametrize(("line", "name"), COMMANDS)
def test_a_line_names_what_follows(line: str, name: str) -> None:
    assert named(f"{line}\na = 1\n") == [(name, "a = 1\n")]


def test_a_statement_of_several_lines_is_one_name() -> None:
    assert named("app=# select name\napp-# from pg_settings;\n a | b\n") == [
        ("select name from pg_settings;", " a | b\n")
    ]


NO_SEPARATORS = [
    "# cat is what you use\n# sysctl -p applies it\nvm.swappiness = 1\n",
    "# free -m shows the rest\nvm.swappiness = 1\n",
    "vm.swappiness = 1\n# cat /proc/sys/vm/swappiness\nnet.core.somaxconn = 1\n",
    "# sysctl -p /etc/sysctl.conf\nvm.swappiness = 1\n",
    "[databases] # mine\na = host=b\n",
    "a = host=h user=a@b # c\n",
    "work_mem=# 4MB\n",
    "2026-01-01 LOG:  x\n\t$ 1 was\n> y\n2026-01-01 LOG:  ==> a\n",
    "app@orders LOG:  a > b\napp@orders:[7] LOG:  a # b\n",
    "data:\n  postgresql.conf: |\n    port = 1\n",
]


@pytest.mark.parametrize("text", NO_SEPARATORS)
def test_what_only_looks_like_a_separator(text: str) -> None:
    assert named(text) == [("mine", text)]


NOT_NOISE = [
    "12:00:01 LOG:  a\n13:00:01 LOG:  b\n14:00:01 LOG:  c\n",
    "0 1 2\n1 2 3\n2 3 4\n",
    "<add key='a' value='b &amp; c' />\n",
    "a = 'b &amp; c'\n",
    "LOG :  «\u00a0oui\u00a0»\nDÉTAIL\u00a0: non\n",
    "a\rb\rc\r",
    "> a\nb\nc\nd\n",
    "vm.swappiness = 1\r\r\n",
]


@pytest.mark.parametrize("text", NOT_NOISE)
def test_what_only_looks_like_noise(text: str) -> None:
    (part,) = parts(text)
    assert (part.text, part.cleaned) == (text, ())


CLEANED = [
    ("     1\ta = 1\n     2\t\n     3\tb = 2\n", "a = 1\n\nb = 2\n"),
    ("3:a = 1\n17:b = 2\n90:c = 3\n", "a = 1\nb = 2\nc = 3\n"),
    ("1: a\n2: b\n3:\n", "a\nb\n\n"),
    ("> > a = 1\n>> b = 2\n> >\n", "a = 1\nb = 2\n\n"),
    ("10%\r 55%\r100%\n", "100%\n"),
    ("a\bab = 1\n", "ab = 1\n"),
    ("/proc/sys/vm/swappiness:60\n/proc/sys/net/ipv4/conf/eth0.5/rp_filter:1\n",
     "vm.swappiness = 60\nnet.ipv4.conf.eth0/5.rp_filter = 1\n"),
    ("tcp_mem = 1\u00a02\u30003 # \u00a0x\n", "tcp_mem = 1 2 3 # \u00a0x\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "clean"), CLEANED)
def test_noise_comes_off(text: str, clean: str) -> None:
    (part,) = parts(text)
    assert part.text == clean
    assert part.cleaned


PIECES = [line for slug in SLUGS for line in paste(slug).splitlines(keepends=True)]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=20).map("".join)


@given(TEXTS)
def test_nothing_is_lost_that_no_note_names(text: str) -> None:
    found = parts(text)
    if not any(part.cleaned for part in found):
        assert "".join(part.text for part in found) == text


@given(st.one_of(TEXTS, st.text()))
def test_notes_quote_nothing(text: str) -> None:
    assert all(note.isprintable() and len(note) < 300 for part in parts(text) for note in part.cleaned)
