"""The report as files: each read by what reads such files, with whatever was pasted in it."""

import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import junitparser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from artefact_cases import CASES, HOSTILE, SECRET, analysed, each_with, file_of
from confmend import artefacts
from confmend.analysis_json import as_json
from confmend.artefacts.files import as_bytes
from confmend.artefacts.quoting import filters
from confmend.engine import analyse
from confmend.model import Paste

# Microsoft's validator for jest brings OASIS' own schema.
SARIF = Path(__file__).parent / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
PIECES = (
    *(
        "`",
        "```",
        "~~~",
        "|",
        "\\",
        "\\|",
        "*a*",
        "_a_",
        "[a](http://x.example)",
        "![a](b)",
        "<b>",
        "<!--",
        "-->",
        "&amp;",
    ),
    *(
        "&#124;",
        "https://x.example",
        "www.x.example",
        "@ops",
        "a@x.example",
        "#1",
        "\n",
        "\n\n",
        "\r",
        "- ",
        "+ ",
        "1. ",
    ),
    *(
        "> ",
        "# ",
        "===",
        "---",
        "$x$",
        ":smile:",
        "    ",
        "\t",
        "{0}",
        "{{",
        "}",
        "\u2028",
        "\0",
        "é",
        "\udce9",
        "a",
        " ",
    ),
)
ANY = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join), st.just(HOSTILE))
WRITTEN = filters(str)
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@each_with("confmend-report.json")
def test_json_is_what_the_command_line_prints(case: str) -> None:
    schema = json.loads(resources.files("confmend").joinpath("analysis.schema.json").read_text("utf-8"))
    shared, own = (json.loads(file_of(case, "confmend-report.json", own=own)) for own in (False, True))
    assert shared == json.loads(json.dumps(as_json(analysed(case))))
    jsonschema.validate(own, schema)
    assert [each["rule"] for each in own["findings"]] == [each["rule"] for each in shared["findings"]]


@each_with("confmend.sarif")
def test_sarif_fits_its_schema_and_says_what_was_found(case: str) -> None:
    schema = json.loads(SARIF.read_text("utf-8"))
    findings = as_json(analysed(case))["findings"]
    for own in (False, True):
        text = file_of(case, "confmend.sarif", own=own)
        log = json.loads(text)
        jsonschema.validate(log, schema, format_checker=jsonschema.FormatChecker())
        (run,) = log["runs"]
        rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
        assert len(set(rules)) == len(rules)
        assert [each["ruleId"] for each in run["results"]] == [each["rule"] for each in findings]
        for result, finding in zip(run["results"], findings, strict=True):
            assert rules[result["ruleIndex"]] == result["ruleId"]
            if not own:
                assert _unescaped(result["message"]["text"]) == finding["message"]
            places = [each["physicalLocation"] for each in result["locations"]]
            assert bool(places) == bool(finding["evidence"] or finding["edits"])
            for place in places:
                assert not unquote(place["artifactLocation"]["uri"]).startswith(("/", "../"))
                assert re.fullmatch(r"[A-Za-z0-9_.~/%-]+", place["artifactLocation"]["uri"])


def _unescaped(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}").replace("\\[", "[").replace("\\]", "]")


@each_with("confmend-junit.xml")
def test_junit_counts_what_failed(case: str) -> None:
    analysis = analysed(case)
    wanted = {
        "failed": {
            result.rule for result in analysis.results if _worst(result.findings) in ("warning", "error", "critical")
        },
        "skipped": {result.rule for result in analysis.results if result.missing and not result.findings},
    }
    for own in (False, True):
        suites = junitparser.JUnitXml.fromstring(as_bytes(file_of(case, "confmend-junit.xml", own=own)))
        (suite,) = suites
        kinds = {each.name: each.result[0].__class__.__name__ if each.result else "" for each in suite}
        assert list(kinds) == [result.rule for result in analysis.results]
        assert {name for name, kind in kinds.items() if kind == "Failure"} == wanted["failed"]
        assert {name for name, kind in kinds.items() if kind == "Skipped"} == wanted["skipped"]
        counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
        assert counted == (len(kinds), len(wanted["failed"]), 0, len(wanted["skipped"]))
        assert (suites.tests, suites.failures, suites.errors) == counted[:3]
        suite.update_statistics()  # type: ignore[no-untyped-call]  # it is so in junitparser
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == counted


