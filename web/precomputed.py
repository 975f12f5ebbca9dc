"""What Python works out anew at each start, kept from the build: the code of dataclasses, the programs of patterns.

They took nearly half of the time from the start of the page to its first report. The build records them (pack.py); the
page's Python looks them up, and works out as ever what is not among them. They fit only the Python that made them,
which is the one that the page loads.
"""

import _sre
import dataclasses
import marshal
import re
from collections.abc import Callable
from re import _compiler, _parser
from types import CodeType
from typing import Any

import _sha2

TABLE = "precomputed.marshal"

_compile = _compiler.compile


def sha256(text: str) -> bytes:
    """Name a dataclass's code; from the C module, as hashlib would be one import more at each start."""
    return _sha2.sha256(text.encode()).digest()


def record() -> Callable[[], bytes]:
    """Note from here on what is worked out; what this returns ends that, and gives the table."""
    codes: dict[bytes, bytes] = {}
    programs: dict[tuple[str | bytes, int], tuple[Any, ...]] = {}

    def noted_exec(text: str, names: dict[str, Any], found: dict[str, Any]) -> None:
        codes[sha256(text)] = marshal.dumps(without_lines(compile(text, "<string>", "exec")))
        exec(text, names, found)

    def noted_compile(pattern: Any, flags: int = 0) -> "re.Pattern[Any]":
        if isinstance(pattern, str | bytes):
            programs[pattern, int(flags)] = _program(pattern, int(flags))
        return _compile(pattern, flags)

    def end() -> bytes:
        del dataclasses.exec  # the built-in one shows again
        _compiler.compile = _compile
        by_text = sorted(programs.items(), key=repr)
        return marshal.dumps((dict(sorted(codes.items())), dict(by_text)))

    dataclasses.exec = noted_exec  # a name of the module hides the built-in one
    _compiler.compile = noted_compile
    return end


def use() -> None:
    """Look up from here on what ``record`` noted; the table lies beside this module."""
    codes, programs = marshal.loads(__loader__.get_data(f"{__loader__.archive}/{TABLE}"))

    def known_exec(text: str, names: dict[str, Any], found: dict[str, Any]) -> None:
        code = codes.get(sha256(text))
        exec(marshal.loads(code) if code else text, names, found)

    def known_compile(pattern: Any, flags: int = 0) -> "re.Pattern[Any]":
        known = programs.get((pattern, int(flags))) if isinstance(pattern, str | bytes) else None
        if not known:
            return _compile(pattern, flags)
        all_flags, words, *groups = known
        return _sre.compile(pattern, all_flags, memoryview(words).cast("I").tolist(), *groups)

    dataclasses.exec = known_exec
    _compiler.compile = known_compile


def without_lines(code: CodeType) -> CodeType:
    """Drop what tells a traceback its lines: nobody sees one in the page, and it is a tenth of the library."""
    constants = (without_lines(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_linetable=b"", co_consts=tuple(constants))


def _program(pattern: str | bytes, flags: int) -> tuple[Any, ...]:
    """Do what ``re._compiler.compile`` does up to its last step, whose arguments these are."""
    parsed = _parser.parse(pattern, flags)
    words = _compiler._code(parsed, flags)
    names = parsed.state.groupdict
    by_number = {number: name for name, number in names.items()}
    numbered = tuple(by_number.get(number) for number in range(parsed.state.groups))
    packed = b"".join(int(word).to_bytes(4, "little") for word in words)
    return (int(flags | parsed.state.flags), packed, parsed.state.groups - 1, dict(names), numbered)
