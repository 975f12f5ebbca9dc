"""The server can't read a line of postgresql.conf.

One line that does not follow the grammar stops a start: `configuration file contains errors`. On a reload the whole
file is refused and the running server keeps its old settings without a word to any client, so the mistake is met at
the next restart, which may be the one in the middle of an outage.

A value in postgresql.conf is one token. Fractions, blanks, commas, `*` and addresses need single quotes around them;
`;` ends nothing. The line is mended where only one meaning is possible and left alone elsewhere. After the change
`select * from pg_file_settings where error is not null` must be empty; then reload. To undo it, put the line back.
"""

import re
from collections.abc import Iterator

from confmend.catalog import postgres as catalog
from confmend.document import Document
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Line, Rule, Severity

# Behind so many the server reads no further (guc-file.l, ParseConfigFp).
MOST = 100
_SIZE_OR_TIME = re.compile(r"[-+]?[0-9]*\.?[0-9]+[ \t]*(?:B|kB|MB|GB|TB|us|ms|s|min|h|d)")
_QUOTED_ITEMS = re.compile(r"'[^'\\]*'(?:[ \t]*,[ \t]*'[^'\\]*')+")
_OTHER_QUOTES = re.compile(r'"([^"\']*)"|[‘’‚]([^‘’\']*)[‘’]|[“”„]([^“”\']*)[“”]|`([^`\']*)`')  # as pasted


def check(pg: Postgres) -> Iterator[Finding]:
    """Report the lines that the scanner refuses, mended where the meaning is plain."""
    for document in pg.files:
        refused = [index for index, line in enumerate(document.lines) if line.problem]
        for index in refused[:MOST]:
            line = document.lines[index]
            value, why = _meant(line, pg)
            edit = Edit(document.kind, line.key, value) if value is not None else None
            mended = edit is not None and pg.mends(document, index) and not _refused(document.apply([edit]), index)
            advice = f" Write {document.apply([edit]).lines[index].text.strip()}." if edit and mended else ""
            yield Finding(
                f"The server refuses this line: {line.problem}.{why}{advice} It does not start with it, and on a "
                "reload it keeps its old settings.",
                (document.origin(index),),
                (edit,) if edit and mended else (),
            )


def _refused(document: Document, index: int) -> bool:
    return bool(document.lines[index].problem)


def _meant(line: Line, pg: Postgres) -> tuple[str | None, str]:
    """Return the value that is certainly meant, None if none is, and what is wrong with the line."""
    setting = _setting(line.key, pg)
    for meant, why in _readings(line.value.strip(), setting is not None and setting.type == "string"):
        if setting is None:
            return None, f" {why}"
        try:
            setting.check(meant)
        except ValueError:
            continue
        return meant, f" {why}"
    if not line.key:
        return None, " A line is a name, = and one value; a comment starts with #."
    return None, ""


def _setting(name: str, pg: Postgres) -> catalog.Setting | None:
    versions = catalog.known_in(name)
    if pg.version is not None and pg.version not in versions:
        return None
    return catalog.settings(pg.version or versions[-1])[name] if versions else None


def _readings(value: str, is_text: bool) -> Iterator[tuple[str, str]]:
    """Yield what a refused value may mean, the plainest first, each with what is wrong with it."""
    if value.endswith(";"):
        bare = value.rstrip("; \t")
        if re.fullmatch(r"'[^'\\]*'|[^'\"\s,]+", bare):
            yield bare.strip("'"), "A ; is neither an end nor a comment here."
    if _SIZE_OR_TIME.fullmatch(value):
        kind = "A fraction with a unit" if "." in value else "A number with a blank before its unit"
        yield value, f"{kind} must stand in single quotes."
    other = _OTHER_QUOTES.fullmatch(value)
    if other:
        yield next(each for each in other.groups() if each is not None), "Only ' is a quote here."
    if is_text and _QUOTED_ITEMS.fullmatch(value):
        yield re.sub(r"'[ \t]*,[ \t]*'", ",", value)[1:-1], "A list is one value, with one pair of quotes around it."
    if is_text and value and not re.search(r"['\"\\;=]|//|--", value):
        yield value, "A text with such characters must stand in single quotes."


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/config-setting.html",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/misc/guc-file.l",
    ),
    examples=(
        Example(
            {"postgresql_conf": "shared_buffers = 1.5GB\t# a quarter\nmax_connections = 100;\nlisten_addresses = *\n"},
            {
                "postgresql_conf": "shared_buffers = '1.5GB'\t# a quarter\nmax_connections = 100\nlisten_addresses = "
                "'*'\n"
            },
        ),
        Example(
            {"postgresql_conf": "work_mem = 128 MB\nlisten_addresses = 10.0.0.1, 10.0.0.2\nport = 5,432\n"},
            {"postgresql_conf": "work_mem = '128 MB'\nlisten_addresses = '10.0.0.1, 10.0.0.2'\nport = 5,432\n"},
        ),
        Example(
            {"postgresql_conf": "shared_preload_libraries = 'pg_stat_statements', 'auto_explain'\nport: 5432\n"},
            {"postgresql_conf": "shared_preload_libraries = 'pg_stat_statements,auto_explain'\nport: 5432\n"},
        ),
        # A later line is fine, so an edit of the key would change that one.
        Example(
            {"postgresql_conf": "work_mem = 1.5MB\nwork_mem = 8MB\n"},
            {"postgresql_conf": "work_mem = 1.5MB\nwork_mem = 8MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "shared_buffers = '1.5GB'\nwork_mem = 16MB # ; 'x\nlisten_addresses = localhost\n"
                "log_line_prefix = '%m; [%p] '\nport 5432\n"
            }
        ),
    ),
    side_effect=(
        "The server starts and reloads again, and with that takes every other change that the file gathered "
        "meanwhile: compare pg_file_settings before."
    ),
)
