"""How much redaction finds and how fast it is, beside detect-secrets on the same text, in one run.

    .venv/bin/python tests/benchmarks/redact.py [--repetitions N] [--peer FOLDER] [--json FILE]

The text is 1 MiB of sysctl and PostgreSQL log lines with secrets and near-misses planted by a fixed seed. A secret is
found if no run of 4 of its characters is left. Hostile texts are measured beside plain text of the same size: a log of
servers in which no two lines are alike. FOLDER is where detect-secrets is installed (``pip install --target``);
without it it is installed for this run. Pyodide runs under Node, from the modules that the page is built from. All
times are of the processor, so that what else a machine does counts little.
"""

import argparse
import importlib
import json
import os
import platform
import random
import re
import string
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.pop(0)  # this folder
sys.path[:0] = [str(ROOT / "pysrc")]

from confmend.redact import Choices, levels, redact  # noqa: E402
from confmend.redact.redaction import scanners  # noqa: E402
from confmend.redact.suspects import suspects  # noqa: E402

PEER = "detect-secrets==1.5.0"
SIZE = 1 << 20
EACH = 12
PLAIN_RE = re.compile(r"[A-Za-z_][\w.]*\s*=")
LOG = "2026-03-02 03:14:{:02d}.{:03d} UTC [{}] app@orders LOG:  "
# One line for each kind; {} is the secret. The alphabet is of letters and digits unless one follows.
SECRETS = (
    *("postgres://app:{}@db:5432/orders", "redis://:{}@cache:6379/0", "amqp://u:{}@mq/v", "https://u:{}@h/p"),
    *("GET /x?access_token={}&a=1", "jdbc:postgresql://h/d?user=a&password={}&ssl=true", "jdbc:oracle:thin:u/{}@h:1:x"),
    *("primary_conninfo = 'host=h user=rep password={}'", "app = host=10.0.0.2 port=5432 password={} dbname=app"),
    *("CREATE SUBSCRIPTION s CONNECTION 'host=h password={}' PUBLICATION p", "ALTER ROLE app PASSWORD '{}'"),
    *("CREATE USER app ENCRYPTED PASSWORD E'{}'", "ALTER USER app PASSWORD $${}$$"),
    *("CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'a', password '{}')", "SELECT crypt('{}', gen_salt('bf'))"),
    *('"app" "{}"', "db:5432:orders:app:{}", "machine h login u password {}", 'ldapbindpasswd="{}"'),
    *('radiussecrets="{}"', "archive_command = 'sshpass -p {} scp %p h:/w/'", "PGPASSWORD={} psql -h h"),
    *("  password: {}", '"secret": "{}",', "DB_PASSWORD={}", "repo1-s3-key-secret={}", "repo1-cipher-pass={}"),
    *("requirepass {}", "mysql -u root -p{} app", "curl -u app:{} http://h/", "Authorization: Bearer {}"),
    *("X-Api-Key: {}", "Cookie: session={}", "aws_secret_access_key = {}", "AccountKey={};EndpointSuffix=x"),
    *("token: ghp_{}", "hvs.{}", "glpat-{}", "PrivateKey = {}", "net.ipv4.tcp_fastopen_key = {}"),
)
NEAR_MISSES = (
    *(
        "password_encryption = scram-sha-256",
        "ssl_key_file = '/etc/ssl/private/s.key'",
        "auth_delay.milliseconds = 500",
    ),
    *(
        "kernel.random.boot_id = 5f3c1c57-24f1-4b0b-9c43-7c1d2f3d9a10",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    ),
    *("net.ipv4.tcp_fastopen_key = 00000000-00000000-00000000-00000000", "net.ipv4.ipfrag_secret_interval = 0"),
    *("kernel.keys.maxbytes = 20000", 'archived write-ahead log file "000000010000000A000000FE"', "auth_type = md5"),
    *("Database system identifier: 7241234567890123456", "lsn=A2C/FE000028", "primary_slot_name = 'standby_1'"),
    *("ssl_ciphers = 'HIGH:MEDIUM:+3DES:!aNULL'", "host all all 10.0.0.0/8 md5", "PGPASSFILE=/home/app/.pgpass"),
    *("POSTGRES_PASSWORD_FILE=/run/secrets/pg", "POSTGRES_PASSWORD=${VAR}", "token bucket filter on eth0"),
    *('FATAL:  password authentication failed for user "app"', "SELECT password FROM users WHERE password IS NULL"),
    *("ALTER ROLE app PASSWORD NULL VALID UNTIL '2026-01-01'", "http://h:8080/p?mail=a@b.c", "postgres://app@h/db"),
    *("arn:aws:iam::aws:policy/AmazonRDSFullAccess", "Key (id)=(7d444840-9dc0-11d1-b245-5ffdce74fad2) exists."),
)
HOSTILE = ("x://a:b", "'", '"', "password=", 'password="', "password: a\n", "a", "A1b2+/")
IN_PYODIDE = """
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";
const LOCK = JSON.parse(readFileSync("node_modules/pyodide/pyodide-lock.json", "utf8"));
// Without the stack, whose first line may be a megabyte of minified source.
process.on("uncaughtException", (error) => { console.error(error.message); process.exit(1); });
const [zip, input, repetitions] = process.argv.slice(1);
const pyodide = await loadPyodide({
  lockFileContents: { info: LOCK.info, packages: {} },
  packageBaseUrl: "https://engine.invalid/",
});
pyodide.unpackArchive(new Uint8Array(readFileSync(zip)), "zip", { extractDir: "/code" });
pyodide.FS.writeFile("/input.txt", new Uint8Array(readFileSync(input)));
console.log(pyodide.runPython(`
import sys, re, json
from js import process
def seconds():
    return process.cpuUsage().user / 1e6
sys.path.insert(0, "/code")
text = open("/input.txt").read()
pattern = re.compile(r"[A-Za-z_][\\\\w.]*\\\\s*=")
start = seconds()
from confmend.redact import redact
redact(["x"])
boot = seconds() - start
best = [9e9, 9e9]
for _ in range(${repetitions}):
    for n, call in enumerate((lambda: redact([text]), lambda: sum(1 for _ in pattern.finditer(text)))):
        start = seconds()
        call()
        best[n] = min(best[n], seconds() - start)
json.dumps([*best, boot])
`));
process.exit(0);
"""