def _worst(findings: Any) -> str:
    return max(each.severity for each in findings).label if findings else ""


def test_a_host_with_nothing_wrong_passes() -> None:
    """What collects reports closes its old findings only when a report without them comes."""
    analysis = analyse([Paste("postgresql = 16\n", kind="answers")])
    assert json.loads(artefacts.artefact(analysis, "confmend.sarif").files[0].text)["runs"][0]["results"] == []
    suites = junitparser.JUnitXml.fromstring(artefacts.artefact(analysis, "confmend-junit.xml").files[0].text.encode())
    assert (suites.failures, suites.errors) == (0, 0)
    assert suites.tests > 100


# Markdown.


@each_with("confmend-report.md")
def test_nothing_pasted_is_markup(case: str) -> None:
    for own in (False, True):
        tokens = MARKDOWN.parse(file_of(case, "confmend-report.md", own=own))
        assert {each.type for each in _all(tokens)} <= {
            *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "text_special"),
            *("bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close", "list_item_open"),
            *("list_item_close", "fence", "table_open", "table_close", "thead_open", "thead_close", "tbody_open"),
            *("tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
        }
        titles = {_text(each) for each in _headings(tokens, "h2")}
        assert titles <= {"Known errors", "Findings", "Changes", "In this order", "Not changed", "Known"}
        headings = [_text(each) for each in _headings(tokens, "h3")]
        findings = as_json(analysed(case))["findings"]
        assert headings[len(headings) - len(findings) :] == [
            _line(f"{each['severity'].upper()}: {each['title']}") for each in findings
        ]
        if not own:
            rows = [[_text(cell) for cell in row] for row in _rows(tokens)]
            for edit in (edit for each in findings for edit in each["edits"]):
                shown = ["not set" if edit["before"] is None else edit["before"]]
                shown.append("removed" if edit["after"] is None else edit["after"])
                assert [_line(each) for each in (edit["key"], *shown, edit["applies"])] in rows


def _all(tokens: list[Token]) -> Iterator[Token]:
    for each in tokens:
        yield each
        yield from _all(each.children or [])


def _headings(tokens: list[Token], tag: str) -> Iterator[Token]:
    for before, each in pairwise(tokens):
        if before.type == "heading_open" and before.tag == tag:
            yield each


def _rows(tokens: list[Token]) -> Iterator[list[Token]]:
    row: list[Token] = []
    for index, each in enumerate(tokens):
        if each.type == "tr_open":
            row = []
        elif each.type == "inline" and tokens[index - 1].type in ("td_open", "th_open"):
            row.append(each)
        elif each.type == "tr_close":
            yield row


def _text(token: Token) -> str:
    return _line("".join(each.content for each in token.children or []).replace("\u2060", ""))


def _line(text: str) -> str:
    return " ".join(re.sub("[\0-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+", " ", text.replace("\u2060", "")).split())


@given(ANY)
@example("a\\|b")
@example("1. a")
def test_markdown_shows_the_text_wherever_it_stands(text: str) -> None:
    written = WRITTEN["markdown"](text)
    for before in ("", "it is ", "- ", "### "):
        tokens = MARKDOWN.parse(f"{before}{written} end\n")
        inline = [each for each in tokens if each.type == "inline"]
        assert len(inline) == 1
        assert {each.type for each in inline[0].children or []} <= {"text", "text_special"}
        assert _text(inline[0]) == _line(f"{before.strip('-# ')} {text} end")
    table = list(_rows(MARKDOWN.parse(f"| a | b |\n|---|---|\n| {written} | x |\n| {written} | {written} |\n")))
    assert [[_text(cell) for cell in row] for row in table[1:]] == [[_line(text), "x"], [_line(text)] * 2]
    assert not re.search(r"https?://|(?<!\w)@\w", written)


