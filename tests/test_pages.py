"""The pages of rules and incidents: everything that one says is on its page, escaped, and in its plain text."""

from html.parser import HTMLParser

import pytest

from confmend.incidents import FAMILIES, incidents
from confmend.incidents import example as worked_example
from confmend.pages import explain, explain_incident, incident_page, index_page, prose, rule_page
from confmend.rules import doc, rules, title

# What a page is made of; nothing that could run or load anything but the style sheet.
TAGS = {
    *("html", "head", "meta", "title", "link", "body", "header", "main", "section", "article", "footer"),
    *("h1", "h2", "h3", "p", "a", "b", "code", "pre", "span", "small", "ul", "ol", "li", "ins", "del"),
}
VOID = {"meta", "link", "input"}


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") for name, _ in attrs)
        # Nothing is loaded but the page's own: the sandbox, and the search of the index.
        assert all(not (value or "").startswith(("http", "//")) for name, value in attrs if name == "src")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_rule_has_a_page_that_says_what_its_file_says() -> None:
    for name, rule in rules().items():
        page, text = Page(rule_page(name)), explain(name)
        assert page.open == []
        assert page.tags <= TAGS
        words = " ".join(page.text.replace("`", "").split())
        for part in doc(name).split("\n\n"):
            assert " ".join(part.replace("`", "").split()) in words
        assert set(rule.sources) <= set(page.links)
        for example in rule.examples:
            for given in example.given.values():
                assert given in page.text
                assert all(line in text for line in given.splitlines())
        for corrected in (each for example in rule.examples for each in (example.fixed or {}).values()):
            assert all(line in text for line in corrected.splitlines())


def test_the_text_says_what_the_page_says() -> None:
    text, page = explain("standby_below_primary"), Page(rule_page("standby_below_primary")).text
    for part in (
        "max_connections is 100 on this standby, and its primary has 300",
        "100 < 300",
        "after a restart of PostgreSQL",
        "More places take more shared memory, and the standby is restarted.",
        title("standby_below_primary"),
    ):
        assert part in " ".join(text.split())
        assert part in page
    assert "100 &lt; 300" in rule_page("standby_below_primary")


def test_the_addresses_around_are_given() -> None:
    page = rule_page("autovacuum_off", style="/a&b.css", home="/?<x>")
    assert 'href="/a&amp;b.css"' in page
    assert Page(page).links[:2] == ["/a&b.css", "/?<x>"]


def test_no_page_for_what_is_no_rule() -> None:
    with pytest.raises(KeyError):
        explain("nope")
    with pytest.raises(KeyError):
        rule_page("nope")


def test_prose_knows_code() -> None:
    assert prose("one `two\nthree` four") == [("one ", False), ("two three", True), (" four", False)]
    assert prose("``a``") == [("a", True)]
    assert prose("a ` b") == [("a ` b", False)]


@pytest.mark.parametrize("slug", incidents())
def test_every_incident_has_a_page_that_says_what_its_folder_says(slug: str) -> None:
    incident, page, text = incidents()[slug], Page(incident_page(slug)), explain_incident(slug)
    assert page.open == []
    assert page.tags <= TAGS | {"dl", "dt", "dd", "details", "summary", "iframe"}
    words, plain = " ".join(page.text.split()), " ".join(text.split())
    said = [incident.title, incident.meaning, incident.impact, incident.fix, incident.lasting_fix, incident.prevention]
    said += [message.text for message in incident.messages] + list(incident.sqlstates)
    said += [each for cause in incident.causes for each in (cause.cause, cause.confirm)]
    for each in said:
        assert " ".join(each.split()) in words
        assert " ".join(each.split()) in plain
    assert set(incident.sources) <= set(page.links)
    assert {f"../rules/{rule}.html" for cause in incident.causes for rule in cause.rules} <= set(page.links)
    assert {f"{other}.html" for other in incident.related} <= set(page.links)
    assert all(paste.text.rstrip("\n") in page.text for paste in worked_example(slug))


def test_the_index_lists_everything() -> None:
    page = Page(index_page())
    assert {f"incidents/{slug}.html" for slug in incidents()} <= set(page.links)
    assert {f"rules/{name}.html" for name in rules()} <= set(page.links)
    assert {incident.family for incident in incidents().values()} == set(FAMILIES)