def sample() -> tuple[list[str], dict[int, str], dict[int, str]]:
    """Return the lines, the secrets by their line, and the near-misses by theirs."""
    chance = random.Random(4)
    planted: list[tuple[str, str]] = []
    for _ in range(EACH):
        for line in SECRETS:
            secret = "".join(chance.choices(string.ascii_letters + string.digits, k=36))
            planted.append((line.replace("{}", secret), secret))
        planted += [(line, "") for line in NEAR_MISSES]
    chance.shuffle(planted)
    lines: list[str] = []
    secrets: dict[int, str] = {}
    misses: dict[int, str] = {}
    size = number = 0
    every = SIZE // len(planted)
    while size < SIZE:
        number += 1
        if planted and size >= every * (len(secrets) + len(misses)):
            line, secret = planted.pop()
            (secrets if secret else misses)[len(lines)] = secret or line
        elif number % 2:
            line = f"net.ipv4.conf.eth{number}.rp_filter = {number % 3}"
        else:
            line = LOG.format(number % 60, number % 1000, 20_000 + number % 500) + "duration: 20.1 ms"
        lines.append(line)
        size += len(line) + 1
    return lines, secrets, misses


WORDS = (
    *("order", "item", "price", "user", "account", "invoice", "ledger", "event", "session", "page", "note", "draft"),
    *("city", "street", "stock", "batch", "queue", "audit", "label", "total", "created", "updated", "status", "parent"),
    *("owner", "region", "level", "route", "shift", "vendor", "truck", "meter", "rate", "plan", "stage"),
)


