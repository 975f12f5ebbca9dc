"""Names of people, roles and databases, where the reader wants them hidden.

A role or a database is found where one is named: connection strings, log prefixes and messages, pg_hba.conf,
PgBouncer's sections and userlist.txt, SQL. Names that every server has stay: postgres, template1, replication, all.
"""

import re
from collections.abc import Iterator

from confmend.redact.contexts import hba_items, hba_lines, prefixes, prompts, uris
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.scanners.hostnames import is_public

USER, DATABASE, MAIL = "user", "database", "mail"
_KEY = re.compile(
    r"(?<![A-Za-z0-9.-])(?:(?P<user>user(?:name|_name|[ \t]id)?|auth_user|usename|pguser|"
    r"\w{1,20}_user(?:name)?|uid|rolname)"
    r"|(?P<users>(?:admin|stats)_users)|(?:db(?:name)?|auth_dbname|database|datname|pgdatabase|\w{1,20}_(?:db|database)))"
    r"\\?[\"']{0,2}[ \t]*(?:=>|:=|=|:)[ \t]*\\?[\"']{0,2}",
    re.IGNORECASE,
)
_NAME = r"[A-Za-z_\x80-\U0010ffff][\w$.-]{0,62}"
_VALUE = re.compile(rf"({_NAME})(?=[\s,;\"'\\)\]}}&|@/]|$)")
_SAID = re.compile(
    r"(?<![\w-])(?P<kind>user|role|database|owner)s? (?:mapping )?\\?(\"{1,2})(?P<name>[^\"\\\n]{1,63})\\?\2"
)
_AT = re.compile(rf"(?<![\w@.\"'-])({_NAME})[@/]({_NAME})(?=[\s,:;|\])(/-]|$)")
_POOLER = re.compile(r"[CS]-0x[0-9a-f]+: ([^/\s@]{1,63})/([^@\s]{1,63})@")
_PAIR = (
    r"=(?=[ \t]*(?:host|port|dbname|user|auth_user|pool_size|pool_mode|max_user_connections|max_db_connections|"
    r"password|connect_query|client_encoding|datestyle|timezone|reserve_pool|min_pool_size)[ \t]*=)"
)
_ENTRY = re.compile(rf"^[ \t]*\"?({_NAME})\"?[ \t]*{_PAIR}", re.MULTILINE)
_LISTED = re.compile(r"^\"([^\"\n]{1,63})\"[ \t]+\"", re.MULTILINE)
_STATEMENT = (
    r"\b(?:(?:CREATE|ALTER|DROP)[ \t]+(?:(?P<d1>DATABASE)|ROLE|USER(?![ \t]+MAPPING)|GROUP)(?:[ \t]+IF(?:[ \t]+NOT)?"
    r"[ \t]+EXISTS)?|OWNER(?:[ \t]+TO)?|SET[ \t]+(?:SESSION[ \t]+|LOCAL[ \t]+)?ROLE|AUTHORIZATION|"
    r"FOR[ \t]+(?:ROLE|USER)|ON[ \t]+(?P<d2>DATABASE)|(?:GRANT|REVOKE)\b[^;\n]{1,300}?[ \t](?:TO|FROM)(?:[ \t]+GROUP)?)"
    r"[ \t]+"
)
_SQL = re.compile(rf"{_STATEMENT}(?:\\?\"{{1,2}})?({_NAME})", re.IGNORECASE)
_COMMAND = re.compile(
    r"\b(?:psql|pg_\w{1,20}|pgbench|createdb|dropdb|createuser|vacuumdb|reindexdb)[ \t]([^\n]{1,300})"
)
_OPTION = re.compile(
    rf"(?<!\S)(?:(?P<user>-U[ \t]?|--username[= ])|-d[ \t]?|--dbname[= ])[\"']?({_NAME})(?=[\s\"';|&]|$)"
)
_LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}\Z")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)(?:[A-Za-z0-9-]{1,63}\.){0,8}[A-Za-z]{2,24}(?![\w-])")
_SCHEMES = ("postgres", "postgresql", "pgbouncer", "mysql", "mariadb", "mongodb", "mongodb+srv", "pgsql", "psql")
_PATH = re.compile(rf"/({_NAME})(?=[?\s\"'`<>\\&]|$)")
# What every server has, and words that stand where a name may stand.
_KEPT = frozenset(
    (
        *("postgres", "template0", "template1", "replication", "all", "sameuser", "samerole", "samegroup", "pgbouncer"),
        *("root", "public", "unknown", "current_user", "session_user", "current_role", "none", "null", "nil", "on"),
        *("off", "true", "false", "yes", "no", "default", "if", "not", "exists", "to", "from", "with", "mapping"),
        *("set", "rename", "name", "user", "role", "database", "owner", "password", "md5", "reject", "trust", "string"),
        *("is", "does", "has", "for", "in", "and", "or"),
    )
)
_BUILT_IN = re.compile(r"pg_\w+")


def _worth(text: str, start: int, end: int, label: str) -> Iterator[Span]:
    """Give the span unless the name is one that every server has."""
    name = text[start:end]
    if name.lower() not in _KEPT and not _BUILT_IN.fullmatch(name):
        yield Span(start, end, label)


def _pairs(text: str) -> Iterator[Span]:
    """Give the values of keys that name a role or a database."""
    for key in _KEY.finditer(text):
        label = USER if key["user"] or key["users"] else DATABASE
        at = key.end()
        while value := _VALUE.match(text, at):
            yield from _worth(text, *value.span(1), label)
            if not key["users"] or text[value.end() : value.end() + 1] != ",":
                break
            at = value.end() + 1 + (text[value.end() + 1 : value.end() + 2] == " ")