@given(ANY)
def test_a_block_of_markdown_ends_where_the_text_does(text: str) -> None:
    for name, language in (("markdown_block", ""), ("markdown_diff", "diff")):
        fence, *rest = MARKDOWN.parse(f"{WRITTEN[name](text)}\n\nend\n")
        assert (fence.type, fence.info, rest[1].content) == ("fence", language, "end")
        shown = text if text.endswith("\n") else f"{text}\n"
        assert fence.content == re.sub("\r\n?", "\n", shown).replace("\0", "\ufffd")


@given(ANY)
def test_a_message_of_sarif_has_no_arguments_and_no_links(text: str) -> None:
    message = json.loads(WRITTEN["sarif"](text))
    assert not re.search(r"(?<!\\)\]\(", message)
    assert not re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)|(?<!\})(?:\}\})*\}(?!\})", message)
    if "](" not in text:
        assert message.replace("{{", "{").replace("}}", "}") == text


# HTML.


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, set[str]] = {}
        self.links: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.setdefault(tag, set()).update(name for name, _ in attrs)
        self.links.update(value or "" for name, value in attrs if name in ("href", "src"))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


PLAIN = (
    *("head", "body", "title", "style", "h1", "h2", "h3", "p", "article", "pre", "ul", "ol", "li", "table", "tr", "th"),
    *("td", "del", "ins", "strong", "code"),
)
TAGS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(PLAIN, frozenset()),
    "html": frozenset({"lang"}),
    "meta": frozenset({"charset", "http-equiv", "content", "name"}),
    "span": frozenset({"class"}),
    "a": frozenset({"href", "rel"}),
    # The pictures and their tables.
    **dict.fromkeys(("small", "details", "summary", "thead", "tbody", "defs"), frozenset()),
    **dict.fromkeys(("article", "h2", "title", "desc"), frozenset({"id"})),
    **dict.fromkeys(("p", "table"), frozenset({"class"})),
    "section": frozenset({"aria-labelledby"}),
    "div": frozenset({"class", "tabindex", "role", "aria-label"}),
    "th": frozenset({"scope"}),
    "svg": frozenset({"xmlns", "class", "role", "viewbox", "width", "height", "font-size", "fill", "aria-labelledby"}),
    "pattern": frozenset({"id", "class", "width", "height", "patternunits"}),
    "path": frozenset({"d", "fill", "stroke", "stroke-width"}),
    "rect": frozenset({"class", "x", "y", "width", "height", "fill", "stroke", "stroke-dasharray"}),
    "text": frozenset({"x", "y", "text-anchor", "font-weight"}),
}


@each_with("confmend-report.html")
def test_html_has_our_own_elements_only(case: str) -> None:
    findings = as_json(analysed(case))["findings"]
    for own in (False, True):
        seen = _Seen()
        seen.feed(file_of(case, "confmend-report.html", own=own))
        assert seen.tags.keys() <= TAGS.keys()
        assert all(names <= TAGS[tag] for tag, names in seen.tags.items())
        assert seen.links <= {address for each in findings for address in each["sources"]}
        assert all(link.startswith("https://") for link in seen.links)
        shown = _line("".join(seen.text))
        for each in findings:
            assert own or _line(each["message"]) in shown


@pytest.mark.parametrize("name", ["confmend-report.html", "confmend-report.md", "confmend-junit.xml", "confmend.sarif"])
def test_the_owner_alone_has_the_values(name: str) -> None:
    pastes = (*CASES["postgresql"], Paste("DATABASE=postgres://app:Tr0ub4dor-example@db1/app?keepalives=0\n", ".env"))
    analysis = analyse(pastes)
    assert "Tr0ub4dor" not in artefacts.artefact(analysis, name).files[0].text
    assert SECRET[:4] not in artefacts.artefact(analysis, name).files[0].text
    assert "Tr0ub4dor" in artefacts.own_artefact(pastes, analysis, name).files[0].text
