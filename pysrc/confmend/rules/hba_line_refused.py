"""The server can't read a rule of pg_hba.conf.

On a reload nothing of the file is taken: `pg_hba.conf was not reloaded`, and the old rules stay. At the next start it
is fatal: `could not load pg_hba.conf`. So the mistake is met at the restart in the middle of something else.

What the rule was to say only its owner knows, so there is no edit. `select * from pg_hba_file_rules where error is not
null` shows what the server makes of the file without loading it. Includes need 16, a line that goes on behind a
backslash 14.
"""

from collections.abc import Iterator

from confmend.facts import Documents
from confmend.model import Example, Finding, Rule, Severity


def check(documents: Documents) -> Iterator[Finding]:
    """Report the lines that the server refuses."""
    for document in documents.of("pg_hba"):
        for index, line in enumerate(document.lines):
            if line.problem:
                yield Finding(
                    f"The server refuses this rule: {line.problem}. A reload keeps the old rules, and it does not "
                    "start with this file.",
                    (document.origin(index),),
                )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/hba.c",
    ),
    examples=(
        Example(
            {"pg_hba": "local all all peer\nhost all all 10.0.0.0/33 md5\nhost all all samenet scram\n"},
            {"pg_hba": "local all all peer\nhost all all 10.0.0.0/33 md5\nhost all all samenet scram\n"},
        ),
        Example({"pg_hba": "local all all peer\nhost all all 10.0.0.0/8 md5\n"}),
    ),
)
