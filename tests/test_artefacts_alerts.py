"""Alerts and the dashboard: run by Prometheus' own promtool, and asked of what the real exporters export."""

import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from artefact_cases import BAD_BOUNCER, BAD_CONF, SYSCTL_A, analysed, each_with, file_of, files
from confmend import artefacts
from confmend.artefacts.alert import Alert
from confmend.artefacts.alerts import alerts
from confmend.artefacts.source import redacted
from confmend.engine import analyse
from confmend.model import Paste
from programs.debian import command, unpacked
from programs.postgresql import servers
from programs.psql import running

SOCKSTAT = "TCP: inuse 3000 orphan 0 tw 2 alloc 3100 mem 2900\n"
NETSTAT = "TcpExt: TCPMemoryPressures TCPAbortOnMemory\nTcpExt: 17 4\n"
ACTIVITY = (
    "$ psql -c 'select state, count(*) from pg_stat_activity group by state'\n"
    " state | count\n-------+-------\n idle  |  1990\n(1 row)\n"
)
POOLS = (
    " database | user | cl_active | cl_waiting | sv_active | sv_idle | maxwait | pool_mode\n"
    "----------+------+-----------+------------+-----------+---------+---------+-------------\n"
    " app      | app  |        20 |       4400 |        20 |       0 |     110 | transaction\n"
)
# A host on which every alert fires as it was pasted.
BURNING = (
    Paste(BAD_CONF, "postgresql.conf"),
    Paste(BAD_BOUNCER, "pgbouncer.ini"),
    Paste(SYSCTL_A, "sysctl -a"),
    Paste(SOCKSTAT, "/proc/net/sockstat"),
    Paste(NETSTAT, "/proc/net/netstat"),
    Paste(ACTIVITY, "psql"),
    Paste(POOLS, "SHOW POOLS"),
    Paste("postgresql = 16\nmemory = 16GB\ncpus = 4\nidle_limit = 350s\n", kind="answers"),
)


def _promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = command(unpacked("prometheus"), "usr/bin/promtool")
    return subprocess.run([*program, *arguments], capture_output=True, check=False, cwd=folder, text=True)


def _laid(folder: Path, made: Mapping[str, str]) -> Path:
    for name, text in made.items():
        (folder / Path(name).name).write_text(text, "utf-8")
    return folder


