"""Levels: names that the reader wants hidden become legal ones, everywhere the same; texts mean what they meant."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confmend.engine import analyse
from confmend.incidents import example
from confmend.model import Paste
from confmend.redact import KIND, Choices, redact, restored
from confmend.redact.hosts import renamed
from confmend.redact.scanners.mac_addresses import rename as renamed_mac

ALL = Choices(levels=frozenset({"addresses", "hostnames", "identities"}))
LEGAL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-)){0,10}")
LABEL = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
HOST = st.builds(
    lambda labels, suffix: ".".join([*labels, *suffix]),
    st.lists(LABEL, min_size=1, max_size=2),
    st.sampled_from([[], ["acme", "example"], ["eu", "acme", "com"], ["lan"]]),
)
WORD = st.from_regex(r"[a-z][a-z_]{2,9}[0-9]?", fullmatch=True)
CONTEXTS = (
    "kernel.hostname = {host}\n",
    "primary_conninfo = 'host={host} port=5432 user={user} dbname={base}'\n",
    "postgres://{user}:S3cr3t!x@{host}:5432/{base}?sslmode=require\n",
    "2026-01-02 03:04:05 UTC [7] {user}@{base} {host}(51234) LOG:  duration: 1 ms\n",
    "{base} = host={host} port=5432 auth_user={user}\n",
    "hostssl {base} {user} {host} scram-sha-256\n",
    "[{user}@{host} ~]$ free -m\n",
    'FATAL:  role "{user}" does not exist\n',
    "GRANT SELECT ON t TO {user};\n",
    "inet 172.20.3.9/16 ether 52:54:00:a1:b2:c3 mail {user}@{host}.example\n",
    "password: {user}\nhost-1km-hidden USER_1KM_HIDDEN\n",
)
BUNDLE = st.lists(
    st.builds(
        lambda line, host, user, base: line.format(host=host, user=user, base=base),
        st.sampled_from(CONTEXTS),
        HOST,
        WORD,
        WORD,
    ),
    max_size=8,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(BUNDLE, min_size=1, max_size=2))
def test_levels_are_undone_and_done_twice_change_nothing(texts: list[str]) -> None:
    result = redact(texts, ALL)
    assert redact(result.texts, ALL).texts == result.texts
    for before, after in zip(texts, result.texts, strict=True):
        # An added line, so that each name is put back by itself.
        assert restored(after + "end\n", texts, result) == before + "end\n"


@given(st.lists(HOST, min_size=1, max_size=6, unique=True))
def test_host_names_are_legal_and_domains_stay_domains(names: list[str]) -> None:
    new = renamed(names)
    for name, after in zip(names, new, strict=True):
        assert after is not None
        assert LEGAL.fullmatch(after)
        for other, its in zip(names, new, strict=True):
            zone, its_zone = name.partition(".")[2], (its or "").partition(".")[2]
            if zone and zone == other.partition(".")[2] and name.count(".") >= 2 and not {name, other} & {zone}:
                assert its_zone == after.partition(".")[2] or name in other or other in name
    # ours stay as they are
    assert renamed([each or "" for each in new]) == [None] * len(new)


def test_one_domain_and_one_host_wherever_they_are() -> None:
    text = "host=db1.a.example,db2.a.example\nkernel.hostname = db1\nkernel.domainname = a.example\n"
    (out,) = redact([text], ALL).texts
    first, second, short, zone = re.findall(r"[a-z0-9.-]+hidden[a-z.]*(?:-hidden\.example)?", out.replace(",", " "))
    assert first.startswith(f"{short}.")
    assert first.endswith(f".{zone}")
    assert second.endswith(f".{zone}")


def test_a_password_that_looks_like_a_name_is_hidden_as_a_password() -> None:
    text = "password: 127.0.0.1\ntoken = host-1km-hidden\nuser=mallory9 password=mallory9 host=h\n"
    out = redact([text], ALL).texts[0]
    assert re.findall("[A-Z]+_[0-9]", out) == ["PASSWORD_1", "TOKEN_1", "USER_1", "PASSWORD_2"]


def test_a_name_found_once_is_hidden_everywhere_but_not_inside_words() -> None:
    out = redact(["kernel.hostname = prod-pg-07\n", "the prod-pg-07 box, not prod-pg-071"], ALL).texts[1]
    assert re.fullmatch(r"the host-1\w\w-hidden box, not prod-pg-071", out)


def test_hardware_addresses_keep_their_signs() -> None:
    assert renamed_mac(["52:54:A7:00:00:01", "52-54-a7-00-00-02", "52:54:a7:00:00:01", "ff:ff:ff:ff:ff:ff"]) == [
        "02:00:00:00:00:01",
        "02-00-00-00-00-02",
        "02:00:00:00:00:01",
        None,
    ]


@pytest.mark.parametrize("slug", ["no_buffer_space"])
def test_an_incident_has_the_same_findings_with_all_levels(slug: str) -> None:
    pastes = list(example(slug))
    levels = Paste("".join(f"level = {level}\n" for level in sorted(ALL.levels)), kind=KIND)
    plain, hidden = analyse(pastes), analyse([*pastes, levels])
    assert [each.format.kind for each in hidden.documents] == [each.format.kind for each in plain.documents]
    assert [(each.rule, len(each.findings)) for each in hidden.results] == [
        (each.rule, len(each.findings)) for each in plain.results
    ]
    assert hidden.edits == plain.edits


@pytest.mark.parametrize(
    "piece", ["a@b.", "x://a@b,", ".com", "user=", "host=", "a.b.c.", "[a@b ", "GRANT ", "a@", "LOG: "]
)
def test_time_is_linear_with_levels(piece: str) -> None:
    import time

    def seconds(size: int) -> float:
        start = time.process_time()
        redact([piece * (size // len(piece))], ALL)
        return time.process_time() - start

    assert any(seconds(200_000) < 8 * seconds(50_000) + 0.05 for _ in range(4))
