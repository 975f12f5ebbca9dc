"""What holds for every format: the text comes back, nothing raises, an edit changes one line and is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.document import Format, document, split_lines
from confmend.formats import detect, formats
from confmend.model import Edit

FORMATS = list(formats().values())
EDITABLE = [each for each in FORMATS if each.quote]

# Lines that each program takes, so that the properties meet more than noise.
TAKEN = st.sampled_from(
    [
        "work_mem = 4MB",
        "  Shared_Buffers '128 MB'\t# comment",
        "#max_connections = 100\t\t# (change requires restart)",
        "search_path = '\"$user\", public'",
        "log_line_prefix = '%m # %p '",
        "it = 'it''s'",
        "[databases]",
        "app = host=127.0.0.1 password='a b'",
        "[pgbouncer]",
        ";max_client_conn = 100",
        "max_client_conn = 500 ; five hundred",
        "net.ipv4.tcp_mem = 1 2 3",
        "-net/ipv4/conf/eth0.100/forwarding=1",
        "kernel.sem = 250\t32000\t100\t128",
        "TCP: inuse 1 orphan 0 tw 0 alloc 2 mem 3",
        "MemTotal:       16090752 kB",
        "2026-01-01 00:00:00 UTC [1] LOG:  ready",
        "memory = 16GB",
    ]
)
LINE = st.one_of(TAKEN, st.text(max_size=40))
TEXT = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r\n", "\n\n", "\r", "\f", "\u2028"])), max_size=12).map(
    lambda lines: "".join(line + end for line, end in lines)
)


@given(text=st.one_of(TEXT, st.text()))
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.kind)
def test_text_comes_back(form: Format, text: str) -> None:
    read = document(form, "x", text)
    assert read.text == text
    assert [line.raw for line in read.lines] == list(split_lines(text))


@given(text=TEXT)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.kind)
def test_values_stand_where_the_line_says(form: Format, text: str) -> None:
    for line in document(form, "x", text).lines:
        assert 0 <= line.key_at <= line.start <= line.end <= len(line.raw)
        if line.key and form.kind not in ("postgresql_conf", "pg_log"):
            assert line.raw[line.start : line.end] == line.value


@given(text=st.one_of(TEXT, st.text()), name=st.text(max_size=20))
def test_detection_takes_any_text(text: str, name: str) -> None:
    detect(name, text)


KEYS = {
    "answers": "memory",
    "postgresql_conf": "work_mem",
    "pgbouncer_ini": "pgbouncer/max_client_conn",
    "sysctl_conf": "net.ipv4.tcp_mem",
    "sysctl_dump": "net.ipv4.tcp_mem",
}
VALUES = {
    "postgresql_conf": st.text(st.characters(blacklist_characters="\n\0", blacklist_categories=("Cs",)), max_size=12),
}
PLAIN = st.text(st.sampled_from("abcXYZ019_./:*- "), min_size=1, max_size=12).map(str.strip).filter(bool)


@pytest.mark.parametrize("form", EDITABLE, ids=lambda form: form.kind)
@given(data=st.data(), text=TEXT)
def test_set_is_read_back_once_and_changes_one_line(form: Format, data: st.DataObject, text: str) -> None:
    key, value = KEYS[form.kind], data.draw(VALUES.get(form.kind, PLAIN))
    before = document(form, "x", text)
    after = before.set(key, value)
    line = after.get(key)
    assert line is not None
    assert line.value.split() == value.split() if form.kind.startswith("sysctl") else line.value == value
    assert after.set(key, value).text == after.text
    old, new = list(split_lines(before.text)), list(split_lines(after.text))
    if len(old) == len(new):
        assert sum(a != b for a, b in zip(old, new, strict=True)) <= 1
    else:
        assert 0 < len(new) - len(old) <= 2
        assert sum(line.rstrip("\r\n") in [each.rstrip("\r\n") for each in new] for line in old) == len(old)


@pytest.mark.parametrize("form", EDITABLE, ids=lambda form: form.kind)
@given(text=TEXT)
def test_unset_leaves_the_other_lines(form: Format, text: str) -> None:
    before = document(form, "x", text)
    after = before.apply([Edit(form.kind, KEYS[form.kind], None)])
    assert after.get(KEYS[form.kind]) is None
    assert [line.raw for line in after.lines] == [
        line.raw for line in before.lines if line.commented or line.key != KEYS[form.kind]
    ]


@pytest.mark.parametrize("form", [each for each in FORMATS if not each.quote], ids=lambda form: form.kind)
def test_read_only_kinds_refuse_edits(form: Format) -> None:
    with pytest.raises(ValueError, match="read only"):
        document(form, "x", "TCP: inuse 1 mem 2\n").set("TCP", "inuse 2")


def test_lines_end_at_newlines_only() -> None:
    assert list(split_lines("a\u2028b\fc\x1cd\re\n\nf")) == ["a\u2028b\fc\x1cd\re\n", "\n", "f"]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no kind 'yaml'; there are answers"):
        detect("", "a", "yaml")
