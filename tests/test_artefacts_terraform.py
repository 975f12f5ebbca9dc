"""Terraform for managed services: read by Terraform's own parser and another one, its units by a real server.

A terraform that is there formats and evaluates the files too; to validate them it needs the services' providers.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest

from artefact_cases import TEMPLATES, analysed, each_with, files
from confmend.artefacts.settings import settings
from confmend.artefacts.source import redacted
from confmend.facts.postgres import Postgres
from programs.postgresql import CONF, servers

NODE_MODULES = Path(__file__).parent / "node_modules"
TERRAFORM = shutil.which("terraform")
SERVICES = {
    "managed_rds": "rds.tf",
    "managed_aurora": "aurora.tf",
    "managed_cloudsql": "cloudsql.tf",
    "managed_azure": "azure.tf",
}
AZURE = "azurerm_postgresql_flexible_server_configuration"
PARSE = (
    'import { parse } from "@cdktf/hcl2json"; import { readFileSync } from "fs";'
    'console.log(JSON.stringify(await parse("a.tf", readFileSync(0, "utf8"))));'
)


def _parsed(text: str) -> Any:
    done = subprocess.run(
        ["node", "--input-type=module", "-e", PARSE],
        input=text.encode(),
        capture_output=True,
        check=False,
        cwd=NODE_MODULES.parent,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def _parameters(text: str) -> Mapping[str, str]:
    """Return name and value of each parameter, whichever resource has them."""
    said = _parsed(text)
    resources = said.get("resource", {})
    groups = [group for kind in resources if kind.endswith("parameter_group") for group in resources[kind]["confmend"]]
    alone = [each for own in resources.get(AZURE, {}).values() for each in own]
    flags = [each for locals_ in said.get("locals", ()) for each in locals_["confmend_database_flags"].items()]
    blocks = [block for group in groups for block in group["parameter"]]
    return {
        **{each["name"]: each["value"] for each in (*blocks, *alone)},
        **{name: value.replace("$${", "${").replace("%%{", "%{") for name, value in flags},
    }


@each_with("terraform")
def test_two_parsers_read_each_file(case: str) -> None:
    for own in (True, False):
        for file in files(case, own)["terraform"].values():
            assert _parsed(file.text)
            assert hcl2.loads(file.text)


@pytest.mark.parametrize("case", SERVICES)
def test_a_service_gets_its_own_file(case: str) -> None:
    assert list(files(case, own=True)["terraform"]) == [f"terraform/{SERVICES[case]}"]


def test_whoever_names_no_service_gets_all_and_a_host_of_ones_own_none() -> None:
    assert set(files("managed_managed", own=True)["terraform"]) == {f"terraform/{name}" for name in SERVICES.values()}
    assert "terraform" not in files("templates", own=True)


@pytest.mark.parametrize("case", SERVICES)
def test_values_are_in_the_servers_base_units(case: str) -> None:
    """As a real server of the version shows them that was given what the findings want."""
    known = analysed(case).facts[Postgres]
    server = next(each for each in servers() if each.version == known.version)
    wanted = {each.name: each.value for each in settings(redacted(analysed(case)))}
    ((_, file),) = files(case, own=True)["terraform"].items()
    found = _parameters(file.text)
    conf = "".join(f"{name} = '{(wanted[name] or '').replace(chr(39), chr(39) * 2)}'\n" for name in found)
    shown = server.values({CONF: conf}, list(found))
    booleans = {"on": "1", "off": "0"} if case in ("managed_rds", "managed_aurora") else {}
    assert found == {name: booleans.get(value, value) for name, value in shown.items()}
    assert {"work_mem", "shared_buffers", "autovacuum"} <= found.keys()
    assert "fsync" not in found
    assert re.search(r"^ *# Not here.* fsync ", file.text, re.MULTILINE)


@pytest.mark.parametrize("case", ["managed_rds", "managed_aurora"])
def test_what_needs_a_restart_waits_for_a_reboot(case: str) -> None:
    """RDS refuses ``immediate`` for a static parameter."""
    ((_, file),) = files(case, own=True)["terraform"].items()
    (resource,) = _parsed(file.text)["resource"].values()
    methods = {each["name"]: each["apply_method"] for each in resource["confmend"][0]["parameter"]}
    restarts = {each.name: each.restart for each in settings(redacted(analysed(case)))}
    assert methods == {name: "pending-reboot" if restarts[name] else "immediate" for name in methods}
    assert set(methods.values()) == {"pending-reboot", "immediate"}


def test_the_block_that_takes_the_flags_is_one() -> None:
    ((_, file),) = files("managed_cloudsql", own=True)["terraform"].items()
    block = "".join(re.findall(r"^#\|( .*\n)", file.text, re.MULTILINE))
    said = _parsed(f'resource "google_sql_database_instance" "a" {{\n  settings {{\n{block}  }}\n}}\n')
    flags = said["resource"]["google_sql_database_instance"]["a"][0]["settings"][0]["dynamic"]["database_flags"]
    assert flags[0]["for_each"] == "${local.confmend_database_flags}"


@pytest.mark.skipif(not TERRAFORM, reason="there is no terraform here")
@each_with("terraform")
def test_terraform_finds_the_files_well_formed(case: str) -> None:
    for file in files(case, own=True)["terraform"].values():
        done = _terraform("fmt", "-check", "-diff", "-", cwd=Path("/"), stdin=file.text)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not TERRAFORM, reason="there is no terraform here")
def test_terraform_replaces_nothing_in_a_value(tmp_path: Path) -> None:
    ((_, file),) = files("managed_cloudsql", own=True)["terraform"].items()
    (tmp_path / "flags.tf").write_text(file.text, "utf-8")
    done = _terraform("console", cwd=tmp_path, stdin="jsonencode(local.confmend_database_flags)\n")
    flags = json.loads(json.loads(done.stdout))
    assert flags["log_line_prefix"] == f"%m [%p] {TEMPLATES}"
    assert flags["work_mem"] == "65536"


def _terraform(*words: str, cwd: Path, stdin: str) -> subprocess.CompletedProcess[str]:
    assert TERRAFORM
    return subprocess.run(
        [TERRAFORM, *words],
        input=stdin,
        capture_output=True,
        check=False,
        text=True,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), "CHECKPOINT_DISABLE": "1"},
    )
