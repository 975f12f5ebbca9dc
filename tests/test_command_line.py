"""What PostgreSQL is started with in a container: it wins over the files, and what it leaves alone may be known."""

import pytest

from confmend.engine import analyse
from confmend.facts.command_line import CommandLine
from confmend.facts.postgres import Postgres
from confmend.formats import detect
from confmend.model import Paste

COMPOSE = "services:\n  db:\n    image: {image}\n    command: {command}\n    mem_limit: 2g\n"
POD = (
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: db\n    image: {image}\n    args: {args}\n"
    "    resources:\n      limits:\n        memory: 2Gi\n"
)


def command(text: str, *others: Paste) -> tuple[CommandLine, Postgres | None]:
    facts = analyse([Paste(text, kind="container_yaml"), *others]).facts
    return facts[CommandLine], facts.get(Postgres)


def settings(text: str) -> dict[str, str]:
    return {name: value.value for name, value in command(text)[0].settings.items()}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("postgres -c max_connections=500 -c 'work_mem=64MB'", {"max_connections": "500", "work_mem": "64MB"}),
        ("postgres --max-connections=500 --work_mem=64MB", {"max_connections": "500", "work_mem": "64MB"}),
        ("-c fsync=off -N 300 -B 1GB", {"fsync": "off", "max_connections": "300", "shared_buffers": "1GB"}),
        ('["postgres", "-c", "fsync=off", "-cwork_mem=8MB", "-F"]', {"fsync": "off", "work_mem": "8MB"}),
        ("docker-entrypoint.sh postgres -c max_connections=100 -c max_connections=200", {"max_connections": "200"}),
        ("\n    - postgres\n    - -c\n    - shared_buffers=1GB", {"shared_buffers": "1GB"}),
        ("postgres -c max_connections=${MAX:-100} -c work_mem=8MB", {"work_mem": "8MB"}),
        ('sh -c "postgres -c fsync=off"', {}),
        ("postgres -c 'unbalanced", {}),
        ("postgres", {}),
    ],
)
def test_options_are_settings(written: str, expected: dict[str, str]) -> None:
    assert settings(COMPOSE.format(image="postgres:16", command=written)) == expected


def test_arguments_of_a_pod_stand_in_one_line_or_in_many() -> None:
    wanted = {"shared_buffers": "4GB", "max_connections": "300"}
    listed = '["-c", "shared_buffers=4GB", "-c", "max_connections=300"]'
    assert settings(POD.format(image="postgres:17", args=listed)) == wanted
    spread = "\n    - -c\n    - shared_buffers=4GB\n    - -c\n    - max_connections=300"
    assert settings(POD.format(image="postgres:17", args=spread)) == wanted
    origin = command(POD.format(image="postgres:17", args=spread))[0].settings["shared_buffers"].origin
    assert origin
    assert origin.text.strip() == "- shared_buffers=4GB"


def test_the_report_never_suggests_nothing_at_all() -> None:
    text = COMPOSE.format(image="postgres:16", command="postgres -c max_connections=40").replace("2g", "135m")
    result = next(
        each
        for each in analyse([Paste(text, kind="container_yaml")]).results
        if each.rule == "shared_buffers_out_of_proportion"
    )
    (finding,) = result.findings
    assert "0B" not in finding.message
    assert finding.edits == ()


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("postgres:16.3-alpine", 16),
        ("docker.io/library/postgres:17", 17),
        ("postgis/postgis:15-3.4", 15),
        ("timescale/timescaledb:2.14.2-pg16", 16),
        ("pgvector/pgvector:pg18", 18),
        ("bitnami/postgresql:14.11.0", 14),
        ("postgres:latest", None),
        ("postgres", None),
        ("postgres:9.6", None),
    ],
)
def test_the_tag_tells_the_version(image: str, version: int | None) -> None:
    _, pg = command(COMPOSE.format(image=image, command="postgres -c port=5433"))
    assert pg
    assert pg.version == version