@each_with("prometheus")
def test_promtool_takes_the_rules_and_their_tests(case: str, tmp_path: Path) -> None:
    _laid(tmp_path, {file.name: file.text for file in files(case, own=True)["prometheus"].values()})
    for arguments in (("check", "rules", "--lint=all", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")):
        done = _promtool(tmp_path, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr


@each_with("prometheus")
def test_each_alert_is_seen_to_fire_and_to_be_silent(case: str) -> None:
    for each in alerts(redacted(analysed(case))):
        assert {state.fires for state in each.states} == {True, False}


def test_what_was_pasted_fires_and_what_is_corrected_does_not(tmp_path: Path) -> None:
    analysis = analyse(BURNING)
    found = {each.name: each for each in alerts(redacted(analysis))}
    assert {name for name, each in found.items() if _fires(each, "pasted")} == set(found)
    assert len(found) == 10
    # These are about settings, and the changes change them.
    for name in ("PostgresKeepaliveTooLate", "TransactionOutlivesItsClient", "TcpMemoryNearEnd"):
        assert not _fires(found[name], "corrected"), name
    made = artefacts.artefact(analysis, "prometheus")
    _laid(tmp_path, {file.name: file.text for file in made.files})
    done = _promtool(tmp_path, "test", "rules", "alerts_test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def _fires(alert: Alert, word: str) -> bool:
    return any(state.fires for state in alert.states if word in state.name)


@pytest.mark.parametrize(
    "broken", ["> 0.85", "- pg_settings_superuser_reserved_connections", "sum by (job, instance, server)"]
)
def test_the_unit_tests_notice_a_broken_rule(broken: str, tmp_path: Path) -> None:
    """Tests that pass whatever the rules say would be worth nothing."""
    made = {file.name: file.text for file in files("postgresql", own=False)["prometheus"].values()}
    rules = made["prometheus/alerts.yaml"]
    assert broken in rules
    repaired = {"> 0.85": "> 0.95", "sum by (job, instance, server)": "max by (job, instance, server)"}
    _laid(tmp_path, {**made, "alerts.yaml": rules.replace(broken, repaired.get(broken, ""))})
    assert _promtool(tmp_path, "test", "rules", "alerts_test.yaml").returncode != 0


# The dashboard.


@each_with("grafana-dashboard.json")
def test_the_dashboard_draws_what_the_alerts_ask(case: str) -> None:
    dashboard = json.loads(file_of(case, "grafana-dashboard.json"))
    rules = yaml.safe_load(files(case, own=True)["prometheus"]["prometheus/alerts.yaml"].text)["groups"][0]["rules"]
    asked = [each["expr"] for each in rules if "alert" in each]
    panels = dashboard["panels"]
    assert len({each["id"] for each in panels}) == len(panels)
    assert [
        f"{each['targets'][0]['expr']} > {each['fieldConfig']['defaults']['thresholds']['steps'][1]['value']}"
        for each in panels
    ] == asked
    taken = [
        {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        for place in (each["gridPos"] for each in panels)
    ]
    assert sum(map(len, taken)) == len(set().union(*taken))
    assert max(x for places in taken for x, _ in places) < 24


# The metrics are those that the exporters have.


@contextmanager
def _exporter(package: str, *options: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run an exporter and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [*command(unpacked(package), f"usr/bin/{package}"), f"--web.listen-address={address}", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(env or {}),
    )
    try:
        yield f"http://{address}/metrics"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _metrics(address: str) -> frozenset[str]:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                text = answer.read().decode()
        except OSError:
            time.sleep(0.1)
        else:
            return frozenset(re.findall(r"^([a-z]\w+)", text, re.MULTILINE))
    raise AssertionError(f"{address} does not answer")


def _asked(prefix: str) -> frozenset[str]:
    rules: Any = yaml.safe_load(artefacts.artefact(analyse(BURNING), "prometheus").files[0].text)
    exprs = " ".join(each["expr"] for each in rules["groups"][0]["rules"])
    return frozenset(re.findall(rf"\b{prefix}_\w+", exprs))


def test_node_exporter_has_the_metrics_with_the_options_that_the_file_names() -> None:
    text = artefacts.artefact(analyse(BURNING), "prometheus").files[0].text
    options = [word for word in re.findall(r"--collector\.\S+", text) if "netstat" not in word]
    fields = re.search(r"--collector\.netstat\.fields=<what you have now>\|(\S+)", text)
    assert fields
    wanted = _asked("node")
    assert wanted >= {"node_sockstat_TCP_mem", "node_netstat_TcpExt_TCPMemoryPressures"}
    with _exporter("prometheus-node-exporter", *options, f"--collector.netstat.fields={fields[1]}") as address:
        assert wanted <= _metrics(address)
    # Without them, these are missing.
    with _exporter("prometheus-node-exporter") as address:
        assert wanted - _metrics(address) == wanted - {"node_sockstat_TCP_mem"}


@pytest.mark.parametrize("server", [servers()[0], servers()[-1]], ids=lambda server: str(server.version))
def test_postgres_exporter_has_the_metrics(server: Any) -> None:
    # It came with 16; before, the rule takes nothing for it.
    missing = {"pg_settings_reserved_connections"} if server.version < 16 else set()
    with running(server) as found:
        source = f"host={found.socket} user=nobody dbname=postgres"
        with _exporter("prometheus-postgres-exporter", env={"DATA_SOURCE_NAME": source}) as address:
            assert _asked("pg") - _metrics(address) == missing
