"""What holds for every artefact: it is made, it leaks nothing, its owner gets it whole."""

import base64
import io
import json
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artefact_cases import BAD_CONF, CASES, SECRET, analysed, files, with_artefact
from confmend import artefacts
from confmend.__main__ import COULD_NOT_RUN, NOTHING_FOUND, main
from confmend.artefacts.files import as_bytes, safe_path
from confmend.bridge import call
from confmend.engine import own_values
from confmend.redact.placeholders import issued


@pytest.mark.parametrize("name", artefacts.heads())
def test_front_matter_is_whole_and_some_case_offers_it(name: str) -> None:
    head, *_ = artefacts.heads()[name]
    assert head.title
    assert head.goes
    assert with_artefact(name)


@pytest.mark.parametrize("case", CASES)
def test_what_is_offered_is_made_and_redacted(case: str) -> None:
    made = artefacts.artefacts(analysed(case))
    assert [(each.name, each.title) for each in made] == [
        (each.name, each.title) for each in artefacts.offered(analysed(case))
    ]
    for each in made:
        assert each.files
        assert each.many == all(file.name.startswith(f"{each.name}/") for file in each.files)
        for file in each.files:
            assert SECRET not in file.text
            assert "Tr0ub4dor" not in file.text
            assert ".." not in PurePosixPath(file.name).parts
            assert not file.name.startswith("/")


@pytest.mark.parametrize("case", CASES)
def test_the_owners_files_hold_no_placeholder(case: str) -> None:
    analysis = analysed(case)
    for made in files(case, own=True).values():
        for file in made.values():
            assert not list(issued(file.text))
            assert not [each for each in analysis.redactions if each.placeholder in file.text]


@pytest.mark.parametrize("case", list(CASES)[::3])
def test_zip_holds_every_file_and_is_the_same_bytes_again(case: str) -> None:
    made = artefacts.own_artefacts(CASES[case], analysed(case))
    zipped = artefacts.archive(made)
    assert artefacts.archive(made) == zipped
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {file.name: as_bytes(file.text) for each in made for file in each.files}
    assert len(found) == sum(len(each.files) for each in made)


def _ask(asked: str, **args: Any) -> Any:
    return json.loads(call(json.dumps({"id": 1, "call": asked, "args": args})))["value"]


@pytest.mark.parametrize("case", ["host", "hostile_names", "hostile_values"])
def test_bridge_gives_what_the_engine_gives(case: str) -> None:
    pastes = [{"name": each.name, "text": each.text, "kind": each.kind} for each in CASES[case]]
    listed = _ask("artefacts", pastes=pastes)
    assert {each["name"]: {file["name"]: file["text"] for file in each["files"]} for each in listed} == {
        name: {each.name: each.text for each in made.values()} for name, made in files(case, own=False).items()
    }
    for name, made in files(case, own=True).items():
        own = _ask("artefact", pastes=pastes, name=name)
        assert own["files"] == [{"name": each.name, "text": each.text} for each in made.values()]
        shared = _ask("artefact", pastes=pastes, name=name, redacted=True)
        assert shared in listed
        one = _ask("archive", pastes=pastes, name=name)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(one["base64"]))) as archive:
            assert archive.namelist() == list(made)
        assert one["name"] == f"{name}.zip"
    html = _ask("report", pastes=pastes)["html"]
    assert all(f'data-artefact="{name}"' in html for name in files(case, own=False))


def test_export_writes_the_files(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    conf = tmp_path / "postgresql.conf"
    conf.write_text(BAD_CONF, "utf-8")
    pasted = [str(conf), "--set", "postgresql=16"]
    assert main(["export", *pasted]) == NOTHING_FOUND
    assert b"\nconfmend.patch: " in capfdbinary.readouterr().out
    assert main(["export", *pasted, "--to", str(tmp_path / "shared")]) == NOTHING_FOUND
    assert main(["export", *pasted, "--to", str(tmp_path / "own"), "--own"]) == NOTHING_FOUND
    shared, own = ((tmp_path / each / f"corrected{conf}").read_text("utf-8") for each in ("shared", "own"))
    conninfo = next(line for line in BAD_CONF.splitlines() if line.startswith("primary_conninfo"))
    assert conninfo in own
    assert "password=PASSWORD_" in shared
    assert "fsync = on" in own
    assert main(["export", *pasted, "--to", str(tmp_path), "--name", "no.such"]) == COULD_NOT_RUN
    capfdbinary.readouterr()
    assert main(["export", *pasted, "--to", str(tmp_path / "one"), "--name", "confmend.patch"]) == NOTHING_FOUND
    assert capfdbinary.readouterr().out == f"{tmp_path}/one/confmend.patch\n".encode()


def test_a_value_comes_back_as_its_program_reads_it() -> None:
    """Not as it was written: of the quotes that the file doubled, one is the password's."""
    own = own_values(CASES["postgresql"], analysed("postgresql"))
    conf = analysed("postgresql").documents[0].get("primary_conninfo")
    assert conf
    assert own(conf.value) == f"host=db1.example.com user=replicator password={SECRET}"
    (placeholder,) = issued(conf.value)
    assert own(placeholder) == SECRET
    assert own(f"x={placeholder};") == f"x={SECRET};"
    assert own("PASSWORD_9XX_HIDDEN") == "PASSWORD_9XX_HIDDEN"


@given(st.text())
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    path = safe_path(name)
    assert path
    assert not PurePosixPath(path).is_absolute()
    assert not {"..", "", "."} & set(path.split("/"))
