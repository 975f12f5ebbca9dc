r"""How a value is written in each language that an artefact is in. Every value in a template goes through one of these.

A value comes from what somebody pasted, so it may hold quotes, line breaks, ``$(...)``, ``*/`` or bytes that are no
text (U+DC80 and on, as Python reads them). Each filter gives a writing from which the language's own parser reads the
same value again, or refuses the value (ValueError) where the language has none.

Sources: POSIX sh 2.2.2; PostgreSQL, "String Constants with C-style Escapes"; YAML 1.2, 5.7; RFC 8259; HCL native
syntax, "Template Expressions"; XML 1.0, 2.2; about_Quoting_Rules (PowerShell); systemd.unit(5), "Specifiers".
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from confmend.artefacts.files import as_bytes

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
# What ends a comment of XML, which none may hold.
_CLOSER = re.compile("-(?=-)")
# What makes Ansible look for a template in a text.
_TEMPLATE_SIGNS = ("{{", "{%", "{#", "#jinja2")
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What is markup somewhere in a line of Markdown, makes a link or a mention of it, or starts a block at its beginning.
_MARKUP = re.compile(r"[\\`*\[\]<>&|~$#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=[/A-Za-z+-])|^[-+=]|(?<=www)\.")
_MENTION = re.compile("(?<![A-Za-z0-9])@(?=[A-Za-z0-9])")
_NUMBERED = re.compile(r"^([0-9]+)([.)])(?!\S)")
_ADDRESS = re.compile("[0-9A-Fa-f]*:[0-9A-Fa-f:.]+")
_FENCES = re.compile("`+")
# PowerShell takes each of these for an apostrophe.
_APOSTROPHES = re.compile("(['‘’‚‛])")


class Quoted(str):
    """A value as it stands in the artefact's language; nothing else may be printed by a template."""

    __slots__ = ()


def shell(value: str) -> str:
    """Write one word of a POSIX shell."""
    _refuse(value, "\0", "a shell word can't hold a NUL")
    return value if _PLAIN_WORD.fullmatch(value) else "'" + value.replace("'", "'\"'\"'") + "'"


def sql(value: str) -> str:
    """Write a string constant of PostgreSQL, whatever standard_conforming_strings says."""
    _refuse(value, "\0", "PostgreSQL's text can't hold a NUL")
    quoted = "'" + value.replace("'", "''").replace("\\", "\\\\") + "'"
    return f"E{quoted}" if "\\" in value else quoted


def sql_name(value: str) -> str:
    """Write an identifier of PostgreSQL; what is quoted keeps its case."""
    _refuse(value, "\0", "PostgreSQL's names can't hold a NUL")
    return value if re.fullmatch("[a-z_][a-z0-9_]*", value) else '"' + value.replace('"', '""') + '"'


def yaml(value: Any) -> str:
    """Write a value, list or mapping on one line; text always in double quotes, so that no version misreads it."""
    if isinstance(value, str):
        return '"' + "".join(map(_yaml_character, value)) + '"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml(str(key))}: {yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml, value)) + "]"
    return json.dumps(value)


