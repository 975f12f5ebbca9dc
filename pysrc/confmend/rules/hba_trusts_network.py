"""pg_hba.conf lets a network in without a password.

A rule with the method trust asks nobody who they are: whoever reaches the port from those addresses is any user of the
rule, with `all` the superuser too, who can run programs on the host. It is often left over from an installation, or
meant for a container's own network that turned out to be reachable.

There is no edit: with scram-sha-256 in its place every client that has no password yet is locked out. Give the roles
passwords (`\\password` in psql), change the method, reload, and try a connection before closing the last one. trust for
127.0.0.1, ::1 and local sockets is not reported; on a host with other users it is not safe either.
"""

from collections.abc import Iterator

from confmend.facts import Documents
from confmend.facts.hba import rules_of
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(documents: Documents, pg: Postgres | None) -> Iterator[Finding]:
    """Look for trust on rules for other hosts."""
    for document in documents.of("pg_hba"):
        for rule in rules_of(document):
            if rule.method != "trust" or not rule.is_remote:
                continue
            where = "every address" if rule.is_everywhere else rule.address
            quiet = pg is not None and pg.only_local
            local = " The server listens on this host only, so nobody gets that far yet." if quiet else ""
            yield Finding(
                f"{rule.user} may connect to {rule.database} from {where} without a password.{local}",
                (rule.origin, *(pg.origins("listen_addresses") if pg else ())),
                severity=Severity.ERROR if rule.is_everywhere and not quiet else Severity.WARNING,
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=("https://www.postgresql.org/docs/current/auth-trust.html",),
    examples=(
        Example(
            {"pg_hba": "local all all peer\nhost all all 0.0.0.0/0 trust\nhost all all 10.0.0.0 255.0.0.0 trust\n"},
            {"pg_hba": "local all all peer\nhost all all 0.0.0.0/0 trust\nhost all all 10.0.0.0 255.0.0.0 trust\n"},
        ),
        Example(
            {
                "pg_hba": "local all all trust\nhost all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\n"
                "host all all localhost trust\nhost all all 0.0.0.0/0 scram-sha-256\n"
            }
        ),
    ),
)
