"""Connections are refused, because no rule of pg_hba.conf fits them.

The log names the host, the user, the database and whether the connection was encrypted; a rule must fit all of it. Two
cases look like a typing error and are not: `all` as database does not cover replication, which needs its own rule, and
hostssl does not cover a client that came without TLS. `pg_hba.conf rejects connection` means that a rule fits, and its
method is reject.

There is no edit: who may connect its owner decides. A reload applies a new rule; taking it out undoes it.
"""

import re
from collections import Counter
from collections.abc import Iterator

from confmend.facts import Documents
from confmend.facts.hba import rules_of
from confmend.facts.log import ServerLog
from confmend.model import Example, Finding, Origin, Rule, Severity

# auth.c; the encryption is left out on local sockets, and where the server was built without it.
_REFUSED = re.compile(
    r"(?P<rejects>no pg_hba\.conf entry for|pg_hba\.conf rejects) (?P<replication>replication )?(?:connection for |"
    r'connection from )?host "(?P<host>[^"]*)", user "(?P<user>[^"]*)"(?:, database "(?P<database>[^"]*)")?'
    r"(?:, (?P<encryption>no encryption|SSL off|SSL encryption|SSL on|GSS encryption))?"
)
_PLAIN = ("no encryption", "SSL off")
_SHOWN = 3


def check(log: ServerLog, documents: Documents) -> Iterator[Finding]:
    """Count the refused connections, and say what rule would fit each."""
    found: dict[tuple[str, ...], list[Origin]] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for origin in log.matching(_REFUSED):
        match = _REFUSED.search(origin.text)
        if match:
            database = "replication" if match["replication"] else match["database"] or "?"
            key: tuple[str, ...] = (match["user"], database, match["host"], match["encryption"] or "", match["rejects"])
            counts[key] += 1
            found.setdefault(key, []).append(origin)
    for each, count in counts.most_common(_SHOWN):
        user, database, host, encryption, said = each
        how = f", {encryption}" if encryption else ""
        why = "a rule with the method reject fits" if said.endswith("rejects") else _why(documents, each)
        yield Finding(
            f"{count:,} connections of {user} to {database} from {host}{how} were refused: {why}.",
            tuple(found[each][:_SHOWN]),
        )


def _why(documents: Documents, key: tuple[str, ...]) -> str:
    """Say what keeps the pasted rules from fitting, where that can be told."""
    user, database, _, encryption, _ = key
    kinds = {
        rule.kind
        for document in documents.of("pg_hba")
        for rule in rules_of(document)
        if rule.is_remote and rule.user in ("all", user) and rule.database in ("all", database)
    }
    if database == "replication":
        return "replication needs a rule of its own, all does not cover it"
    if encryption in _PLAIN and kinds == {"hostssl"}:
        return "the rules for them are hostssl, and the client came without TLS (sslmode=require in its string)"
    return "no rule fits"


_LINE = (
    '2024-05-01 10:00:00 UTC [9] FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "app", database "app", no '
    "encryption\n"
)
RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html",
        "https://www.postgresql.org/docs/current/client-authentication-problems.html",
    ),
    examples=(
        Example(
            {"pg_log": _LINE, "pg_hba": "hostssl all all 10.0.0.0/8 scram-sha-256\n"},
            {"pg_hba": "hostssl all all 10.0.0.0/8 scram-sha-256\n"},
        ),
        Example(
            {
                "pg_log": "2024-05-01 10:00:00 UTC [9] FATAL:  no pg_hba.conf entry for replication connection from "
                'host "10.0.0.9", user "standby", no encryption\n',
                "pg_hba": "host all all 10.0.0.0/8 scram-sha-256\n",
            },
            {"pg_hba": "host all all 10.0.0.0/8 scram-sha-256\n"},
        ),
        Example(
            {"pg_log": '2024-05-01 10:00:00 UTC [9] FATAL:  password authentication failed for user "app"\n'},
        ),
    ),
)
