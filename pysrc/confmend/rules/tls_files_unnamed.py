"""TLS is on, and the certificate is expected in the data directory.

With ssl = on the server needs a certificate and its key, by default server.crt and server.key beside the data. If they
are not there, or the key can be read by others (more than 0600, or 0640 where root owns it), it does not start: `could
not load server certificate file "server.crt"`. A directory that initdb has just made has neither.

Nothing is known to be wrong, so there is no edit: look for the two files before the next restart.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for ssl = on without the names of its files, where the server does not run with it."""
    unnamed = [name for name in ("ssl_cert_file", "ssl_key_file") if not pg.effective(name)]
    if not pg.written("ssl") or not unnamed or pg.running("ssl") or not pg.flag("ssl"):
        return
    files = " and ".join(pg.text(name).value for name in unnamed)
    yield Finding(
        f"ssl is on and {' and '.join(unnamed)} {'is' if len(unnamed) == 1 else 'are'} not set: the server needs "
        f"{files} in its data directory, the key readable by its own user only (0600), or it does not start.",
        pg.origins("ssl"),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/ssl-tcp.html#SSL-SERVER-FILES",),
    examples=(
        Example({"postgresql_conf": "ssl = on\n"}, {"postgresql_conf": "ssl = on\n"}),
        Example(
            {
                "postgresql_conf": "ssl = on\nssl_cert_file = '/etc/ssl/certs/ssl-cert-snakeoil.pem'\n"
                "ssl_key_file = '/etc/ssl/private/ssl-cert-snakeoil.key'\n"
            }
        ),
        Example({"postgresql_conf": "ssl = off\n"}),
    ),
)
