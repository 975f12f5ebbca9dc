"""What we read in psql's output, against what the server itself says through COPY.

Sampled by default: three of the servers and some of the output formats; ``CONFMEND_WHOLE=1`` takes all of them.
"""

import itertools
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import pytest

from confmend.document import document
from confmend.formats import detect, formats
from programs.debian import MissingProgramError
from programs.postgresql import servers
from programs.psql import Running, running

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
INSTALLED = {server.version: server for server in servers()}
VERSIONS = tuple(INSTALLED) if WHOLE else tuple(version for version in (12, 15, 18) if version in INSTALLED)
TALLY: Counter[str] = Counter()
# Values with everything in them that a table is made of; each is legal in its setting.
HOSTILE = {
    "log_line_prefix": " %m|[%p] é中文 | x+ ",
    "cluster_name": 'a|b "c" .',
    "application_name": "| - + |",
    "search_path": '"a|b", "x y+", public',
    "primary_conninfo": "host=a,b\n  user=x\n\npassword=y ",
    "restore_command": "cp '/a b/%f' \\\n  \"%p\" | x",
    "archive_cleanup_command": 'a,b;"c" (3 rows)',
    "recovery_end_command": "-[ RECORD 1 ]-",
    "temp_tablespaces": "",
    "ssl_ciphers": "a:b;c",
    "krb_server_keyfile": "/x\ty|z",
}
VALUES_OF = {
    "show_all": "show all",
    "pg_settings": "select * from pg_settings",
    "pg_settings some": "select name, setting, unit, source, pending_restart, sourceline from pg_settings",
    "show_all current": "select name, current_setting(name) from pg_settings",
}
pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)"
)


def layouts() -> Iterator[tuple[str, ...]]:
    """Yield psql's options for each way to print."""
    styles = ("ascii", "old-ascii", "unicode")
    for style, border, expanded, form in itertools.product(styles, "012", ("off", "on"), ("aligned", "wrapped")):
        if style != "old-ascii" or form != "wrapped":
            # The old style does not say whether a wrapped name goes on.
            yield (f"linestyle={style}", f"border={border}", f"expanded={expanded}", f"format={form}", "columns=250")
    yield from (("format=unaligned",), ("format=unaligned", "expanded=on"), ("format=unaligned", "fieldsep=\t"))
    yield from (("format=csv",), ("format=csv", "expanded=on"), ("format=csv", "csv_fieldsep=;"))
    yield from (("tuples_only=on", f"border={border}") for border in "12")
    yield from (("tuples_only=on", "format=csv"), ("tuples_only=on", "format=unaligned"))


LAYOUTS = tuple(layouts())


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print how many values were compared; all agreed if the tests passed."""
    yield
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter and capture and TALLY:
        said = ", ".join(f"{name}: {count:,}" for name, count in TALLY.items())
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\nValues read in psql's output as the server has them: {said}")


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    try:
        with running(INSTALLED[request.param], HOSTILE) as found:
            yield found
    except MissingProgramError as missing:
        pytest.skip(f"no psql: {missing}")


def as_printed(value: str, options: Sequence[str]) -> str:
    """Return what is left of a value where psql prints it in an aligned column: tabs become blanks, the end is cut."""
    if any("format=csv" in each or "format=unaligned" in each for each in options):
        return value
    lines = value.split("\n")
    return "\n".join(line.expandtabs(8).rstrip(" ") for line in lines)


def lost(options: Sequence[str]) -> Collection[str]:
    """Return the settings whose values can't be read back: psql itself does not say where they end."""
    if "format=unaligned" in options:
        # A line break and a separator in one value, an empty line, and the separator where the value comes twice.
        return ("restore_command", "primary_conninfo", "krb_server_keyfile")
    # In the old style without borders a blank name is all that tells a second line.
    return ("primary_conninfo",) if {"linestyle=old-ascii", "border=0"} <= set(options) else ()


@pytest.mark.parametrize("query", VALUES_OF)
def test_every_value_is_read_as_the_server_has_it(server: Running, query: str) -> None:
    kind = query.partition(" ")[0]
    names = "name, current_setting(name)" if kind == "show_all" else "name, setting"
    truth = {str(name).lower(): value or "" for name, value in server.rows(f"select {names} from pg_settings")}
    application = "psql"
    wrong: list[tuple[object, ...]] = []
    for number, options in enumerate(LAYOUTS):
        if not WHOLE and (number + server.server.version + list(VALUES_OF).index(query)) % 5:
            continue
        if "tuples_only=on" in options and query in ("pg_settings some", "show_all current"):
            continue
        printed = server.psql(*(part for each in options for part in ("-P", each)), "-c", VALUES_OF[query])
        found = detect("", printed)
        if found is None or found.kind != kind:
            wrong.append((options, "kind", found and found.kind))
            continue
        read = document(formats()[kind], "x", printed)
        assert read.text == printed
        ours = {line.key: line.value for line in read.lines if line.key}
        for name, value in truth.items():
            value = application if name == "application_name" else value
            if name in lost(options):
                continue
            if not agrees(ours.get(name), value, options):
                wrong.append((options, name, ours.get(name), value))
            else:
                TALLY[f"PostgreSQL {server.server.version}"] += 1
        extra = set(ours) - set(truth) - {'"%p"'}
        if extra:
            wrong.append((options, "extra", sorted(extra)[:3]))
    assert wrong == []


def agrees(ours: str | None, value: str, options: Sequence[str]) -> bool:
    """Whether a value came back, exactly or as far as psql prints it."""
    if ours is None:
        return False
    exact = ours == value
    return exact or as_printed(ours, options) == as_printed(value, options)
