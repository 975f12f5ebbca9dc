"""pgbouncer.ini sets a name that this version of PgBouncer does not know.

An unknown name stops a start and makes a RELOAD fail: `unknown parameter`. It happens when a file is written after the
newest manual for the PgBouncer that the distribution has: max_prepared_statements came with 1.21, transaction_timeout
with 1.25, limits of clients for a user with 1.24.

The line is removed: without it PgBouncer starts and does what it did before. The advice is wrong if the version is;
`pgbouncer --version` tells. To undo it, put the line back and upgrade.
"""

from collections.abc import Iterator

from confmend.catalog import pgbouncer as catalog
from confmend.facts.pooler import KIND, VERSION_PASTE, Pooler
from confmend.model import Edit, Example, Finding, MissingFactError, Rule, Severity

# Older versions are in no supported distribution; what came before is in all of them.
OLDEST = "1.16"


def check(pooler: Pooler) -> Iterator[Finding]:
    """Look every name that is set up in the catalogue."""
    if pooler.file.kind != KIND:
        return
    for key in pooler.file.settings:
        section, _, name = key.partition("/")
        name = name if section == catalog.MAIN else name.rpartition("/")[2]
        row = catalog.settings().get(name) if section == catalog.MAIN else catalog.parts(section).get(name)
        if row is None or row.is_in(OLDEST):
            continue
        if not pooler.version:
            if row.since and not (section == catalog.MAIN and pooler.printed(name)):
                raise MissingFactError(VERSION_PASTE)
            continue
        if row.is_in(pooler.version):
            continue
        history = f"it came with {row.since}" if pooler.before(row.since or OLDEST) else f"{row.until} was the last"
        yield Finding(
            f"PgBouncer {pooler.version} does not know {name}: {history}. It does not start with this line.",
            pooler.file.origins(key),
            (Edit(KIND, key, None),),
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://www.pgbouncer.org/changelog.html", "https://www.pgbouncer.org/config.html"),
    examples=(
        Example(
            {
                "pgbouncer_ini": "[pgbouncer]\npool_mode = session\ntransaction_timeout = 30\n",
                "answers": "pgbouncer = 1.24\n",
            },
            {"pgbouncer_ini": "[pgbouncer]\npool_mode = session\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\ntransaction_timeout = 30\n", "answers": "pgbouncer = 1.25\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\nmax_client_conn = 300\n"}),
    ),
    side_effect="What the line was to limit is not limited until PgBouncer is upgraded.",
)
