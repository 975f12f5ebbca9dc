"""A password crosses the network in clear text.

The method password sends it as it is. Without TLS anybody on the path reads it; the server's own memory and a rogue
server get it even with TLS. md5 and scram-sha-256 send a proof instead.

There is no edit: a role whose stored password is an md5 hash can't log in with scram-sha-256, and some old drivers know
neither. On a server whose roles all have SCRAM secrets (`select rolname from pg_authid where rolpassword like 'md5%'`
is empty) change the method to scram-sha-256 and reload; elsewhere to md5, which takes either. The old word undoes it.
"""

from collections.abc import Iterator

from confmend.facts import Documents
from confmend.facts.hba import rules_of
from confmend.model import Example, Finding, Rule, Severity


def check(documents: Documents) -> Iterator[Finding]:
    """Look for the method password on rules for other hosts."""
    for document in documents.of("pg_hba"):
        for rule in rules_of(document):
            if rule.method == "password" and rule.is_remote:
                tls = rule.kind == "hostssl"
                how = "to the server in clear text, inside TLS" if tls else "over the network in clear text"
                yield Finding(
                    f"{rule.user} sends the password for {rule.database} {how}: the method is password. Use "
                    "scram-sha-256, or md5 where old hashes are stored.",
                    (rule.origin,),
                    severity=Severity.INFO if tls else Severity.WARNING,
                )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/auth-password.html",),
    examples=(
        Example({"pg_hba": "host all all 10.0.0.0/8 password\n"}, {"pg_hba": "host all all 10.0.0.0/8 password\n"}),
        Example({"pg_hba": "host all all 127.0.0.1/32 password\nhost all all 10.0.0.0/8 md5\n"}),
    ),
)
