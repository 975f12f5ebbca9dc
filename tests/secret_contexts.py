"""Where a secret can stand in what people paste, and how it is written there.

Each context names the characters that nobody can write there, or that no reader of the text could tell from its end.
"""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

HERE = "§"
# Every run of four characters holds one of these letters next to signs: no text says such a thing by itself.
RARE = "qzQZ"
SIGNS = "!@#$%^&*()_+-=[]{}|:;,.?/~<>'\"\\` 79é"
QUOTES = "'\"`\\"
BLANKS = " \t"


@dataclass(frozen=True, slots=True)
class Context:
    """A text with a place for a secret; ``write`` escapes the secret as the text's grammar wants it."""

    name: str
    text: str
    write: Callable[[str], str] = str
    cannot: str = ""
    file: str = ""

    def of(self, secret: str) -> str:
        """Return the text with this secret in it."""
        return self.text.replace(HERE, self.write(secret))


def _sql(secret: str) -> str:
    return secret.replace("'", "''")


def _sql_escape(secret: str) -> str:
    return secret.replace("\\", "\\\\").replace("'", "\\'")


def _libpq(secret: str) -> str:
    return secret.replace("\\", "\\\\").replace("'", "\\'")


def _libpq_in_conf(secret: str) -> str:
    return _libpq(secret).replace("\\", "\\\\").replace("'", "''")


def _csv(secret: str) -> str:
    return _sql(secret).replace('"', '""')


def _json(secret: str) -> str:
    return json.dumps(secret)[1:-1]


def _json_sql(secret: str) -> str:
    return json.dumps(_sql(secret), ensure_ascii=False)[1:-1]


def _double_json(secret: str) -> str:
    return json.dumps(json.dumps(secret)[1:-1])[1:-1]


def _percent(secret: str) -> str:
    return quote(secret, safe="")


def _base64(secret: str) -> str:
    return base64.b64encode(secret.encode()).decode()


def _basic(secret: str) -> str:
    return base64.b64encode(f"app:{secret}".encode()).decode()


def _doubled(secret: str) -> str:
    return secret.replace('"', '""')


def _doubled_json(secret: str) -> str:
    return json.dumps(_doubled(secret), ensure_ascii=False)[1:-1]


def _backslashed(secret: str) -> str:
    return secret.replace("\\", "\\\\").replace('"', '\\"')


def _pgpass(secret: str) -> str:
    return secret.replace("\\", "\\\\").replace(":", "\\:")


def _shell(secret: str) -> str:
    return secret.replace("'", "'\\''")


def _xml(secret: str) -> str:
    return secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


LOG = "2026-03-02 03:14:55.031 UTC [20412] app@orders "
CSV = '2026-03-02 03:14:55.031 UTC,"app","orders",20412,"10.0.0.7:4411",65e29a4f.4fbc,3,"ALTER ROLE",'
CSV += '2026-03-02 03:14:55 UTC,3/12,0,LOG,00000,"'