def unlike_lines() -> str:
    """Return a log of PostgreSQL and a kernel with settings between its lines, no two of which have the same words."""
    chance = random.Random(5)

    def name() -> str:
        tail = "".join(chance.choices("abcdefgilmnou", k=3))
        return chance.choice(WORDS) + chance.choice((f"_{chance.choice(WORDS)}", tail))

    lines: dict[str, None] = {}
    size = 0
    while size < SIZE:
        head = LOG.format(chance.randrange(60), chance.randrange(1000), chance.randrange(1000, 99999)).replace(
            "LOG:  ", ""
        )
        number = chance.randrange(10**6)
        line = chance.choice(
            (
                f"{head}LOG:  duration: {number / 1000} ms  statement: SELECT {name()}, {name()} FROM {name()} "
                f"WHERE {name()} = {number} ORDER BY {name()}",
                f'{head}ERROR:  relation "{name()}" does not exist at character {number % 90}',
                f"{head}STATEMENT:  UPDATE {name()} SET {name()} = '{name()}' WHERE {name()} IN ({number}, 1)",
                f'{head}LOG:  automatic vacuum of table "{name()}.{name()}.{name()}": index scans: {number % 9}',
                f"net.{name()}.{name()}.{name()} = {number}",
                f"Mar  2 03:14:15 db kernel: [{number / 1000}] {name()} {name()}: {name()} {name()} at {number:x}",
            )
        )
        size += 0 if line in lines else len(line) + 1
        lines[line] = None
    return "\n".join(lines)


def real() -> str:
    """Return a megabyte of the lines of logs that people published, each once, where they lie beside the repository."""
    folder = Path(os.environ.get("CONFMEND_CORPUS", ROOT.parent / "shared" / "corpus")) / "pg_log"
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    lines = dict.fromkeys(line for each in files for line in each.read_text("utf-8", "replace").splitlines())
    return "\n".join(lines)[:SIZE]


def score(lines: list[str], secrets: dict[int, str], misses: dict[int, str]) -> tuple[float, int]:
    """Return the share of secrets of which nothing is left, and how many near-misses were touched."""
    gone = sum(
        not any(secret[n : n + 4] in lines[at] for n in range(len(secret) - 3)) for at, secret in secrets.items()
    )
    return gone / len(secrets), sum(lines[at] != line for at, line in misses.items())


