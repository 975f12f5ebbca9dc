"""Every rule's own examples, and what holds for all rules."""

import pytest

from confmend.engine import analyse
from confmend.model import Example, Paste, Severity
from confmend.rules import doc, rules

EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{number}")
    for name, rule in rules().items()
    for number, example in enumerate(rule.examples)
]


def _pastes(example: Example) -> list[Paste]:
    return [Paste(text, kind=kind) for kind, text in example.given.items()]


def _skipping_all_but(name: str) -> set[str]:
    return set(rules()) - {name}


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_example(name: str, example: Example) -> None:
    analysis = analyse(_pastes(example), skip=_skipping_all_but(name))
    (result,) = analysis.results
    assert result.crash == ""
    assert result.missing == ()
    if example.fixed is None:
        assert result.findings == ()
        return
    assert result.findings
    after = {document.kind: document.text for document in analysis.corrected if document.kind in example.fixed}
    assert after == dict(example.fixed)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_corrected_example_needs_no_further_edit(name: str, example: Example) -> None:
    analysis = analyse(_pastes(example), skip=_skipping_all_but(name))
    again = analyse([Paste(each.text, kind=each.kind) for each in analysis.corrected], skip=_skipping_all_but(name))
    assert again.edits == ()


@pytest.mark.parametrize("name", rules())
def test_rule_is_whole(name: str) -> None:
    rule = rules()[name]
    title, _, why = doc(name).partition("\n\n")
    assert title.endswith(".")
    assert "\n" not in title
    assert why
    assert rule.sources
    assert all(source.startswith("https://") for source in rule.sources)
    assert any(example.fixed is not None for example in rule.examples)
    assert any(example.fixed is None for example in rule.examples)
    edits = any(
        example.given.get(kind) != text for example in rule.examples for kind, text in (example.fixed or {}).items()
    )
    assert rule.side_effect or not edits


@pytest.mark.parametrize(
    ("name", "given", "severity"),
    [
        (
            "tcp_memory_exhausted",
            {"sockstat": "TCP: inuse 9 orphan 0 tw 0 alloc 9 mem 262144\n", "answers": "memory = 16GB\n"},
            Severity.WARNING,
        ),
        (
            "tcp_memory_exhausted",
            {"sockstat": "TCP: inuse 9 orphan 0 tw 0 alloc 9 mem 353895\n", "answers": "memory = 16GB\n"},
            Severity.CRITICAL,
        ),
        (
            "usual_load_exceeds_ram",
            {
                "postgresql_conf": "max_connections = 100\nshared_buffers = 4GB\nwork_mem = 128MB\n",
                "answers": "memory = 16GB\npostgresql = 14\ncpus = 10\n",
            },
            Severity.WARNING,
        ),
        (
            "usual_load_exceeds_ram",
            {
                "postgresql_conf": "max_connections = 100\nshared_buffers = 4GB\nwork_mem = 128MB\n",
                "answers": "memory = 16GB\npostgresql = 15\ncpus = 12\n",
            },
            Severity.CRITICAL,
        ),
        (
            "setting_duplicated",
            {"postgresql_conf": "port = 5432\nport = 5433\n"},
            Severity.WARNING,
        ),
        (
            "setting_duplicated",
            {"postgresql_conf": "ssl = on\nssl = 'true'\n"},
            Severity.INFO,
        ),
        (
            "keepalive_too_late",
            {"postgresql_conf": "port = 5432\n", "answers": "idle_limit = 350s\n"},
            Severity.WARNING,
        ),
        (
            "keepalive_too_late",
            {"postgresql_conf": "port = 5432\n", "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\n"},
            Severity.INFO,
        ),
        (
            "shared_buffers_out_of_proportion",
            {"postgresql_conf": "shared_buffers = 6GB\n", "answers": "memory = 12GB\n"},
            Severity.WARNING,
        ),
        (
            "shared_buffers_out_of_proportion",
            {"postgresql_conf": "shared_buffers = 10GB\n", "answers": "memory = 12GB\n"},
            Severity.CRITICAL,
        ),
    ],
)
def test_severity(name: str, given: dict[str, str], severity: Severity) -> None:
    analysis = analyse(_pastes(Example(given)), skip=_skipping_all_but(name))
    assert {finding.severity for finding in analysis.results[0].findings} == {severity}


@pytest.mark.parametrize(
    ("name", "given", "part"),
    [
        ("setting_of_another_version", {"postgresql_conf": "wal_keep_segments = 8\n"}, "PostgreSQL version"),
        ("setting_value_refused", {"postgresql_conf": "password_encryption = on\n"}, "PostgreSQL version"),
        (
            "usual_load_exceeds_ram",
            {
                "postgresql_conf": "max_connections = 500\nshared_buffers = 8GB\nwork_mem = 64MB\n",
                "answers": "memory = 16GB\npostgresql = 16\n",
            },
            "number of CPUs",
        ),
        (
            "pooler_descriptors_exhausted",
            {"pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nmax_client_conn = 901\n"},
            "open_files = 1024",
        ),
        ("tcp_mem_exceeds_ram", {"sysctl_conf": "net.ipv4.tcp_mem = 1 2 26777216\n"}, "/proc/meminfo"),
        ("accept_queue_cut_short", {"sysctl_conf": "net.core.somaxconn = 128\n"}, "pgbouncer.ini"),
        ("keepalive_too_late", {"postgresql_conf": "port = 5432\n"}, "idle_limit"),
        # Nobody can paste the kernel of a managed service.
        ("tcp_feature_off", {"answers": "role = rds\n"}, "which Amazon RDS does not show"),
        ("tcp_feature_off", {"answers": "role = primary\n"}, "sysctl -a"),
    ],
)
def test_missing_fact_is_asked_for(name: str, given: dict[str, str], part: str) -> None:
    analysis = analyse(_pastes(Example(given)), skip=_skipping_all_but(name))
    (result,) = analysis.results
    assert result.findings == ()
    assert part in "; ".join(result.missing)
    assert analysis.edits == ()