CONTEXTS = (
    Context("uri", "DSN postgres://app:§@db.example:5432/app?sslmode=require\n", cannot=QUOTES + BLANKS + "<>"),
    Context("uri, encoded", "url: postgres://app:§@db.example:5432/app\n", _percent),
    Context("uri, quoted", 'DATABASE_URL="postgresql://app:§@db.example/app"\n', cannot=QUOTES + BLANKS + "<>"),
    Context("uri of several hosts", "postgres://u:§@h1:5432,h2:5432/d\n", _percent),
    Context("uri of Redis", "REDIS_URL=redis://:§@cache:6379/0\n", _percent),
    Context("uri of JDBC", "url=jdbc:postgresql://h:5432/d?user=u&password=§&ssl=true\n", _percent),
    Context("uri, query", "postgresql://h/d?user=u&password=§\n", _percent),
    Context("uri in a log", LOG + 'LOG:  could not use "postgres://app:§@h/d": no route\n', _percent),
    Context("conninfo", "psql \"host=h user=u password='§' dbname=d\"\n", _libpq, '"`$'),
    Context("conninfo in postgresql.conf", "primary_conninfo = 'host=h password=''§'' user=rep'\n", _libpq_in_conf,
            file="postgresql.conf"),
    Context("conninfo in pgbouncer.ini", "[databases]\napp = host=h password='§' pool_size=5\n", _sql, "\\",
            "pgbouncer.ini"),
    Context("conninfo of a subscription",
            "CREATE SUBSCRIPTION s CONNECTION 'host=h password=§ user=u' PUBLICATION p;\n",
            cannot=QUOTES + BLANKS),
    Context("conninfo in YAML", "conninfo: host=h user=u password=§ connect_timeout=2\n", cannot=QUOTES + BLANKS),
    Context("ado.net", "Host=h;Username=u;Password=§;Pooling=true\n", cannot=QUOTES + BLANKS + ";,&"),
    Context("ado.net, quoted", "\"ConnectionString\": \"Server=h;Password='§';Timeout=15\"\n", _sql, '"`\\'),
    Context("ado.net, double quotes", 'Host=h;Username=u;Password="§";Keepalive=30\n', _doubled),
    Context("ado.net, double quotes in JSON", '"Db": "Host=h;Password=\\"§\\";Keepalive=30"\n', _doubled_json),
    Context("sql", "ALTER ROLE app PASSWORD '§';\n", _sql, "\\"),
    Context("sql, escapes", "ALTER ROLE app WITH PASSWORD E'§' VALID UNTIL '2030-01-01';\n", _sql_escape),
    Context("sql, dollars", "CREATE USER app PASSWORD $$§$$;\n", cannot="$"),
    Context("sql, tagged dollars", "CREATE USER app PASSWORD $x$§$x$;\n", cannot="$"),
    Context("sql, user mapping", "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password '§');\n", _sql, "\\"),
    Context("sql, encryption", "SELECT pgp_sym_encrypt(body, '§') FROM t;\n", _sql, "\\"),
    Context("sql, crypt", "SELECT crypt('§', gen_salt('bf'));\n", _sql, "\\"),
    Context("sql, set_config", "SELECT set_config('app.secret', '§', false);\n", _sql, "\\"),
    Context("log", LOG + "LOG:  statement: ALTER ROLE app PASSWORD '§'\n", _sql, "\\"),
    Context("log, csv", CSV + "statement: ALTER ROLE app PASSWORD '§'\",,,,,,,,,\"psql\",\"client backend\",,0\n", _csv,
            "\\"),
    Context("log, json", '{"pid":1,"message":"statement: ALTER ROLE app PASSWORD \'§\'","backend_type":"x"}\n',
            _json_sql, "\\"),
    Context("log, parameters", LOG + "LOG:  execute <unnamed>: select crypt($1, gen_salt('bf'))\n" + LOG
            + "DETAIL:  parameters: $1 = '§'\n", _sql, "\\"),
    Context("log, failed statement", LOG + "ERROR:  syntax error at or near \"x\" at character 40\n" + LOG
            + "STATEMENT:  ALTER ROLE app PASSWORD '§' x\n", _sql, "\\"),
    Context("log, pgaudit", LOG + "LOG:  AUDIT: SESSION,1,1,ROLE,ALTER ROLE,,,"
            "\"ALTER ROLE app PASSWORD '§'\",<not logged>\n", _csv, "\\"),
    Context("psql, cut statement", "ERROR:  syntax error at or near \"x\"\nLINE 1: ALTER ROLE app PASSWORD '§' x\n"
            "                                              ^\n", _sql, "\\"),
    Context("psql, statement cut at both ends",
            "ERROR:  syntax error at or near \"x\"\nLINE 1: ...LE app PASSWORD '§...\n                  ^\n",
            _sql, "\\"),
    Context("log, parameters of pgaudit", LOG + 'LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"select crypt($1, $2)",§\n',
            cannot=',"\\'),
    Context("psql, aligned table", " usename |   passwd    | usesuper \n---------+-------------+----------\n"
            " app     | §           | f\n bob     |             | f\n(2 rows)\n", cannot="|"),
    Context("psql, expanded table", "-[ RECORD 1 ]-----\nrolname     | app\nrolpassword | §\nrolsuper    | f\n",
            cannot="|"),
    Context("psql, csv table", 'usename,passwd,usesuper\napp,"§",f\nbob,,f\n', _doubled),
    Context("psql, unaligned table", "rolname|rolpassword|rolsuper\napp|§|f\n(1 row)\n", cannot="|"),
    Context("yaml", "db:\n  password: '§'\n  port: 5432\n", _sql, "\\"),
    Context("yaml, double", 'db:\n  password: "§"\n  port: 5432\n', _backslashed),
    Context("yaml, plain", "db:\n  password: §\n  port: 5432\n", cannot=QUOTES + BLANKS + "#,:"),
    Context("yaml, block", "db:\n  password: |\n    §\n    §\n  port: 5432\n"),
    Context("json", '{"user": "u", "password": "§", "port": 1}\n', _json),
    Context("json in json", '{"body": "{\\"user\\": \\"u\\", \\"token\\": \\"§\\"}"}\n', _double_json),
    Context("ini", "[db]\npassword = §\nport = 1\n", cannot=QUOTES + "#;"),
    Context("ini, quoted", '[db]\npassword = "§"\nport = 1\n', cannot='"\\'),
    Context("environment", "PGPASSWORD='§' psql -h db\n", _shell),
    Context("environment, export", 'export DB_PASSWORD="§"\n', _backslashed, "`$"),
    Context("environment of systemd", 'Environment="PGPASSWORD=§" "A=b"\n', _backslashed),
    Context("environment of a container", '"Env": [\n  "POSTGRES_PASSWORD=§",\n  "PGDATA=/x"\n]\n', _json),
    Context("compose", "environment:\n  - POSTGRES_PASSWORD=§\n  - A=b\n", cannot=QUOTES + BLANKS + "#"),
    Context("compose, quoted", 'environment:\n  - "POSTGRES_PASSWORD=§"\n', _backslashed),
    Context("docker run", "docker run -d -e POSTGRES_PASSWORD='§' -p 5432:5432 postgres\n", _shell),
    Context("mysql", "mysql -u root -p'§' app\n", _shell),
    Context("curl", "curl -s -u 'app:§' https://h/\n", _shell, "'"),
    Context("option", "wal-g --password='§' --host h\n", _shell),
    Context("sshpass", "archive_command = 'sshpass -p \"§\" scp %p h:/w/%f'\n", _sql, '"\\`$', "postgresql.conf"),
    Context("basic authorization", "Authorization: Basic §\n", _basic),
    Context("cookie", "Cookie: sid=§; theme=dark\n", _percent),
    Context("userlist", '"app" "§"\n"bob" ""\n', _doubled, file="userlist.txt"),
    Context("pgpass", "db.example:5432:app:alice:§\n", _pgpass, BLANKS, ".pgpass"),
    Context("netrc", "machine h login u password §\n", cannot=QUOTES + BLANKS, file=".netrc"),
    Context("secret of Kubernetes", "kind: Secret\ndata:\n  pin: §\n", _base64),
    Context("secret of Kubernetes, plain", "kind: Secret\nstringData:\n  pin: '§'\n", _sql, "\\"),
    Context("hba", 'host all all 10.0.0.0/8 ldap ldapserver=h ldapbindpasswd="§" ldapport=389\n', cannot='"',
            file="pg_hba.conf"),
    Context("hba, whole option", 'host all all ::/0 ldap "ldapbindpasswd=§" ldapserver=h\n', cannot='"',
            file="pg_hba.conf"),
    Context("hba, radius", 'host all all ::/0 radius radiusservers="h" radiussecrets="§"\n', cannot='",' + BLANKS,
            file="pg_hba.conf"),
    Context("nslcd", "binddn cn=app,dc=x\nbindpw §\n", cannot=BLANKS + '"'),
    Context("redis", 'requirepass "§"\nport 6379\n', _backslashed),
    Context("haproxy", "    stats auth admin:§\n", cannot=QUOTES + BLANKS),
    Context("xml", "<dbPassword>§</dbPassword>\n", _xml),
    Context("xml, attribute", '<add key="Password" value="§"/>\n', _xml),
    Context("property list", "<key>Password</key>\n<string>§</string>\n", _xml),
    Context("php", "'password' => '§',\n", _sql_escape),
    Context("rows of COPY", "COPY u (id, password, n) FROM stdin;\n1\t§\t2\n2\t\\N\t3\n\\.\n", cannot="\\\t"),
    Context("yaml, next line", "db:\n  password:\n    '§'\n  port: 5432\n", _sql, "\\"),
    Context("variable of Terraform", 'variable "db_password" {\n  type    = string\n  default = "§"\n}\n',
            _backslashed),
    Context("parameter of ARM", '"adminPassword": {\n  "value": "§"\n},\n"sku": {\n  "value": "B1"\n}\n', _json),
    Context("parameter of CloudFormation", '[{"ParameterKey": "DbPassword", "ParameterValue": "§"}]\n', _json),
    Context("Dockerfile", "ENV POSTGRES_PASSWORD §\nENV A b\n", cannot=QUOTES + "="),
    Context("csh", "setenv PGPASSWORD '§'\n", _shell, "'"),
    Context("printed into a command", "echo '§' | docker login -u app --password-stdin h\n", _shell, "'"),
    Context("xml, property", '<property name="connection.password">§</property>\n', _xml),
    Context("key in German", "[db]\nKennwort = §\nport = 1\n", cannot=QUOTES + "#;"),
    Context("key in Chinese", "数据库密码：'§'\n端口：5432\n", _sql, "\\"),
    Context("key in French", '{"user": "u", "mot_de_passe": "§", "port": 1}\n', _json),
    Context("sentence", "hi, the password for app is `§`, and it works\n", cannot=QUOTES),
    Context("call", 'requests.get(url, auth=("app", "§"), timeout=5)\n', _backslashed),
    Context("call over lines", "DriverManager.getConnection(\n    url,\n    'app',\n    '§')\n", _sql_escape),
    Context("pppd", '# client\tserver\tsecret\tIP addresses\napp\t*\t"§"\t*\n', _backslashed),
    Context("pool_passwd", "app:TEXT§\n", cannot=BLANKS),
    Context("uri, encoded as a whole", "PG_URI=postgres%3A%2F%2Fapp%3A§%40h%2Fapp\n",
            lambda secret: _percent(_percent(secret))),
    Context("private key", "-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----\n",
            lambda secret: base64.b64encode(secret.encode() * 6).decode()),
)  # fmt: skip


