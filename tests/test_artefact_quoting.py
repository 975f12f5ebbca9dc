"""Each filter writes a value from which the language's own parser reads the same value again."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jinja2
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from artefact_cases import HOSTILE
from confmend.artefacts.quoting import checked, filters
from confmend.formats import formats
from programs.postgresql import Server, servers
from programs.psql import running

NODE_MODULES = Path(__file__).parent / "node_modules"
PIECES = (
    *("'", '"', "\\", "\n", "\r", "\t", "$(id)", "`id`", "${x}", "$${", "%{if}", "%%{", "*/", "-->", "--", "#}", "#>"),
    *("E'", "%n", "’", "\x85", "\u2028", "\0", "\x1b", "\U0001f600", "\udce9", "é", " ", "a", "]]>", "\ufffe", ":x"),
)
ANY = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join), st.just(HOSTILE))
NO_NUL = ANY.filter(lambda text: "\0" not in text)
# What Unicode knows: no byte that was no text.
WHOLE = ANY.filter(lambda text: not re.search("[\ud800-\udfff]", text))
VALUES = st.recursive(
    WHOLE | st.integers(-(2**40), 2**40) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WHOLE, inner, max_size=3),
    max_leaves=6,
)
WRITTEN = filters(str)


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_shell_gives_the_words(shell: str) -> None:
    @given(st.lists(NO_NUL, min_size=1, max_size=30))
    @settings(max_examples=40)
    def same(words: list[str]) -> None:
        script = f"printf '%s\\0' {WRITTEN['shell'](words)}\n"
        done = subprocess.run([shell], input=script.encode("utf-8", "surrogateescape"), capture_output=True, check=True)
        assert done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1] == words

    same()


def _passes_psql(text: str) -> bool:
    """Leave out NUL, and the noncharacters beyond the first plane: psql loses U+1FFFE, however it is written."""
    return not any(
        character == "\0" or (ord(character) > 0xFFFF and ord(character) & 0xFFFE == 0xFFFE) for character in text
    )


@pytest.mark.parametrize("conforming", ["on", "off"])
@pytest.mark.parametrize("server", [servers()[0], servers()[-1]], ids=lambda server: str(server.version))
def test_psql_gives_the_text(server: Server, conforming: str) -> None:
    with running(server) as psql:

        @given(st.lists(WHOLE.filter(_passes_psql), min_size=60, max_size=120))
        @settings(max_examples=4)
        def same(texts: list[str]) -> None:
            values = ",".join(
                f"{WRITTEN['sql'](text)} as {WRITTEN['sql_name'](f'C {at}')}" for at, text in enumerate(texts)
            )
            script = (
                f"set standard_conforming_strings = {conforming};\nselect row_to_json(t) from (select {values}) t;\n"
            )
            printed = psql.psql("-qAtX", "-v", "ON_ERROR_STOP=1", stdin=script)
            assert list(json.loads(printed).values()) == texts

        same()


@given(VALUES)
def test_yaml_gives_the_value(value: Any) -> None:
    written = f"key: {WRITTEN['yaml'](value)}\n"
    assert yaml.safe_load(written) == {"key": value}
    assert YAML(typ="safe", pure=True).load(written) == {"key": value}


@given(WHOLE)
@example("{{ 1 }}")
def test_ansible_gives_the_text_and_no_template(text: str) -> None:
    """The tag is the only one in it, and stands before every text that Jinja would do something with."""
    written = WRITTEN["ansible"](text)
    tagged = written.startswith("!unsafe ")
    assert yaml.safe_load(written.removeprefix("!unsafe ")) == text
    if not tagged:
        assert jinja2.Environment(keep_trailing_newline=True, newline_sequence="\n").from_string(
            text.replace("\r", "")
        ).render() == text.replace("\r", "")


@given(VALUES)
@example("\udce9")
def test_json_gives_the_value(value: Any) -> None:
    assert json.loads(WRITTEN["json"](value)) == value
    assert WRITTEN["json"](value).isascii()


def test_terraform_gives_the_value() -> None:
    """HashiCorp's own parser gives templates as they are written, so what stands for ``${`` is still doubled."""

    @given(st.lists(VALUES.filter(lambda value: value is not None), min_size=20, max_size=60))
    @settings(max_examples=5)
    def same(values: list[Any]) -> None:
        text = "".join(f"a{number} = {WRITTEN['hcl'](value)}\n" for number, value in enumerate(values))
        program = (
            'import { parse } from "@cdktf/hcl2json"; import { readFileSync } from "fs";'
            'console.log(JSON.stringify(await parse("a.tf", readFileSync(0, "utf8"))));'
        )
        done = subprocess.run(
            ["node", "--input-type=module", "-e", program],
            input=text.encode(),
            capture_output=True,
            check=False,
            cwd=NODE_MODULES.parent,
        )
        assert done.returncode == 0, done.stderr.decode()
        found = _mapped(json.loads(done.stdout), lambda text: text.replace("$${", "${").replace("%%{", "%{"))
        assert [found[f"a{number}"] for number in range(len(values))] == values

    same()


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _mapped(each, change) for key, each in value.items()}
    return [_mapped(each, change) for each in value] if isinstance(value, list) else value


