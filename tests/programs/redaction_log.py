"""Logs of real PostgreSQL servers that hold passwords which we chose, in every form and by every way they get in.

``write_log`` runs statements with log_statement=all, auto_explain and logged parameters; some fail, some are meant to.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from programs.postgresql import Server
from programs.postgresql_log import Running, running

# Each has no run of four characters in common with the others, nor with what a server writes.
PASSWORDS = (
    "Zq7vXk2pLm",
    "Wd9 twx jBz wqrds Hf3",
    "Gx'1q'Tc''8r",
    'Vn"5k"Rw""2y',
    "Jb\\4h\\\\Sd'\\6z",
    "Kp$$8m$Qt$1$Lx",
    "Xu€7ü日本ñQj9é",
    "Fh;3g--Zr/*5t*/Yk",
    "Mc,6b=Np&2?Dv#Ej@Tq%41",
    "Qs{8d}[Wy]<4>(Hk)Vz|Bm",
    "Lr\n5nXd\n\tKw9\nTj2c",
    "Ty'; DrXp TvBl zu; --9",
    "Bk\t3wGq\t8vMz",
    "Rz%I7%LcQ%%1s$1Vh$2",
    "zxqjkvbwpgmfhrtd",
    "80417296553",
    "N' OjY'||'4uXw",
    'Hy",""3,"Cb",,7Qn',
    "Ev\\'2k\\\"9Jw\\n5Lq\\u0041Dz",
    "ﬀSß5İıŁ9Ђџ4",
    "PwALtR7ROLqx3pasWrd",
    "Uj `bqck` 6tjck$(Xh) ${Gv}",
    "Cq:9@Mx:/3/Nb?Kd=Zt",
    "Dg''''5''Vw7",
)


@dataclass
class Written:
    """What a server was told and what it wrote: each form of its log, in the order of ``PASSWORDS``."""

    forms: Mapping[str, str] = field(default_factory=dict)
    statements: int = 0
    failed: int = 0


def quoted(value: str) -> str:
    """Write a value as SQL's plain literal, which knows no backslash."""
    return "'" + value.replace("'", "''") + "'"


def escaped(value: str) -> str:
    """Write a value as E'...', each character that can be escaped by a backslash."""
    short = {"\n": "\\n", "\t": "\\t", "'": "\\'", "\\": "\\\\"}
    return "E'" + "".join(short.get(char, char) for char in value) + "'"


def tagged(value: str) -> str:
    """Write a value between dollars, with a tag that it does not hold."""
    return f"$q7${value}$q7$" if "$$" in value or value.endswith("$") else f"$${value}$$"


def unicoded(value: str) -> str:
    """Write a value as U&'...', where a backslash is doubled."""
    return "U&'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


WRITINGS = (quoted, escaped, tagged, unicoded)

