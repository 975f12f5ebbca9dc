"""Passwords that a function takes by their place: `HTTPBasicAuth("u", "x")`, `auth=("u", "x")`, `PDO(dsn, "u", "x")`.

Only of functions that are well known, and only where the password is a string: a variable holds none.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import secret, unescaped

# By how many arguments stand before the password; in the last row it is the last of six or seven.
CALLS = {
    (1,): (
        r"http_?(?:basic|digest|proxy)_?auth|(?:set|with|http)?(?:basic|digest)_?auth(?:entication)?|"
        r"usernamepasswordcredentials?|passwordauthentication|(?:plain)?credentials(?:\.basic)?|authtokens\.basic|"
        r"plaintextauthprovider|login|(?:cx_?oracle|oracledb)\.connect|(?:source|ds)\.getconnection"
    ),
    (2,): (
        r"(?:mysqldb|pymysql|mysql(?:\.connector)?|psycopg2?|pg8000|pgdb|mariadb|dbi)(?:\.|->)connect|mysqli?_p?connect|"
        r"drivermanager\.getconnection|pdo|sequelize"
    ),
    (5, 6): r"pg\.connect",
}
PATTERNS = {places: re.compile(rf"(?<![a-z0-9.])(?:\w{{1,40}}\.)?(?:{names})\Z") for places, names in CALLS.items()}
LAST = re.compile(r"[\w.>-]{3,60}\Z")
# How those names end.
ENDS = (
    *("auth", "authentication", "credential", "credentials", "basic", "networkcredential", "authprovider", "login"),
    *("connect", "connection", "pdo", "sequelize"),
)
WORDS = ("connect(", "connection(", "login(", "pdo(", "sequelize(")
OPENS = re.compile(r"auth\w*[\"']?[ \t]{0,3}[=:.]?[ \t]{0,3}(?:basic)?[(\[]")
CREDENTIALS = re.compile(r"credentials\w*(?:\.basic)?\(")
BRACKET = re.compile(r"[(\[]")
ARGUMENT = re.compile(
    r"\s{0,200}(?:[bBrRuUfF@]{0,2}(?:\"((?:[^\"\\\n]|\\.){0,200})\"|'((?:[^'\\\n]|\\.){0,200})')|"
    r"[\w.$>\[\]:@-]{1,100}(?:\((?:[\"']\w{1,60}[\"'])?\))?)\s{0,200}([,)\]])"
)
NEAR = 80


def find(text: str) -> Iterator[Span]:
    """Give the password of each such call."""
    for bracket in BRACKET.finditer(text):
        at = bracket.start()
        before = text[max(0, at - NEAR) : at].rstrip(" \t")
        places: tuple[int, ...] = ()
        if before.endswith(("=", ":")):
            key = before[:-1].rstrip(" \t").rstrip("\"'")
            places = (1,) if key[-4:].lower() == "auth" else ()
        elif bracket[0] == "(" and before[-20:].lower().endswith(ENDS) and (name := LAST.search(before.lower())):
            places = next((places for places, pattern in PATTERNS.items() if pattern.search(name[0])), ())
        if places:
            yield from _argument(text, at + 1, places)


def _argument(text: str, at: int, places: tuple[int, ...]) -> Iterator[Span]:
    """Give the string at the last of these places that there is."""
    found: list[re.Match[str]] = []
    while len(found) <= places[-1] and (argument := ARGUMENT.match(text, at)):
        found.append(argument)
        at = argument.end()
        if argument[3] != ",":
            break
    if len(found) > places[0]:
        last = found[min(len(found) - 1, places[-1])]
        group = 1 if last[1] is not None else 2
        if last[group] is not None and (span := secret(text, *last.span(group))):
            yield span


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands where this function takes a password",
    meaning=unescaped,
    anchors=(("auth", OPENS), ("credential", CREDENTIALS), *WORDS),
    lines=6,
    examples=(
        Example("requests.get(url, auth=HTTPBasicAuth('app', 'qq11zz'))", hidden=("qq11zz",)),
        Example('requests.get(url, auth=("app", "qq 11"), timeout=5)', hidden=("qq 11",)),
        Example('Elasticsearch(hosts, basic_auth=("elastic", "qq11zz"))', hidden=("qq11zz",)),
        Example('req.SetBasicAuth("app", "qq11zz"); s.login(user, "ww22xx")', hidden=("qq11zz", "ww22xx")),
        Example('psycopg2.connect("orders", "app", "qq11zz")', hidden=("qq11zz",)),
        Example('DriverManager.getConnection(\n    url,\n    "app",\n    "qq\\"11")', hidden=('qq\\"11',)),
        Example("$db = new PDO('pgsql:host=h;dbname=d', 'app', 'qq11zz');", hidden=("qq11zz",)),
        Example("DBI->connect(\"dbi:Pg:dbname=d\", 'app', 'qq11zz', {AutoCommit => 1})", hidden=("qq11zz",)),
        Example("pg.connect('d', 'h', 5432, None, 'app', 'qq11zz')", hidden=("qq11zz",)),
        Example("new Sequelize('orders', 'app', 'qq11zz', {dialect: 'postgres'})", hidden=("qq11zz",)),
        Example(
            "AuthTokens.basic('neo4j', 'qq11zz'), pika.PlainCredentials('app', 'ww22xx')", hidden=("qq11zz", "ww22xx")
        ),
        Example(
            "HTTPBasicAuth(user, password); auth=(user, os.environ['PW']); login('app'); signal.connect('a', 'b', 'c')"
        ),
        Example('s.login("app", pw); new PDO($dsn, $user, $pw); psycopg2.connect("host=h user=u"); auth = ("basic",)'),
        Example("auth_type (md5), authentication (\"scram\", \"md5\"), author=('a', 'b'), logging.blogin('a', 'b')"),
        Example("psycopg2.connect(user='app', host='h', dbname='d')"),
    ),
)
