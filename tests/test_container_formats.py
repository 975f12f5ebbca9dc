"""Containers' limits: what YAML and JSON libraries read in the same text, hostile texts, and the facts they give."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from confmend.document import Document, document
from confmend.engine import analyse
from confmend.facts.container import Container
from confmend.formats import detect, formats
from confmend.model import Paste, Value

CORPUS = Path(__file__).parent / "corpus"
GIB = 1024**3
COMPOSE = "services:\n  db:\n    image: postgres:16\n"
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: postgres:16\n    resources:\n      limits:\n"


def read(kind: str, text: str) -> Document:
    return document(formats()[kind], "x", text)


def leaves(tree: object, path: str = "") -> dict[str, Any]:
    """What a library's tree holds, by dotted paths."""
    if isinstance(tree, dict):
        pairs: list[tuple[object, object]] = list(tree.items())
    elif isinstance(tree, list):
        pairs = list(enumerate(tree))
    else:
        return {path: tree}
    return {k: v for name, sub in pairs for k, v in leaves(sub, f"{path}.{name}" if path else str(name)).items()}


NAMES = st.text("abcdefgh_-", min_size=1, max_size=6).filter(lambda name: not name.startswith("-"))
SCALARS = st.one_of(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1), st.integers(), st.booleans())
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)


@settings(max_examples=50)
@given(tree=TREES, flow=st.sampled_from([None, True, False]))
def test_yaml_gives_the_paths_and_values_that_pyyaml_loads(tree: object, flow: bool | None) -> None:
    text = yaml.dump({"services": {"db": {"mem_limit": "1g", "x": tree}}}, default_flow_style=flow, allow_unicode=True)
    read_here = read("container_yaml", text)
    assert [line.problem for line in read_here.lines if line.problem] == []
    loaded = leaves(yaml.safe_load(text))
    for key in read_here.settings:
        line = read_here.get(key)
        assert line is not None
        assert line.value == loaded[key] or yaml.safe_load(line.value) == loaded[key]
    assert "services.db.mem_limit" in read_here.settings


@given(tree=TREES)
def test_json_gives_the_paths_and_values_that_json_loads(tree: object) -> None:
    whole = [{"HostConfig": {"Memory": 1, "x": tree}}]
    for indent in (None, 4):
        found = read("docker_inspect", json.dumps(whole, indent=indent))
        expected = leaves(whole[0])
        assert set(found.settings) == {key for key in expected if not isinstance(expected[key], (dict, list))}
        for key, value in expected.items():
            line = found.get(key)
            assert line is not None
            assert json.loads(line.raw[line.start : line.end]) == value


def test_a_broken_document_does_not_hide_the_others() -> None:
    text = COMPOSE + "    mem_limit: 1g\n   : : x\n---\nservices: {db: {mem_limit: 2g}}\n---\n- [\n"
    found = read("container_yaml", text)
    assert [(line.value, line.columns["document"]) for line in found.lines if line.key == "services.db.mem_limit"] == [
        ("1g", "1"),
        ("2g", "2"),
    ]
    assert [number for number, line in zip(found.numbers, found.lines, strict=True) if line.problem] == [5]


HOSTILE = [
    *("[" * 100_000, "{a: " * 50_000, "- " * 50_000, "? " * 50_000, "{{" * 50_000, '"\\' * 50_000, "&a *a " * 20_000),
    "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *b{n - 1}]\n" for n in range(1, 1_000)),
    "a\x00b",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", ["container_yaml", "docker_inspect", "docker_run"])
def test_hostile_texts_are_read_as_any_other(kind: str, text: str) -> None:
    for start in (
        "",
        "services:\n  db:\n    mem_limit: 1g\n    x: ",
        "docker run -m 1g ",
        '{"HostConfig": {"Memory": 1, ',
    ):
        assert read(kind, start + text).text == start + text
        detect("", start + text)


def container(*pastes: Paste) -> Container:
    return analyse(pastes).facts.get(Container) or Container()


def amount(value: Value[Any] | None) -> object:
    return value.value if value else None


