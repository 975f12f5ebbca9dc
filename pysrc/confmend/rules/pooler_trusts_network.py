"""PgBouncer lets anybody on the network in without a password.

auth_type = trust takes any user of the auth_file without asking for a password, and any does not even look who it is:
everybody gets in as the user of the database entry. With listen_addr = * or an address of the network that is anybody
who reaches the port, with whatever rights that user has in the database.

It is right only where PgBouncer listens on a Unix socket or on this machine. scram-sha-256 needs the users' secrets in
the auth_file or an auth_query, so nobody can log in until they are there: there is no edit. Until then a firewall or
listen_addr = 127.0.0.1 keeps strangers out; that takes a restart.
"""

from collections.abc import Iterator

from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity

OPEN = ("trust", "any")


def check(pooler: Pooler) -> Iterator[Finding]:
    """Compare who is let in with from where."""
    how = pooler.text("auth_type").lower()
    if how not in OPEN or pooler.only_local:
        return
    yield Finding(
        f"auth_type = {how} and listen_addr = {pooler.text('listen_addr')}: whoever reaches port "
        f"{pooler.text('listen_port')} is let in without a password. Use scram-sha-256 with the users' secrets in "
        "auth_file or auth_query, or listen on 127.0.0.1 only.",
        pooler.origins("auth_type", "listen_addr"),
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://www.pgbouncer.org/config.html#auth_type",),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nlisten_addr = *\nauth_type = trust\n"},
            {"pgbouncer_ini": "[pgbouncer]\nlisten_addr = *\nauth_type = trust\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nlisten_addr = 127.0.0.1, ::1\nauth_type = any\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\nlisten_addr = *\nauth_type = md5\n"}),
    ),
)
