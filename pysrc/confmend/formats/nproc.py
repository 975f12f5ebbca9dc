"""What ``nproc`` prints: one number, the CPUs of the shell. Alone it could be anything: its name must say it."""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, asked, named, one_number, ran
from confmend.model import Line

_COUNT = re.compile(r"\s*[0-9]{1,6}\s*")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; the number has the key ``nproc``."""
    for raw in split_lines(text):
        if _COUNT.fullmatch(raw):
            yield named(raw, "nproc", 0)
        else:
            known = not raw.strip() or ran(raw, "nproc", "getconf")
            yield Line(raw, problem="" if known else "not a number of CPUs")


def detect(name: str, text: str) -> float:
    """Be sure of one number that ``nproc`` printed, by the text's name or by the prompt above it."""
    if not one_number(text, "nproc", "getconf"):
        return 0.0
    heads = [name, *(raw for raw in split_lines(text[:HEAD]) if ran(raw, "nproc", "getconf"))]
    return float(any(asked(head, "nproc") or "_NPROCESSORS_ONLN" in head for head in heads))


FORMAT = Format("nproc", "nproc", "nproc", detect, read)