def allowed(secret: str, context: Context) -> str:
    """Return the secret without what can't stand there; blanks at its ends are no part of it anywhere."""
    return ("Zq" + "".join(char for char in secret if char not in context.cannot)).strip()


def runs(secret: str, length: int) -> set[str]:
    """Return all runs of so many characters."""
    return {secret[start : start + length] for start in range(len(secret) - length + 1)}


def left(context: Context, secret: str, out: str) -> list[str]:
    """Return the runs of a secret that the text still holds: of four characters, of eight as it is written there.

    What a writing is made of, `&quot;` and the letters of base64, may stand in other texts too.
    """
    return [run for run in runs(secret, 4) | runs(context.write(secret), 8) if run in out]


def all_left(secrets: list[tuple[Context, str]], out: str) -> list[tuple[str, str]]:
    """Return the runs of many secrets that a long text still holds, with the contexts that they are from."""
    held = {length: runs(out, length) for length in (4, 8)}
    return [
        (context.name, run)
        for context, secret in secrets
        for written, length in ((secret, 4), (context.write(secret), 8))
        for run in runs(written, length) & held[length]
    ]


def drawn(seed: int, context: Context) -> str:
    """Return a secret for this context, the same for the same seed."""
    chance = random.Random(f"{seed} {context.name}")
    parts = ["".join(chance.choices(SIGNS, k=chance.randint(1, 3))) + chance.choice(RARE) for _ in range(6)]
    return allowed("".join(parts), context)
