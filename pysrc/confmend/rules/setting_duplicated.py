"""postgresql.conf sets the same name more than once.

The last line wins, and the server says nothing of the others. Somebody who edits the first one, which is where the
name is expected, changes nothing and finds out in an incident. It happens when a script or a colleague appends lines.

It is harmless where all lines say the same, and intended where one part of a file overrides another on purpose. There
is no edit: which line is to stay is for its owner to say. Removing the others changes nothing and needs no reload.
"""

from collections.abc import Iterator

from confmend.catalog import postgres as catalog
from confmend.document import Document
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

_INCLUDES = ("include", "include_dir", "include_if_exists")


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for names with several active lines in one file; across files it is what the order of files is for."""
    for document in pg.files:
        for name, indices in document.settings.items():
            if len(indices) < 2 or name in _INCLUDES:
                continue
            same = len({_meaning(pg, name, document.lines[index].value) for index in indices}) == 1
            yield Finding(
                _message(document, name, indices, same),
                tuple(document.origin(index) for index in indices),
                severity=Severity.INFO if same else Severity.WARNING,
            )


def _message(document: Document, name: str, indices: tuple[int, ...], same: bool) -> str:
    *others, last = (index + 1 for index in indices)
    count = f"{name} is set {'twice' if len(indices) == 2 else f'{len(indices)} times'}"
    if same:
        return f"{count}, always to the same value. That is harmless; one line is enough."
    idle = f"line {others[0]} does nothing" if len(others) == 1 else f"lines {', '.join(map(str, others))} do nothing"
    return f"{count}. Line {last} wins, with {document.lines[last - 1].value}; {idle}. Remove what is not meant."


def _meaning(pg: Postgres, name: str, value: str) -> str | float:
    """Return a value so that 1GB and 1024MB are the same."""
    versions = catalog.known_in(name)
    if versions:
        setting = catalog.settings(pg.version if pg.version in versions and pg.version else versions[-1])[name]
        try:
            if setting.type in ("integer", "real"):
                return setting.number(value)
            if setting.type == "bool":
                return catalog.flag(value)
        except ValueError:
            return value
        if setting.type == "enum":
            return value.lower()
    return value


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-CONFIGURATION-FILE",),
    examples=(
        Example(
            {"postgresql_conf": "work_mem = 4MB\nport = 5432\nwork_mem = 64MB\n"},
            {"postgresql_conf": "work_mem = 4MB\nport = 5432\nwork_mem = 64MB\n"},
        ),
        Example(
            {"postgresql_conf": "work_mem = 4MB\nwork_mem = 4096kB\n"},
            {"postgresql_conf": "work_mem = 4MB\nwork_mem = 4096kB\n"},
        ),
        Example({"postgresql_conf": "include = 'a.conf'\ninclude = 'b.conf'\n#work_mem = 4MB\nwork_mem = 64MB\n"}),
    ),
)