@given(ANY)
def test_xml_gives_the_text(text: str) -> None:
    quoted = WRITTEN["xml"](text)
    read = ElementTree.fromstring(f'<a b="{quoted}">{quoted}</a>')
    expected = re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    assert (read.text or "", read.get("b")) == (expected, expected)


@given(NO_NUL)
def test_registry_file_gives_the_text(text: str) -> None:
    written = f'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\A]\n"B"={WRITTEN["reg"](text)}\n'
    line = next(each for each in formats()["windows_reg"].read(written) if each.key.endswith("B"))
    if line.raw.endswith('"\n'):
        inner = line.raw.partition("=")[2][1:-2]
        assert re.fullmatch(r'(?:[^"\\]|\\["\\])*', inner)
        assert re.sub(r"\\(.)", r"\1", inner) == text
    else:
        data = bytes.fromhex(line.raw.partition(":")[2].replace(",", ""))
        assert data.decode("utf-16-le", "surrogatepass") == f"{text}\0"


@given(ANY)
def test_powershell_string_ends_where_the_value_does(text: str) -> None:
    """Five characters are apostrophes to it, and two in a row stand for the first of them."""
    quoted = WRITTEN["powershell"](text)
    assert re.fullmatch("'(?:[^'‘’‚‛]|['‘’‚‛]{2})*'", quoted)
    assert re.sub("(['‘’‚‛])['‘’‚‛]", r"\1", quoted[1:-1]) == text


@given(ANY)
def test_a_comment_stays_one(text: str) -> None:
    said = WRITTEN["comment"](text)
    assert len(f"# {said}\n".splitlines()) == 1
    assert not re.search(r"\\\Z|[\0-\x1f\x7f-\x9f]", said)
    if not re.search("[\ud800-\udfff]", said):
        assert yaml.safe_load(f"# {said}\na: 1\n") == {"a": 1}
    script = f"# {said}\necho done\n".encode("utf-8", "surrogateescape")
    assert subprocess.run(["sh"], input=script, capture_output=True, check=True).stdout == b"done\n"


@given(ANY)
@example("sysctl --system; /* a */ -->")
def test_a_comment_holds_what_can_be_copied_from_it(text: str) -> None:
    said = WRITTEN["comment"](text)
    if not re.search("[\0-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]|\\\\\\Z", text):
        assert said == text


@given(ANY)
@example("a --> b -")
@example("---")
def test_a_comment_of_xml_stays_one(text: str) -> None:
    said = WRITTEN["xml_comment"](text)
    assert not re.search(r"--|-\Z|[\0-\x1f\x7f-\x9f]", said)
    if not re.search("[\ud800-\udfff]", said):
        ElementTree.fromstring(f"<a><!--{said}--></a>")


@given(ANY)
def test_a_line_holds_the_value_or_refuses_it(text: str) -> None:
    try:
        written = WRITTEN["line"](text)
    except ValueError:
        assert re.search(r"[\0-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|^\s|\s$|\\$", text)
    else:
        assert written == text
        assert len(f"{text}\n".splitlines()) == 1


@pytest.mark.parametrize(
    "template", ["{{ x }}", "{{ x | upper }}", "{{ x ~ 'a' }}", "{{ [x] | join(',') }}", "{{ 'a' }}"]
)
def test_text_without_a_filter_is_refused(template: str) -> None:
    environment = jinja2.Environment(finalize=checked)
    environment.filters.update(WRITTEN)
    with pytest.raises(TypeError, match="no filter"):
        environment.from_string(template).render(x="a")
    assert environment.from_string("{{ x | shell }} {{ 3 }}").render(x="a b") == "'a b' 3"


def test_the_owners_value_is_put_back_before_it_is_quoted() -> None:
    own = filters({"PASSWORD": "it's"}.get)  # type: ignore[arg-type]  # every value asked for is there
    assert own["shell"]("PASSWORD") == "'it'\"'\"'s'"
    assert own["sql"](["PASSWORD"]) == "'it''s'"
    assert own["yaml"]({"PASSWORD": ["PASSWORD"]}) == '{"it\'s": ["it\'s"]}'