def test_what_the_reader_answers_wins_over_the_tag() -> None:
    text = COMPOSE.format(image="postgres:16", command="postgres -c port=5433")
    _, pg = command(text, Paste("postgresql = 15\n", kind="answers"))
    assert pg
    assert pg.version == 15


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (COMPOSE.format(image="postgres:16", command="postgres -c port=5433"), True),
        (COMPOSE.format(image="bitnami/postgresql:16", command="-c port=5433"), False),
        (COMPOSE.format(image="postgres:16", command="postgres -c config_file=/etc/postgresql/my.conf"), False),
        (
            COMPOSE.format(image="postgres:16", command="postgres -c port=5433")
            + "    volumes:\n    - ./postgresql.conf:/var/lib/postgresql/data/postgresql.conf\n",
            False,
        ),
    ],
)
def test_an_image_as_it_was_made_leaves_the_rest_at_its_default(text: str, whole: bool) -> None:
    found, pg = command(text)
    assert found.is_whole is whole
    assert pg
    result = next(
        each for each in analyse([Paste(text, kind="container_yaml")]).results if each.rule == "autovacuum_off"
    )
    assert bool(result.missing) is not whole


@pytest.mark.parametrize(
    ("kind", "text", "expected", "whole"),
    [
        (
            "docker_run",
            "docker run -d -e POSTGRES_PASSWORD=x postgres:16 -c shared_buffers=256MB \\\n  -c 'work_mem=8MB'\n",
            {"shared_buffers": "256MB", "work_mem": "8MB"},
            True,
        ),
        (
            "docker_run",
            "docker run -m 2g -v $PWD/my.conf:/etc/postgresql.conf postgres:16 -c max_connections=40\n",
            {"max_connections": "40"},
            False,
        ),
        (
            "docker_run",
            "docker run -m 2g redis:7 --port 6380\ndocker run -m 1g postgres:15 -N 50\n",
            {"max_connections": "50"},
            True,
        ),
        ("docker_run", "docker run -m 2g postgres:16 -N 40\ndocker run -m 1g postgres:15 -N 50\n", None, False),
        ("docker_run", "docker run -m 2g postgres:16 sh -c 'postgres -N 40'\n", {}, False),
        (
            "systemd_unit",
            "[Service]\nExecStart=@/usr/bin/postgres -D /data -c max_connections=300 \\\n  -c port=${PGPORT}\n",
            {"max_connections": "300"},
            False,
        ),
        ("systemd_unit", "[Service]\nExecStart=/usr/bin/pgbouncer -p 6432 /etc/pgbouncer.ini\n", None, False),
        ("systemd_unit", "[Service]\nExecStart=/usr/bin/pg_ctl start -D /data -o '-p 5433'\n", None, False),
    ],
)
def test_docker_run_and_units_are_read_as_well(
    kind: str, text: str, expected: dict[str, str] | None, whole: bool
) -> None:
    found = analyse([Paste(text, kind=kind)]).facts.get(CommandLine)
    assert (found and {name: value.value for name, value in found.settings.items()}) == expected
    assert bool(found and found.is_whole) is whole
    assert not found or kind == "systemd_unit" or detect("", text)


def test_no_edit_is_made_where_the_command_line_decides() -> None:
    text = COMPOSE.format(image="postgres:16", command="postgres -c fsync=off")
    analysis = analyse(
        [Paste(text, kind="container_yaml"), Paste("fsync = on\nautovacuum = off\n", kind="postgresql_conf")]
    )
    found = {result.rule for result in analysis.results if result.findings}
    assert {"durability_switched_off", "overridden_by_command_line"} <= found
    assert [edit.key for edit in analysis.edits if edit.key in ("fsync", "autovacuum")] == ["autovacuum"]


def test_several_databases_say_nothing_of_one() -> None:
    text = COMPOSE.format(image="postgres:16", command="postgres -c fsync=off")
    text += "  other:\n    image: postgres:16\n    command: postgres -c fsync=on\n"
    assert CommandLine not in analyse([Paste(text, kind="container_yaml")]).facts
