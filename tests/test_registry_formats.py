"""Windows' registry and macOS' property lists against what reads them there, and systemd's files against systemd."""

import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.document import Document, document
from confmend.formats import detect, formats
from confmend.formats.windows_reg import PARAMETERS

CORPUS = Path(__file__).parent / "corpus"


def read(kind: str, text: str) -> Document:
    return document(formats()[kind], "x", text)


def sample(kind: str, name: str) -> str:
    return (CORPUS / kind / name).read_bytes().decode()


# Windows -------------------------------------------------------------------------------------------------------------

REG_VALUES = [
    ('"KeepAliveTime"=dword:000493e0', "300000", ""),
    ('"KEEPALIVETIME" = dword:493E0 ; five minutes', "300000", ""),
    ('"KeepAliveTime"=dword:ffffffff', "4294967295", ""),
    ('"KeepAliveTime"="300000"', "300000", ""),
    ('"KeepAliveTime"=-', "-", ""),
    ('"KeepAliveTime"=hex(b):e0,93,04,00,00,00,00,00', "hex(b):e0,93,04,00,00,00,00,00", ""),
    ('"KeepAliveTime"=dword:0000493e0', "0000493e0", "dword: takes up to 8 hexadecimal digits"),
    ('"KeepAliveTime"=dword:', "", "dword: takes up to 8 hexadecimal digits"),
    ('"KeepAliveTime"=hex:e0,\\', "hex:e0", "hex: is cut off after a backslash"),
]


@pytest.mark.parametrize(("line", "value", "problem"), REG_VALUES)
def test_reg_value(line: str, value: str, problem: str) -> None:
    heading, only = read("windows_reg", f"[{PARAMETERS.upper()}]\r\n{line}\r\n").lines
    assert heading.key == f"{PARAMETERS}/"
    assert (only.key, only.value) == (f"{PARAMETERS}/KeepAliveTime", value)
    assert only.problem.startswith(problem)
    assert bool(only.problem) == bool(problem)


@given(number=st.integers(0, 2**32 - 1), old=st.sampled_from(["dword:1", "dword:zz", '"5"', "-", "hex:00"]))
def test_a_dword_is_written_with_eight_digits_and_read_back(number: int, old: str) -> None:
    before = read("windows_reg", f'REGEDIT4\n[{PARAMETERS}]\n"KeepAliveTime"={old}\n')
    after = before.set(f"{PARAMETERS}/KeepAliveTime", str(number))
    assert after.text == f'REGEDIT4\n[{PARAMETERS}]\n"KeepAliveTime"=dword:{number:08x}\n'
    line = after.get(f"{PARAMETERS}/KeepAliveTime")
    assert line is not None
    assert line.value == str(number)


@given(text=st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs",)), max_size=20))
def test_text_in_the_registry_keeps_its_quotes(text: str) -> None:
    after = read("windows_reg", f'[{PARAMETERS}]\n"Domain"="a" ; first\n').set(f"{PARAMETERS}/Domain", text)
    assert after.text.endswith('" ; first\n')
    line = after.get(f"{PARAMETERS}/Domain")
    assert line is not None
    assert line.value == text


def test_a_value_of_several_lines_is_not_cut_in_two() -> None:
    before = read("windows_reg", f'[{PARAMETERS}]\n"A"=hex:00,\\\n  01\n"B"=dword:1\n')
    assert [line.value for line in before.lines[1:]] == ["hex:00,01", "", "1"]
    with pytest.raises(ValueError, match="by hand"):
        before.set(f"{PARAMETERS}/A", "1")


def test_a_file_that_starts_with_a_byte_order_mark() -> None:
    text = f'\ufeffWindows Registry Editor Version 5.00\r\n\r\n[{PARAMETERS}]\r\n"MaxUserPort"=dword:0000fffe\r\n'
    found = detect("", text)
    assert found is not None
    assert found.kind == "windows_reg"
    assert [line.problem for line in read("windows_reg", text).lines] == [""] * 4


# macOS ---------------------------------------------------------------------------------------------------------------

# What XML 1.0 can hold of what stands in an argument.
ARGUMENTS = st.text(st.characters(min_codepoint=33, max_codepoint=0xD7FF, blacklist_characters=";&|\x7f", blacklist_categories=("Z", "C")), min_size=1)  # fmt: skip  # noqa: E501


@given(value=ARGUMENTS)
def test_an_edited_property_list_says_to_plistlib_what_was_set(value: str) -> None:
    before = sample("launchd_plist", "sysctl.plist")
    after = read("launchd_plist", before).set("net.inet.tcp.keepidle", value).set("net.inet.tcp.always_keepalive", "1")
    expected = plistlib.loads(before.encode())
    expected["ProgramArguments"][1] = f"net.inet.tcp.keepidle={value}"
    expected["ProgramArguments"].append("net.inet.tcp.always_keepalive=1")
    assert plistlib.loads(after.text.encode()) == expected


@pytest.mark.parametrize("name", ["sysctl.plist", "limit.maxfiles.plist", "shell.plist"])
def test_what_is_taken_out_of_a_property_list_is_gone_and_nothing_else(name: str) -> None:
    before = read("launchd_plist", sample("launchd_plist", name))
    for key in before.settings:
        after = plistlib.loads(before.unset(key).text.encode())
        assert after != plistlib.loads(before.text.encode())


def test_values_are_those_that_plistlib_reads() -> None:
    for name in ("sysctl.plist", "limit.maxfiles.plist"):
        read_here = read("launchd_plist", sample("launchd_plist", name))
        tree = plistlib.loads(read_here.text.encode())
        for key in (key for key in read_here.settings if "." not in key):
            node = tree
            for part in key.split("/"):
                node = node[int(part) if isinstance(node, list) else part]
            line = read_here.get(key)
            assert line is not None
            assert line.value == str(node)


def test_property_lists_that_are_none() -> None:
    laughs = '<!DOCTYPE plist [\n<!ENTITY a "aa">\n<!ENTITY b "&a;&a;">\n]>\n<plist><string>&b;</string></plist>\n'
    problems = {
        number: line.problem for number, line in enumerate(read("launchd_plist", laughs).lines, 1) if line.problem
    }
    assert problems == {2: "not a property list: XML entity declarations are not supported in plist files"}
    open_tag = read("launchd_plist", "<plist>\n<dict>\n</array></plist>\n")
    assert [line.problem for line in open_tag.lines] == ["", "", "not well-formed XML: mismatched tag"]


# systemd and PAM -----------------------------------------------------------------------------------------------------


def test_what_systemd_complains_of(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not installed")
    text = (
        "LimitNOFILE=1\n[Service]\nExecStart=/bin/sh \\\n# between\n  -c true\n; LimitNOFILE=2\n"
        "LimitNOFILE = 1024\nTasksMax\n[Install\n"
    )
    unit = tmp_path / "sample.service"
    unit.write_text(text)
    done = subprocess.run([program, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    told = {
        int(line.split(":")[1]): line.split(":", 2)[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith(f"{unit}:")
    }
    ours = read("systemd_unit", text)
    assert told
    assert set(told) == {number for number, line in enumerate(ours.lines, 1) if line.problem}
    for number, complaint in told.items():
        assert complaint.startswith(ours.lines[number - 1].problem)


def test_units_stand_beside_what_systemctl_shows() -> None:
    shown = read("systemd_show", "Id=a.service\nTasksMax=1\n\nTasksMax=2\nId=b.service\n")
    assert [(line.value, line.columns.get("unit")) for line in shown.lines if line.key == "TasksMax"] == [
        ("1", "a.service"),
        ("2", "b.service"),
    ]