def best(call: Callable[[], object], repetitions: int) -> float:
    """Return the seconds of the fastest of some runs."""
    times = []
    for _ in range(repetitions):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def peer(folder: Path, lines: list[str], repetitions: int) -> tuple[list[str], float]:
    """Return the lines without what detect-secrets finds, its entropy plugins left out, and its seconds."""
    sys.path.insert(0, str(folder))
    mapping = importlib.import_module("detect_secrets.core.plugins.util").get_mapping_from_secret_type_to_class()
    collection = importlib.import_module("detect_secrets.core.secrets_collection").SecretsCollection
    settings = importlib.import_module("detect_secrets.settings").transient_settings
    plugins = [{"name": each.__name__} for each in mapping.values() if "HighEntropy" not in each.__name__]
    with tempfile.TemporaryDirectory() as name, settings({"plugins_used": plugins}):
        path = Path(name) / "server.log"
        path.write_text("\n".join(lines), "utf-8")

        found = collection()
        found.scan_file(str(path))
        seconds = best(lambda: collection().scan_file(str(path)), max(1, repetitions // 3))
        clean = list(lines)
        for _, secret in found:
            clean[secret.line_number - 1] = clean[secret.line_number - 1].replace(secret.secret_value, "#")
    return clean, seconds


def in_pyodide(text: str, repetitions: int) -> list[float]:
    """Return the seconds of redaction, of one plain pattern over the text, and of the first call with its imports."""
    with tempfile.TemporaryDirectory() as name:
        code, given = Path(name) / "code.zip", Path(name) / "input.txt"
        with zipfile.ZipFile(code, "w") as archive:
            for path in sorted((ROOT / "pysrc" / "confmend").rglob("*.py")):
                archive.write(path, path.relative_to(ROOT / "pysrc"))
        given.write_text(text, "utf-8")
        arguments = ["node", "--input-type=module", "-e", IN_PYODIDE, str(code), str(given), str(repetitions)]
        done = subprocess.run(arguments, cwd=ROOT / "web", stdout=subprocess.PIPE, text=True, check=True)
    return [float(each) for each in json.loads(done.stdout.strip().splitlines()[-1])]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--peer", type=Path, metavar="FOLDER")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    lines, secrets, misses = sample()
    text = "\n".join(lines)
    megabytes = len(text) / 1e6
    print(f"{len(text):,} characters, {len(secrets)} secrets of {len(SECRETS)} kinds, {len(misses)} near-misses")
    print(f"{platform.python_implementation()} {platform.python_version()}\n")
    clean = redact([text]).texts[0].split("\n")
    seconds = best(lambda: redact([text]), options.repetitions)
    plain = best(lambda: sum(1 for _ in PLAIN_RE.finditer(text)), options.repetitions)
    with tempfile.TemporaryDirectory() as made:
        folder = options.peer or Path(made)
        if not options.peer:
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", made, PEER], check=True)
        peer_lines, peer_seconds = peer(folder, lines, options.repetitions)
    page, page_plain, page_boot = in_pyodide(text, options.repetitions)
    own, theirs = score(clean, secrets, misses), score(peer_lines, secrets, misses)
    print("| | recall | near-misses touched | MB/s |\n|---|---|---|---|")
    print(f"| confmend | {own[0]:.3f} | {own[1]} of {len(misses)} | {megabytes / seconds:.2f} |")
    print(f"| {PEER}, no entropy | {theirs[0]:.3f} | {theirs[1]} of {len(misses)} | {megabytes / peer_seconds:.2f} |")
    print(f"\nratio {peer_seconds / seconds:.1f}; a plain pass of re: {megabytes / plain:.1f} MB/s")
    print(
        f"Pyodide: {megabytes / page:.2f} MB/s, a plain pass {megabytes / page_plain:.1f} MB/s, "
        f"ratio {page / page_plain:.1f}; first call {page_boot * 1000:.0f} ms"
    )
    bare = "".join(line + "\n" for at, line in enumerate(lines) if at not in secrets and at not in misses)
    distinct = unlike_lines()
    base = best(lambda: redact([distinct]), options.repetitions) / len(distinct)
    print(f"\nplain text, no two lines alike: {base * 1e9:.0f} ms/MB")
    if published := real():
        taken = best(lambda: redact([published]), options.repetitions)
        print(f"published logs, each line once: {taken / len(published) * 1e9:.0f} ms/MB")
    print(f"the lines between the secrets: {best(lambda: redact([bare]), 3) / len(bare) * 1e9:.1f} ms/MB")
    print(f"\nsuspects: {best(lambda: suspects([bare]), 3) / len(bare) * 1e9:.1f} ms/MB")
    print("\n| 1 MB of | ms | times plain text |\n|---|---|---|")
    for piece in HOSTILE:
        hostile = piece * (1_000_000 // len(piece))
        taken = best(lambda hostile=hostile: redact([hostile]), 2)  # type: ignore[misc]
        print(f"| `{piece.strip()}` | {taken * 1000:.0f} | {taken / len(hostile) / base:.1f} |")
    for level in levels():
        chosen = Choices(levels=frozenset({level}))
        taken = best(lambda chosen=chosen: redact([text], chosen), 3)  # type: ignore[misc]
        print(f"\nlevel {level}: {(taken - seconds) / len(text) * 1e9:.0f} ms/MB more")
    print("\n| scanner | ms/MB of ordinary text | level |\n|---|---|---|")
    for name, scanner in scanners().items():
        taken = best(lambda find=scanner.find: sum(1 for _ in find(bare)), 3)  # type: ignore[misc]
        print(f"| {name} | {taken / len(bare) * 1e9:.1f} | {scanner.level} |")
    sizes = [path.stat().st_size for path in (ROOT / "pysrc" / "confmend" / "redact").rglob("*.py")]
    print(f"\n{len(sizes)} modules, {sum(sizes):,} bytes of source")
    pairs = [(lines[at], clean[at], secret) for at, secret in secrets.items()]
    left = {line for line in SECRETS if any(_is_left(line, *each) for each in pairs)}
    print("kinds not found:", *sorted(left), sep="\n  ")
    if options.json:
        figures = {"recall": own[0], "mb_per_s": megabytes / seconds, "ratio": peer_seconds / seconds}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def _is_left(kind: str, before: str, after: str, secret: str) -> bool:
    """Say whether a line is of this kind and its secret is left in it."""
    return before == kind.replace("{}", secret) and any(secret[n : n + 4] in after for n in range(33))


if __name__ == "__main__":
    main()
