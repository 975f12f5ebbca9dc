"""What the rules make of pgbouncer.ini, against PgBouncer itself: it must start with every corrected file.

The files are those of the rules' own examples and real ones. A start that we expect to be refused must be refused too.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from confmend.document import document
from confmend.engine import analyse
from confmend.formats import pgbouncer_ini
from confmend.model import Paste
from confmend.rules import rules
from programs.debian import MissingProgramError
from programs.pgbouncer import INI, Bouncer, bouncers

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or ROOT.parent / "shared" / "corpus")
KIND = "pgbouncer_ini"
STOPS = ("pooler_setting_refused", "pooler_setting_of_another_version")
LATE = "PgBouncer starts, but"

try:
    INSTALLED, REASON = bouncers(), ""
except MissingProgramError as missing:
    INSTALLED, REASON = (), str(missing)
pytestmark = pytest.mark.skipif(not INSTALLED, reason=REASON)

# So that a start needs nothing but its own folder.
OVERRIDES = {
    "unix_socket_dir": "{folder}",
    "listen_addr": "",
    "listen_port": "6432",
    "logfile": "",
    "pidfile": "",
    "user": "",
    "auth_type": "any",
    "auth_file": "",
    "auth_hba_file": "",
    "client_tls_sslmode": "disable",
    "server_tls_sslmode": "disable",
}


def _examples() -> Iterator[dict[str, str]]:
    for rule in rules().values():
        for example in rule.examples:
            if KIND in example.given and "%include" not in example.given[KIND]:
                yield dict(example.given)


def _real() -> Iterator[dict[str, str]]:
    for path in sorted((CORPUS / KIND).glob("*")) if CORPUS.is_dir() else ():
        text = path.read_text("utf-8", "replace")
        if "%include" not in text and "test_cfparser" not in path.name:
            yield {KIND: text}


def _startable(text: str) -> str:
    """Return a file with what would need more than a folder replaced, where it says anything of it."""
    found = document(pgbouncer_ini.FORMAT, INI, text)
    for name, value in OVERRIDES.items():
        if found.written(f"pgbouncer/{name}") or name in ("unix_socket_dir", "auth_type"):
            found = found.set(f"pgbouncer/{name}", value)
    return found.text


def _stops(given: dict[str, str]) -> bool:
    """Whether a rule says that PgBouncer does not start."""
    analysis = analyse([Paste(text, kind=kind) for kind, text in given.items()])
    findings = [each for result in analysis.results if result.rule in STOPS for each in result.findings]
    return any(LATE not in finding.message for finding in findings)


@pytest.mark.parametrize("bouncer", INSTALLED, ids=lambda bouncer: bouncer.version)
def test_pgbouncer_starts_with_what_is_corrected(bouncer: Bouncer, capsys: pytest.CaptureFixture[str]) -> None:
    tally: Counter[str] = Counter()
    wrong = []
    for given in [*_examples(), *_real()]:
        given[KIND] = _startable(given[KIND])
        given["answers"] = f"{given.get('answers', '')}pgbouncer = {bouncer.version}\n"
        analysis = analyse([Paste(text, kind=kind) for kind, text in given.items()])
        after = dict(given) | {each.kind: each.text for each in analysis.corrected if each.kind == KIND}
        changed = after[KIND] != given[KIND]
        for state, each in (("before", given), *((("after", after),) if changed else ())):
            complaints = bouncer.start({INI: each[KIND]}).complaints
            tally[f"{state}: {'refused' if complaints else 'accepted'}"] += 1
            if bool(complaints) != _stops(each):
                wrong.append((state, each[KIND], complaints))
    with capsys.disabled():
        print(f"\nPgBouncer {bouncer.version}: " + ", ".join(f"{name} {tally[name]}" for name in sorted(tally)))
    assert wrong == []