def _yaml_character(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if " " <= char <= "~":
        return char
    return f"\\u{ord(char):04X}" if char <= "\uffff" else f"\\U{ord(char):08X}"


def ansible(value: str) -> str:
    """Write a text of Ansible's YAML that is no template; the tag turns ``"on"`` into a boolean, so few have it."""
    return f"!unsafe {yaml(value)}" if any(sign in value for sign in _TEMPLATE_SIGNS) else yaml(value)


def json_text(value: Any) -> str:
    """Write a value, list or mapping as JSON in ASCII; Rego's strings are the same."""
    return json.dumps(value)


def hcl(value: Any) -> str:
    """Write a value, list or mapping of Terraform's language; text as a template in which nothing is replaced."""
    if isinstance(value, str):
        quoted = "".join(map(_hcl_character, value))
        return '"' + quoted.replace("${", "$${").replace("%{", "%%{") + '"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{hcl(str(key))} = {hcl(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(hcl, value)) + "]"
    return json.dumps(value)


def _hcl_character(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if " " <= char <= "~":
        return char
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    return named or (f"\\u{ord(char):04X}" if char <= "\uffff" else f"\\U{ord(char):08X}")


def xml(value: str) -> str:
    """Write text for an element or an attribute. What XML 1.0 can't hold at all becomes U+FFFD."""
    return "".join(_XML.get(char, char) for char in _NOT_XML.sub("\ufffd", value))


def reg(value: str) -> str:
    """Write the right side of a value in a .reg file: a string, or its bytes where it holds a line break."""
    _refuse(value, "\0", "a value of the registry can't hold a NUL")
    if not _LINE_BREAKS.search(value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    data = f"{value}\0".encode("utf-16-le", "surrogatepass")
    return "hex(1):" + ",".join(f"{byte:02x}" for byte in data)


def uri(value: str) -> str:
    """Write a part of a connection URI, or of a query: everything but letters, digits and ``-._~`` is encoded."""
    _refuse(value, "\0", "a connection string can't hold a NUL")
    return quote(as_bytes(value), safe="")


def uri_host(value: str) -> str:
    """Write a host of a connection URI; a numeric address with colons stands in brackets."""
    bare = value.removeprefix("[").removesuffix("]")
    return f"[{bare}]" if _ADDRESS.fullmatch(bare) else uri(value)


def conninfo(value: str) -> str:
    """Write a value of libpq's ``key = value`` pairs."""
    _refuse(value, "\0", "a connection string can't hold a NUL")
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def ado(value: str) -> str:
    """Write a value of .NET's connection strings."""
    _refuse(value, "\0", "a connection string can't hold a NUL")
    return value if _PLAIN_WORD.fullmatch(value) and "=" not in value else '"' + value.replace('"', '""') + '"'


def python(value: Any) -> str:
    """Write a literal of Python in ASCII."""
    return ascii(value)


def sarif(value: str) -> str:
    """Write a message of SARIF 2.1.0 as JSON: braces stand for arguments in it, brackets before a ``(`` for links."""
    text = value.replace("{", "{{").replace("}", "}}")
    if "](" in text:
        text = text.replace("[", "\\[").replace("]", "\\]")
    return json_text(text)


def markdown(value: str) -> str:
    """Write text of CommonMark and of GitHub's dialect, also in a table: no markup and no link.

    GitHub looks for mentions in what is shown, so a word joiner stands behind the sign that would make one.
    """
    text = _MENTION.sub("@\u2060", _LINE_BREAKS.sub(" ", value).strip())
    text = _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)
    return _NUMBERED.sub(r"\1\\\2", text)


def markdown_block(value: str, language: str = "") -> str:
    """Write a block of code in Markdown, whose fence is longer than any in it."""
    text = value if value.endswith("\n") else f"{value}\n"
    fence = "`" * max(3, *(len(each) + 1 for each in _FENCES.findall(value)), 3)
    return f"{fence}{language}\n{text}{fence}"


def powershell(value: str) -> str:
    """Write a string of PowerShell in which nothing is replaced."""
    return "'" + _APOSTROPHES.sub(r"\1\1", value) + "'"


def systemd(value: str) -> str:
    """Write the value of a unit's setting, without specifiers."""
    return _line(value.replace("%", "%%"))


def line(value: str) -> str:
    """Write a value in a file of lines that knows no quotes, such as sysctl.conf."""
    return _line(value)


def _line(value: str) -> str:
    if _LINE_BREAKS.search(value.replace("\t", " ")) or value != value.strip() or value.endswith("\\"):
        raise ValueError("this value needs more than one line, or blanks at an end, which this file can't hold")
    return value


def comment(value: str) -> str:
    """Write text behind the sign of a comment that ends with its line: one line, which continues on no other.

    Nothing else is changed: a command or a statement in a comment, such as the way back, is there to be copied.
    """
    text = _LINE_BREAKS.sub(" ", as_bytes(value).decode("utf-8", "surrogateescape"))
    return f"{text}." if text.endswith("\\") else text


def xml_comment(value: str) -> str:
    """Write text within a comment of XML, which no two hyphens in a row may stand in, nor one at its end."""
    return re.sub("-$", "- ", _CLOSER.sub("- ", comment(value)))


def patch(value: str) -> str:
    """Take a text as it stands that is in the language already: a diff, or a whole file."""
    return value


def _refuse(value: str, char: str, why: str) -> None:
    if char in value:
        raise ValueError(why)


_FILTERS: Mapping[str, Callable[[Any], str]] = {
    "shell": shell,
    "sql": sql,
    "sql_name": sql_name,
    "yaml": yaml,
    "ansible": ansible,
    "json": json_text,
    "hcl": hcl,
    "xml": xml,
    "reg": reg,
    "powershell": powershell,
    "uri": uri,
    "uri_host": uri_host,
    "conninfo": conninfo,
    "ado": ado,
    "python": python,
    "sarif": sarif,
    "markdown": markdown,
    "markdown_block": markdown_block,
    "markdown_diff": functools.partial(markdown_block, language="diff"),
    "systemd": systemd,
    "line": line,
    "comment": comment,
    "xml_comment": xml_comment,
    "as_is": patch,
}

# What stands between the values of a list, each quoted by itself.
_BETWEEN: Mapping[Callable[[Any], str], str] = {shell: " ", sql: ", ", sql_name: ", ", comment: ", "}


def filters(own: Callable[[str], str]) -> Mapping[str, Callable[[Any], Quoted]]:
    """Return the filters by name; each puts the owner's values back before it quotes."""
    return {name: _filter(quote, own if quote is not patch else str) for name, quote in _FILTERS.items()}


def _filter(quote: Callable[[Any], str], own: Callable[[str], str]) -> Callable[[Any], Quoted]:
    between = _BETWEEN.get(quote)

    def quoted(value: Any) -> Quoted:
        owned = _owned(value, own)
        if between is not None and isinstance(owned, list):
            return Quoted(between.join(map(quote, owned)))
        return Quoted(quote(owned))

    return quoted


def _owned(value: Any, own: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return own(value)
    if isinstance(value, Mapping):
        return {own(str(key)): _owned(each, own) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_owned(each, own) for each in value]
    return value


def checked(value: object) -> object:
    """Return what a template may print; TypeError for text that went through no filter."""
    if isinstance(value, Quoted) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError(f"a template prints a {type(value).__name__} that went through no filter")
