"""postgresql.conf sets a name that no version of PostgreSQL knows.

One misspelt name stops a start: `unrecognized configuration parameter`. A reload refuses the whole file, and the
running server keeps its old settings, so the mistake waits for the next restart. Names with a dot are another matter:
they belong to extensions, and any is accepted.

The name is corrected where a single one is that close, it is not set elsewhere, and it would take the value. The
advice is wrong on forks of PostgreSQL with settings of their own. To undo the change, put the line back.
"""

import difflib
from collections.abc import Iterator

from confmend.catalog import postgres as catalog
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity

# One or two letters wrong in a usual name; so close that there is one meaning.
CERTAIN = 0.93
# Worth asking whether it was meant.
SIMILAR = 0.75
# With more unknown names than this a file is of another program or a fork of PostgreSQL.
MOST = 20
_INCLUDES = ("include", "include_dir", "include_if_exists")


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for names that are in no catalogue, and for the nearest that is."""
    unknown = [name for name in pg.settings if not _known(name)]
    for name in unknown[:MOST]:
        names = _names(pg.version)
        near = difflib.get_close_matches(name, names, n=2, cutoff=SIMILAR)
        edits = _edits(pg, name, near)
        question = "." if not near else f"; write {near[0]}." if edits else f"; is {near[0]} meant?"
        yield Finding(
            f"No version of PostgreSQL from {catalog.versions()[0]} to {catalog.versions()[-1]} knows {name}{question} "
            "The server does not start with this line.",
            pg.origins(name),
            edits,
        )


def _known(name: str) -> bool:
    return "." in name or name in _INCLUDES or catalog.is_setting(name) or name in catalog.removed()


def _names(version: int | None) -> list[str]:
    versions = (version,) if version else catalog.versions()
    return sorted({name for each in versions for name in catalog.settings(each)})


def _edits(pg: Postgres, name: str, near: list[str]) -> tuple[Edit, ...]:
    """Return the edits that rename a line, if only one name can be meant and it takes the value."""
    close = [each for each in near if difflib.SequenceMatcher(None, name, each).ratio() >= CERTAIN]
    if len(close) != 1 or pg.version is None or pg.written(close[0]):
        return ()
    value = pg.settings[name].value
    setting = catalog.settings(pg.version)[close[0]]
    try:
        setting.check(value)
    except ValueError:
        return ()
    return () if setting.context == "internal" else (Edit("postgresql_conf", name, None), pg.edit(close[0], value))


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/config-setting.html",
        "https://www.postgresql.org/docs/current/runtime-config.html",
    ),
    examples=(
        Example(
            {"postgresql_conf": "#shared_buffers = 128MB\nshared_bufers = 4GB\n", "answers": "postgresql = 16\n"},
            {"postgresql_conf": "shared_buffers = 4GB\n"},
        ),
        Example(
            {"postgresql_conf": "max_conections_per_app = 10\nport = 5432\n", "answers": "postgresql = 16\n"},
            {"postgresql_conf": "max_conections_per_app = 10\nport = 5432\n"},
        ),
        Example({"postgresql_conf": "SHARED_Buffers = 4GB\nmyext.shared_bufers = 1\nvacuum_mem = 64MB\nrole = 'x'\n"}),
    ),
    side_effect="The setting that was meant takes effect for the first time.",
)