MEMORY = [
    ("container_yaml", COMPOSE + "    mem_limit: 4g\n", 4 * GIB),
    ("container_yaml", COMPOSE + "    mem_limit: 1.5GB\n", 3 * GIB // 2),
    ("container_yaml", COMPOSE + "    mem_limit: 4294967296\n", 4 * GIB),
    ("container_yaml", COMPOSE + "    deploy: {resources: {limits: {memory: 512MiB}}}\n", GIB // 2),
    ("container_yaml", COMPOSE + "  app:\n    image: example/app\n    mem_limit: 1g\n", None),
    ("container_yaml", COMPOSE + "    mem_limit: 1g\n  replica:\n    image: postgres:16\n    mem_limit: 2g\n", None),
    ("container_yaml", POD + "        memory: 4Gi\n", 4 * GIB),
    ("container_yaml", POD + "        memory: 4G\n", 4 * 10**9),
    ("container_yaml", POD + "        memory: 4e9\n", 4 * 10**9),
    ("container_yaml", POD + "        memory: 512M\n", 512 * 10**6),
    ("container_yaml", POD + "        memory: {{ .Values.memory }}\n", None),
    ("cgroup", "/sys/fs/cgroup/memory.max:8589934592\n", 8 * GIB),
    ("cgroup", "/sys/fs/cgroup/memory.max:max\n", None),
    ("cgroup", "/sys/fs/cgroup/memory/memory.limit_in_bytes:9223372036854771712\n", None),
    ("cgroup", "/sys/fs/cgroup/other.slice/memory.max:1024\n", None),
    ("systemd_show", "MemoryMax=infinity\n", None),
    ("systemd_show", "MemoryMax=18446744073709551615\n", None),
    ("systemd_show", "MemoryMax=8589934592\n", 8 * GIB),
    ("systemd_unit", "[Service]\nMemoryMax=4G\nMemoryMax=8G\n", 8 * GIB),
    ("systemd_unit", "[Service]\nMemoryMax=8G\nMemoryMax=\n", None),
    ("systemd_unit", "[Service]\nMemoryMax=50%\n", None),
    ("docker_run", "docker run -m 512m postgres:16\n", GIB // 2),
    ("docker_inspect", '[{"HostConfig": {"Memory": 0}}]\n', None),
]


@pytest.mark.parametrize(("kind", "text", "memory"), MEMORY)
def test_memory_limit(kind: str, text: str, memory: int | None) -> None:
    assert amount(container(Paste(text, "", kind)).memory) == memory


CPUS = [
    ("container_yaml", COMPOSE + "    cpus: '2.5'\n", 2.5),
    ("container_yaml", POD + "        cpu: 1500m\n", 1.5),
    ("cgroup", "/sys/fs/cgroup/cpu.max:200000 100000\n", 2.0),
    ("cgroup", "/sys/fs/cgroup/cpu.max:max 100000\n", None),
    ("cgroup", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us:150000\n/sys/fs/cgroup/cpu/cpu.cfs_period_us:100000\n", 1.5),
    ("cgroup", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us:-1\n", None),
    ("systemd_show", "CPUQuotaPerSecUSec=1.500000s\n", 1.5),
    ("systemd_show", "CPUQuotaPerSecUSec=infinity\n", None),
    ("systemd_unit", "[Service]\nCPUQuota=250%\n", 2.5),
    ("docker_inspect", '{"HostConfig": {"NanoCpus": 2500000000}}', 2.5),
]


@pytest.mark.parametrize(("kind", "text", "cpus"), CPUS)
def test_cpu_limit(kind: str, text: str, cpus: float | None) -> None:
    assert amount(container(Paste(text, "", kind)).cpus) == cpus


def test_a_lone_number_is_what_its_files_name_says() -> None:
    found = container(
        Paste("==> /sys/fs/cgroup/memory.max <==\n4294967296\n\n==> /sys/fs/cgroup/cpu.max <==\nmax 100000\n")
    )
    assert amount(found.memory) == 4 * GIB
    assert found.memory is not None
    assert found.memory.origin is not None
    assert (found.memory.origin.name, found.memory.origin.text) == ("/sys/fs/cgroup/memory.max", "4294967296")
    assert found.cpus is None
    assert container(Paste("$ cat /sys/fs/cgroup/memory.current\n4294967296\n")) == Container()


def test_the_kernels_own_files_come_first_and_each_limit_by_itself() -> None:
    compose = Paste(
        COMPOSE + "    mem_limit: 2g\n    shm_size: 1gb\n    ulimits: {nofile: {soft: 20000, hard: 40000}}\n"
    )
    kernel = Paste("/sys/fs/cgroup/memory.max:1073741824\n")
    found = container(compose, kernel)
    assert (amount(found.memory), amount(found.shm), amount(found.nofile)) == (GIB, GIB, 20_000)


def test_samples_give_their_limits() -> None:
    def of(kind: str, name: str) -> tuple[object, ...]:
        found = container(Paste((CORPUS / kind / name).read_text("utf-8"), name))
        return amount(found.memory), amount(found.cpus), amount(found.shm), amount(found.nofile)

    assert of("docker_inspect", "inspect.json") == (4 * GIB, 2.5, 64 * 1024**2, 20_000)
    assert of("docker_run", "run.txt") == (4 * GIB, 2.5, GIB, 20_000)
    assert of("container_yaml", "compose.yaml") == (4 * GIB, 2.5, GIB, 20_000)
    assert of("container_yaml", "statefulset.yaml") == (4 * GIB, 1.5, None, None)
    assert of("systemd_show", "postgresql.txt") == (8 * GIB, 2.0, None, 1_024)
    assert of("systemd_unit", "pgbouncer.service") == (None, None, None, 1_024)
