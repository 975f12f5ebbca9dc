"""One paste, several files."""

from hypothesis import given
from hypothesis import strategies as st

from confmend.bundle import parts

HEADINGS = "==> /etc/sysctl.conf <==\nvm.swappiness = 1\n\n==> pgbouncer.ini <==\n[pgbouncer]\n"
PROMPTS = (
    "root@db1:~# cat /proc/net/sockstat\nsockets: used 1\nroot@db1:~# sudo tail -n 20 /var/log/pg.log\nLOG:  x\n"
    "[postgres@db1 ~]$ sysctl -a\na.b = 1\n$ cat postgresql.conf\nport = 1\n"
)
FENCES = (
    "Here is **`/etc/pgbouncer/pgbouncer.ini`**:\n\n```ini\n[pgbouncer]\n```\n\npostgresql.conf\n~~~\nport = 1\n~~~\n"
    "and\n\n``` sysctl.conf\nvm.swappiness = 1\n```\n"
)


def named(text: str) -> list[tuple[str, str]]:
    return [(part.name, part.text) for part in parts(text, "mine") if not part.separator and part.text.strip()]


def test_headings() -> None:
    assert named(HEADINGS) == [
        ("/etc/sysctl.conf", "vm.swappiness = 1\n\n"),
        ("pgbouncer.ini", "[pgbouncer]\n"),
    ]


def test_prompts() -> None:
    assert named(PROMPTS) == [
        ("/proc/net/sockstat", "sockets: used 1\n"),
        ("/var/log/pg.log", "LOG:  x\n"),
        ("sysctl -a", "a.b = 1\n"),
        ("postgresql.conf", "port = 1\n"),
    ]


def test_fences() -> None:
    assert named(FENCES) == [
        ("mine", "Here is **`/etc/pgbouncer/pgbouncer.ini`**:\n\n"),
        ("mine", "[pgbouncer]\n"),
        ("mine", "\npostgresql.conf\n"),
        ("postgresql.conf", "port = 1\n"),
        ("mine", "and\n\n"),
        ("sysctl.conf", "vm.swappiness = 1\n"),
    ]


def test_a_comment_is_no_prompt() -> None:
    text = "# cat is what you use\n# sysctl -p applies it\nvm.swappiness = 1\n"
    assert named(text) == [("mine", text)]


@given(
    st.lists(st.sampled_from([*HEADINGS.splitlines(True), *PROMPTS.splitlines(True), *FENCES.splitlines(True), "x"]))
)
def test_parts_are_the_paste(lines: list[str]) -> None:
    text = "".join(lines)
    assert "".join(part.text for part in parts(text)) == text
