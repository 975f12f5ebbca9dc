"""New addresses keep the class and the subnets of the old ones, and nothing else of them."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from confmend.redact import Choices, redact, restored
from confmend.redact.subnets import renamed

PRIVATE = [ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8")]
GLOBAL = st.ip_addresses(v=4).filter(lambda each: each.is_global and not each.is_multicast)
V4 = st.one_of(GLOBAL, *(st.ip_addresses(network=str(each)) for each in PRIVATE if each.version == 4))
V6 = st.one_of(st.ip_addresses(v=6, network="2000::/3"), st.ip_addresses(network="fd00::/8"))


def block(written: str) -> int:
    """Which private block an address is in; -1 for a public one."""
    return next((n for n, each in enumerate(PRIVATE) if ipaddress.ip_address(written) in each), -1)


def shared(one: str, other: str) -> int:
    """How many leading bits two addresses share."""
    a, b = ipaddress.ip_address(one), ipaddress.ip_address(other)
    return a.max_prefixlen - (int(a) ^ int(b)).bit_length()


@given(st.lists(st.one_of(V4, V6).map(str), min_size=2, max_size=12, unique=True))
def test_subnets_stay_subnets(written: list[str]) -> None:
    new = renamed(written)
    for a, x in zip(written, new, strict=True):
        for b, y in zip(written, new, strict=True):
            if x is None or y is None or block(a) != block(b):
                continue
            if ipaddress.ip_address(a).version != ipaddress.ip_address(b).version:
                continue
            least = 8 if ipaddress.ip_address(a).version == 4 else 16
            if shared(a, b) >= least:
                assert shared(x, y) == shared(a, b)
            else:
                assert shared(x, y) < least
    for a, x in zip(written, new, strict=True):
        if x is not None:
            assert ipaddress.ip_address(x).is_global == ipaddress.ip_address(a).is_global
            assert block(x) == block(a)


@given(st.lists(st.one_of(V4, V6).map(str), min_size=1, max_size=8))
def test_what_comes_out_comes_out_again_and_goes_back(written: list[str]) -> None:
    text = "".join(f"host=[{each}] port=1\nlisten {each}/24, ok\n" for each in written)
    chosen = Choices(levels=frozenset({"addresses"}))
    result = redact([text], chosen)
    assert redact(result.texts, chosen).texts == result.texts
    assert restored(result.texts[0], [text], result) == text


def test_networks_stay_networks() -> None:
    assert [each and each.endswith(".0.0/16") for each in renamed(["10.20.0.0/16"])] == [True]
    network, inside = renamed(["10.20.0.0/16", "10.20.7.9"])
    assert ipaddress.ip_address(inside or "") in ipaddress.ip_network(network or "")
