"""A file includes another one that was not pasted.

What an included file sets counts as if it stood in the place of the line that includes it, and a later line wins. So a
setting that looks wrong here may be right there, and one that looks right may be overridden. confmend judges what was
pasted; of the other file it knows nothing.

A paste whose name ends like the included file's counts as that file; for a directory, any file in it that was pasted.
An include_if_exists whose file does not exist is no fault and changes nothing. There is no edit: paste the file too.
"""

from collections.abc import Iterator

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Example, Finding, Rule, Severity

_DIRECTIVES = {
    "postgresql_conf": ("include", "include_if_exists", "include_dir"),
    "pgbouncer_ini": ("%include",),
}


def check(documents: Documents) -> Iterator[Finding]:
    """Look for includes of files that are not among the documents."""
    names = [document.name for document in documents.all]
    for kind, directives in _DIRECTIVES.items():
        for document in documents.of(kind):
            yield from _absent(document, directives, [name for name in names if name != document.name])


def _absent(document: Document, directives: tuple[str, ...], names: list[str]) -> Iterator[Finding]:
    for directive in directives:
        for index in document.settings.get(directive, ()):
            included = document.lines[index].value
            directory = directive == "include_dir"
            if included and not any(_is(name, included, directory) for name in names):
                what = f"the directory {included}" if directory else included
                yield Finding(
                    f"{document.name} includes {what}, which was not pasted: what it sets is unknown here, and it may "
                    f"override lines before it. Paste {'its files' if directory else 'it'} as well.",
                    (document.origin(index),),
                )


def _is(name: str, included: str, directory: bool) -> bool:
    """Tell whether a paste of this name is the included file, or one of the included directory."""
    wanted, given = _parts(included), _parts(name)
    if directory:
        given = given[:-1] if name.endswith(".conf") else []
    shared = min(len(wanted), len(given))
    return shared > 0 and wanted[-shared:] == given[-shared:]


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-INCLUDES",
        "https://www.pgbouncer.org/config.html#include-directive",
    ),
    examples=(
        Example(
            {"postgresql_conf": "port = 5432\ninclude_dir 'conf.d'\n"},
            {"postgresql_conf": "port = 5432\ninclude_dir 'conf.d'\n"},
        ),
        Example(
            {"pgbouncer_ini": "%include /etc/pgbouncer/databases.ini\n[pgbouncer]\nlisten_port = 6432\n"},
            {"pgbouncer_ini": "%include /etc/pgbouncer/databases.ini\n[pgbouncer]\nlisten_port = 6432\n"},
        ),
        Example({"postgresql_conf": "#include = 'special.conf'\n#include_dir = 'conf.d'\nport = 5432\n"}),
        Example({"postgresql_conf": "include 'pgbouncer.ini'\n", "pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\n"}),
    ),
)
