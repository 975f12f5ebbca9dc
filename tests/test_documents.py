"""What holds for every format: the text comes back, nothing raises, an edit changes one line and is read back.

``tests/corpus/KIND/`` holds samples of each kind. Each is recognised without a name and read without a problem.
``cases.toml`` beside them says what is read in them and what an edit makes of a text:

    [[read]]     file, line, key, value                    what a line of a sample sets
    [[problem]]  file, line, problem                       a line of a sample that its program refuses
    [[edit]]     before, key, value (none: removed), after
"""

import functools
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.document import Document, Format, document, split_lines
from confmend.formats import detect, formats
from confmend.model import Edit

CORPUS = Path(__file__).parent / "corpus"
FORMATS = list(formats().values())
EDITABLE = [each for each in FORMATS if each.quote]
BY_KIND = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.kind)
BY_EDITABLE_KIND = pytest.mark.parametrize("form", EDITABLE, ids=lambda form: form.kind)


@functools.cache
def samples(kind: str) -> Mapping[str, str]:
    """The samples of a kind by file name."""
    paths = (path for path in sorted((CORPUS / kind).iterdir()) if path.name != "cases.toml")
    return {path.name: path.read_bytes().decode("utf-8", "surrogateescape") for path in paths}


@functools.cache
def cases(kind: str, table: str) -> Sequence[Mapping[str, Any]]:
    path = CORPUS / kind / "cases.toml"
    found: Sequence[Mapping[str, Any]] = tomllib.loads(path.read_text("utf-8")).get(table, []) if path.is_file() else []
    return found


ALL_SAMPLES = [(form, name) for form in FORMATS for name in samples(form.kind)]
ALL_CASES = {
    table: [
        pytest.param(form, case, id=f"{form.kind}-{n}")
        for form in FORMATS
        for n, case in enumerate(cases(form.kind, table))
    ]
    for table in ("read", "edit")
}
BY_SAMPLE = pytest.mark.parametrize(
    ("form", "name"), ALL_SAMPLES, ids=[f"{form.kind}-{name}" for form, name in ALL_SAMPLES]
)


@BY_KIND
def test_every_kind_has_samples_and_says_what_is_read_in_them(form: Format) -> None:
    assert samples(form.kind)
    assert cases(form.kind, "read")
    assert bool(cases(form.kind, "edit")) == bool(form.quote)


def test_every_folder_of_samples_is_of_a_kind() -> None:
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == set(formats())


@BY_SAMPLE
def test_samples_are_recognised_by_their_content(form: Format, name: str) -> None:
    found = detect("answers" if form.kind == "answers" else "", samples(form.kind)[name])
    assert found is not None
    assert found.kind == form.kind


@BY_SAMPLE
def test_samples_are_read_without_an_unexpected_problem(form: Format, name: str) -> None:
    read = document(form, name, samples(form.kind)[name])
    assert read.text == samples(form.kind)[name]
    found = {(number, line.problem) for number, line in zip(read.numbers, read.lines, strict=True) if line.problem}
    assert found == {(case["line"], case["problem"]) for case in cases(form.kind, "problem") if case["file"] == name}


@pytest.mark.parametrize(("form", "case"), ALL_CASES["read"])
def test_what_is_read_in_a_sample(form: Format, case: Mapping[str, Any]) -> None:
    read = document(form, case["file"], samples(form.kind)[case["file"]])
    there = [line for number, line in zip(read.numbers, read.lines, strict=True) if number == case["line"]]
    assert (case["key"], case["value"]) in [(line.key, line.value) for line in there if not line.commented]


@pytest.mark.parametrize(("form", "case"), ALL_CASES["edit"])
def test_what_an_edit_makes_of_a_text(form: Format, case: Mapping[str, Any]) -> None:
    edit = Edit(form.kind, case["key"], case.get("value"))
    assert document(form, "x", case["before"]).apply([edit]).text == case["after"]


# Properties ----------------------------------------------------------------------------------------------------------


