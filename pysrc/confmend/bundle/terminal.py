"""What a terminal leaves in a copy: colours, titles, a progress bar's earlier states, sudo's own words."""

import re
from collections.abc import Mapping, Sequence

from confmend.bundle.cleaning import Cleaning

# ECMA-48: CSI, OSC and the other string sequences, character sets, single escapes; and how a pager shows an escape.
_CODES = (
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[()*+][0-9A-Za-z]|\x1b[ -~]|\x1b"
    r"|(?:\^\[|\u241b)\[[0-9;]*[mK]|[\x0e\x0f]"
)
_SUDO = r"(?:\[sudo\] [^\n:]{1,80}: ?|sudo: unable to resolve host [^\n]{1,200}|sudo: [^\n]{1,100} try again\.?)[ \r]*"


def _codes(text: str, lines: Sequence[str]) -> Mapping[int, str]:
    """Undo codes, struck-over letters and what a lone carriage return had overwritten."""
    escapes = "\x1b" in text or "\u241b[" in text or "^[[" in text
    if not escapes and "\b" not in text and not ("%\r" in text or "%)\r" in text):
        return {}
    codes = re.compile(_CODES)
    changed = {}
    for index, line in enumerate(lines):
        new = codes.sub("", line) if escapes else line
        if "\b" in new:
            new = re.sub("[^\b\n]\b", "", new).replace("\b", "")
        body = new.rstrip("\r\n")
        if "\r" in body and (new != line or re.search(r"[0-9]%\)?\r", body)):
            new = body.rpartition("\r")[2] + new[len(body) :]
        if new != line:
            changed[index] = new
    return changed


def _sudo(text: str, lines: Sequence[str]) -> Mapping[int, str]:
    if "[sudo] " not in text and "sudo: " not in text:
        return {}
    words = re.compile(_SUDO)
    changed = {}
    for index, line in enumerate(lines):
        match = words.match(line) if line.startswith(("[sudo] ", "sudo: ")) else None
        if match:
            rest = line[match.end() :]
            changed[index] = rest if rest.strip() else ""
    return changed


CODES = Cleaning("colours and other codes of a terminal were taken off {lines}", _codes)
SUDO = Cleaning("sudo's own words were left out ({lines})", _sudo)