# What is said with a literal: {} is the value in any of the writings, {nested} in a literal inside another.
LITERALS = (
    "alter role guest with encrypted password {} valid until '2031-01-01'",
    "ALTER USER guest PASSWORD {}; select 'an ordinary text', 7",
    "create role of_{n} login\n\tpassword {}\n\tconnection limit 5",
    "alter role guest /* a comment */ password /* and one */ {}",
    "alter role guest password -- to the line's end\n  {}",
    "alter role no_such_role password {}",
    "alter role guest pasword {}",
    "alter role guest password = {}",
    "alter role guest password {} and more of it",
    "create user mapping if not exists for guest server far options (user 'bob', password {})",
    "do $body$ begin execute {nested}; end $body$",
    "do $body$ begin execute format('alter role %I password %L', 'guest', {}); end $body$",
    "do $body$ begin execute 'alter role guest password ' || quote_literal({}); end $body$",
    "select crypt({}, gen_salt('md5')) is null as checked",
    "select count(*) from people where secret = crypt({}, secret)",
    "select pgp_sym_decrypt(pgp_sym_encrypt('an ordinary text', {}), {})",
    "select set_config('app.jwt_secret', {}, false)",
    "insert into people (name, password) values ('bob', {}), ('eve', {})",
    "update people set password = {} where name = 'bob'",
    "select * from people where password = {} and no_such_column = 1",
    "prepare p_{n} as select hmac($1, $2, 'sha256'); execute p_{n}('an ordinary text', {})",
)
# What breaks in the middle: {} is the password as it is.
BROKEN = (
    "alter role guest password '{}",
    "alter role guest password {}",
    'alter role guest password "{}"',
)
PARAMETERS = (
    "select crypt(%s, gen_salt('md5')) is null as checked",
    "select hmac('an ordinary text', %s, 'sha256')",
    "select set_config('app.api_token', %s, false)",
    "insert into people (password) values (%s)",
    "update people set password = %s where name = 'bob'",
    "select 1 / 0 from people where password = %s",
    "select count(*) from people where password = crypt(%s, password) and name <> 'bob'",
)
ORDINARY = (
    "select id, total from orders where total > 7 and 'O''Reilly' <> 'x'",
    "alter role guest password null",
    "alter role guest valid until '2031-01-01'",
    "alter role guest set work_mem = '8MB'",
    "select 'password' as kind, count(*) from people where password is null",
    "selec 1",
    "select * from no_such_table\nwhere name = 'bob'",
    "do $$ begin raise warning 'the password is about to expire'; end $$",
)
_SETTINGS = {
    "log_statement": "all",
    "log_min_error_statement": "error",
    "log_parameter_max_length_on_error": "-1",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_verbose": "on",
    "auto_explain.log_parameter_max_length": "-1",
    "auto_explain.log_nested_statements": "on",
}


def write_log(server: Server) -> Written:
    """Run all statements on a fresh server, and return what it wrote, with the ordinary statements among them."""
    written = Written()
    with running(server) as up:
        with up.connect(user="owner") as owner:
            owner.execute("create extension pgcrypto")
            owner.execute("create extension postgres_fdw")
            owner.execute("create server far foreign data wrapper postgres_fdw options (host 'far.example')")
            owner.execute("create table people (name text, password text, secret text)")
            owner.execute("insert into people values ('bob', 'x', 'x')")
        up.log_as("said", "%m [%p] %q%u@%d ")
        for statement, values in _statements():
            written.statements += 1
            try:
                _run(up, statement, values)
            except psycopg.Error:
                written.failed += 1
        up.log_as("end", "%m [%p] ")
        written.forms = {kind: path.read_bytes().decode("utf-8") for kind, path in up.files("said").items()}
    return written


def _run(up: Running, statement: str, values: tuple[str, ...]) -> None:
    with up.connect(application_name="psql") as connection:
        connection.execute("load 'auto_explain'")
        for name, value in _SETTINGS.items():
            # The newer ones are unknown to the older servers.
            with contextlib.suppress(psycopg.errors.UndefinedObject):
                connection.execute(sql.SQL("set {} = {}").format(sql.Identifier(*name.split(".")), value))
        if values:
            connection.execute(statement.encode(), values)
        else:
            connection.execute(statement.encode())


def _statements() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the statements with their parameters: every shape, every writing, every password, not all with all."""
    for number, shape in enumerate(LITERALS):
        for turn in range(3):
            password = PASSWORDS[(number * 3 + turn * 7 + turn) % len(PASSWORDS)]
            write = WRITINGS[(number + turn) % len(WRITINGS)]
            value = write(password)
            if "$body$" in shape and write is tagged:
                value = escaped(password)
            nested = quoted(f"alter role guest password {quoted(password)}")
            filled = shape.replace("{nested}", nested).replace("{n}", f"{number}_{turn}").replace("{}", value)
            yield filled, ()
        yield ORDINARY[number % len(ORDINARY)], ()
    for number, shape in enumerate(BROKEN):
        for turn in range(4):
            yield shape.replace("{}", PASSWORDS[(number * 5 + turn * 3) % len(PASSWORDS)]), ()
    for number, shape in enumerate(PARAMETERS):
        for turn in range(3):
            yield shape, (PASSWORDS[(number * 4 + turn * 9) % len(PASSWORDS)],)
    yield "select id from orders where total > %s and %s <> 'x'", ("7", "an ordinary text")