def _in_uris(text: str) -> Iterator[Span]:
    """Give the user of a URI, and the database where its scheme is a database's."""
    for uri in uris(text):
        if (
            uri.user_end > uri.start
            and "$" not in (name := text[uri.start : uri.user_end])
            and name not in ("git", "***")
        ):
            yield from _worth(text, uri.start, uri.user_end, USER)
        if uri.scheme.rpartition(":")[2].lower() in _SCHEMES and (path := _PATH.match(text, uri.end)):
            yield from _worth(text, *path.span(1), DATABASE)


def _in_logs(text: str) -> Iterator[Span]:
    """Give ``user@database`` of log prefixes, PgBouncer's ``database/user@``, and names that messages quote."""
    for start, end in prefixes(text):
        for match in _AT.finditer(text, start, end):
            yield from _worth(text, *match.span(1), USER)
            yield from _worth(text, *match.span(2), DATABASE)
    for match in _POOLER.finditer(text):
        yield from _worth(text, *match.span(1), DATABASE)
        yield from _worth(text, *match.span(2), USER)
    for match in _SAID.finditer(text):
        yield from _worth(text, *match.span("name"), DATABASE if match["kind"] == "database" else USER)


def _in_files(text: str) -> Iterator[Span]:
    """Give the names of pg_hba.conf, of PgBouncer's sections and of userlist.txt."""
    for rule in hba_lines(text):
        for field, label in (("databases", DATABASE), ("users", USER)):
            for start, end in hba_items(text, *rule.span(field)):
                if text[start] not in "/@":
                    yield from _worth(text, start, end, label)
    for match in _ENTRY.finditer(text):
        yield from _worth(text, *match.span(1), DATABASE)
    for match in _LISTED.finditer(text):
        yield from _worth(text, *match.span(1), USER)


def _in_commands(text: str) -> Iterator[Span]:
    """Give the names of SQL statements and of the options of psql and its kin."""
    for match in _SQL.finditer(text):
        yield from _worth(text, *match.span(3), DATABASE if match["d1"] or match["d2"] else USER)
    for command in _COMMAND.finditer(text):
        for match in _OPTION.finditer(text, *command.span(1)):
            yield from _worth(text, *match.span(2), USER if match["user"] else DATABASE)


def _mail(text: str) -> Iterator[Span]:
    """Give addresses of mail; not what stands before `@` in a URI or a prompt, nor those of public projects."""
    prompting = {prompt.end("user") for prompt in prompts(text)}
    at = -1
    while (at := text.find("@", at + 1)) >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = _LOCAL.search(text, max(0, at - 64), at) if domain and at not in prompting else None
        if domain is None or local is None or is_public(domain[0]):
            continue
        if local[0].lower() in _KEPT:
            continue  # `ssh postgres@db1.acme.example` is a login, and `root@` tells nobody's name
        before = text[max(0, local.start() - 7) : local.start()]
        if before[-1:] in (":", "/", "@", "%", "\\") and not before.endswith("mailto:"):
            continue
        yield Span(local.start(), domain.end(), MAIL)


def find(text: str) -> Iterator[Span]:
    """Give every name of a person, a role or a database."""
    for each in (_pairs, _in_uris, _in_logs, _in_files, _in_commands, _mail):
        yield from each(text)


SCANNER = Scanner(
    label=USER,
    find=find,
    reason="the name of a person, a role or a database",
    level="identities",
    # Names may have letters that no shape shows, so it is what stands around them.
    anchors=(
        *("@", "/", '"'),
        *(_KEY, re.compile(_PAIR), re.compile(_STATEMENT, re.IGNORECASE)),
        *(re.compile(r"-(?:U|d|-username|-dbname)"), re.compile(r"local|host")),
    ),
    lines=1,
    examples=(
        Example("primary_conninfo = 'host=h user=mallory dbname=ledger'", hidden=("mallory", "ledger")),
        Example("postgres://mallory@h:5432/ledger?sslmode=require", hidden=("mallory", "ledger")),
        Example("2026-01-02 03:04:05 UTC [7] mallory@ledger LOG:  duration: 1 ms", hidden=("mallory", "ledger")),
        Example('FATAL:  password authentication failed for user "mallory"', hidden=("mallory",)),
        Example(
            "connection authorized: user=mallory database=ledger application_name=psql", hidden=("mallory", "ledger")
        ),
        Example("host ledger,sales mallory 10.0.0.0/8 md5", hidden=("ledger", "sales", "mallory")),
        Example(
            "ledger = host=10.0.0.5 port=5432 auth_user=mallory\nadmin_users = mallory, trent",
            hidden=("ledger", "trent"),
        ),
        Example('"mallory" ""\n', hidden=("mallory",)),
        Example(
            "GRANT SELECT ON t TO mallory; ALTER DATABASE ledger OWNER TO trent;", hidden=("mallory", "ledger", "trent")
        ),
        Example("psql -U mallory -d ledger -c 'select 1'", hidden=("mallory", "ledger")),
        Example(
            "C-0x55d0: ledger/mallory@10.0.0.9:5000 login attempt: db=ledger user=mallory", hidden=("ledger", "mallory")
        ),
        Example('host all "weird user",mallory 10.0.0.0/8 md5\n', hidden=("weird user", "mallory")),
        Example("ask trent@acme.example about it", hidden=("trent@acme.example",)),
        Example("host all postgres 10.0.0.0/8 md5\nlocal replication all peer\nhost sameuser +pg_monitor samenet md5"),
        Example("postgres://localhost/postgres user=postgres dbname=template1 admin_users = pgbouncer"),
        Example("user.max_user_namespaces = 63432\nUser time (seconds): 1.5\nlists: pgsql-bugs@lists.postgresql.org"),
    ),
)