@functools.cache
def texts(kind: str) -> st.SearchStrategy[str]:
    """Texts made of lines that the kind's program takes, of other kinds' lines, and of noise."""
    own = [line for text in samples(kind).values() for line in text.splitlines()[:200]]
    others = [line for form in FORMATS for text in samples(form.kind).values() for line in text.splitlines()[:3]]
    line = st.one_of(st.sampled_from(own), st.sampled_from(others), st.text(max_size=40))
    ends = st.sampled_from(["\n", "\r\n", "\n\n", "\r", "\f", "\u2028"])
    return st.lists(st.tuples(line, ends), max_size=12).map(lambda all_: "".join(text + end for text, end in all_))


@BY_KIND
@given(data=st.data())
def test_text_comes_back(form: Format, data: st.DataObject) -> None:
    text = data.draw(st.one_of(texts(form.kind), st.text()))
    read = document(form, "x", text)
    assert read.text == text
    assert all("\n" not in line.raw[:-1] for line in read.lines)


@BY_KIND
@given(data=st.data())
def test_values_stand_where_the_line_says(form: Format, data: st.DataObject) -> None:
    read = document(form, "x", data.draw(texts(form.kind)))
    for line in read.lines:
        assert 0 <= line.key_at <= line.start <= line.end <= len(line.raw)
    whole = read.text.split("\n")
    for index, line in enumerate(read.lines):
        if line.key or line.problem:
            origin = read.origin(index)
            assert origin.text == whole[origin.number - 1].rstrip("\r")
            assert line.text in origin.text


@given(data=st.data(), name=st.text(max_size=20))
def test_detection_takes_any_text(data: st.DataObject, name: str) -> None:
    detect(name, data.draw(st.one_of(texts(data.draw(st.sampled_from(FORMATS)).kind), st.text())))


def edits(form: Format) -> st.SearchStrategy[tuple[str, str]]:
    """Keys and values that the kind can hold."""
    known = [(case["key"], case["value"]) for case in cases(form.kind, "edit") if case.get("value") is not None]
    if form.kind != "postgresql_conf":
        return st.sampled_from(known)
    any_text = st.text(st.characters(blacklist_characters="\n\0", blacklist_categories=("Cs",)), max_size=12)
    return st.tuples(st.sampled_from([key for key, _ in known]), any_text)


@BY_EDITABLE_KIND
@given(data=st.data())
def test_set_is_read_back_once_and_changes_one_line(form: Format, data: st.DataObject) -> None:
    key, value = data.draw(edits(form))
    before = document(form, "x", data.draw(texts(form.kind)))
    try:
        after = before.set(key, value)
    except ValueError:
        # There may be no place for it, or no way to write it in what stands around.
        assert form.insert if not before.written(key) else form.splice
        return
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


@BY_EDITABLE_KIND
@given(data=st.data())
def test_unset_leaves_the_other_lines(form: Format, data: st.DataObject) -> None:
    before = document(form, "x", data.draw(texts(form.kind)))
    key = data.draw(st.sampled_from(sorted({line.key for line in before.lines if line.key} | {"none"})))
    if key.endswith("/"):
        return
    after = before.apply([Edit(form.kind, key, None)])
    assert after.get(key) is None
    kept = [line.raw for line in before.lines if line.commented or line.key != key]
    assert after.text == "".join(kept)


@pytest.mark.parametrize("form", [each for each in FORMATS if not each.quote], ids=lambda form: form.kind)
def test_read_only_kinds_refuse_edits(form: Format) -> None:
    read: Document = document(form, "x", next(iter(samples(form.kind).values())))
    with pytest.raises(ValueError, match="read only"):
        read.set(next(line.key for line in read.lines if line.key), "2")


def test_lines_end_at_newlines_only() -> None:
    assert list(split_lines("a\u2028b\fc\x1cd\re\n\nf")) == ["a\u2028b\fc\x1cd\re\n", "\n", "f"]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no kind 'yaml'; there are answers"):
        detect("", "a", "yaml")
