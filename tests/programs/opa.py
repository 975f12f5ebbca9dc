"""Open Policy Agent's own engine: the Go library, as a package of PyPI brings it, called through ctypes.

``tests/opa.txt`` pins and hashes the package. pip unpacks it to ``tests/.programs/opa`` on the first use: nothing of it
is imported, so that it asks for a newer Python than this one does not matter.
"""

import ctypes
import functools
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from programs.debian import PROGRAMS, MissingProgramError

PINS = Path(__file__).resolve().parents[1] / "opa.txt"
_LIBRARY = "opa_bindings/libopabridge.so"


class RefusedError(Exception):
    """OPA's complaint about a policy, its data or a query."""


class Policy:
    """Modules and what they make of an input."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._opa = _library()
        self._handle = ctypes.c_uint64(self._opa.OpaNew())
        for name, text in modules.items():
            self._said(self._opa.OpaAddPolicy(self._handle, name.encode(), text.encode()))

    def document(self, path: str, given: Any = None) -> Any:
        """Return what ``data.<path>`` is for the input, None if it is undefined."""
        asked = json.dumps(given).encode() if given is not None else b""
        said = self._said(self._opa.OpaEvalDocument(self._handle, path.encode(), asked, 0, 0)).get("result")
        return said[0]["expressions"][0]["value"] if said else None

    def tests(self, package: str) -> Mapping[str, bool]:
        """Return which tests of a package pass: the rules whose names begin as ``opa test`` wants it."""
        query = f'x = {{name | some name; data.{package}[name]; startswith(name, "test_")}}'
        passed = self._said(self._opa.OpaEvalQuery(self._handle, query.encode(), b"", 0, 0))["result"]
        return dict.fromkeys(passed[0]["bindings"]["x"], True)

    def _said(self, pointer: int) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = json.loads(ctypes.string_at(pointer))
        finally:
            self._opa.OpaFreeString(pointer)
        if answer.get("error"):
            raise RefusedError(answer["error"]["message"])
        return answer


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(_unpacked() / _LIBRARY))
    library.OpaNew.restype = ctypes.c_uint64
    library.OpaFreeString.argtypes = [ctypes.c_void_p]
    for name in ("OpaAddPolicy", "OpaEvalDocument", "OpaEvalQuery"):
        getattr(library, name).restype = ctypes.c_void_p
    return library


def _unpacked() -> Path:
    folder = PROGRAMS / "opa"
    if (folder / _LIBRARY).is_file():
        return folder
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        raise MissingProgramError("the package of OPA's library is for Linux on x86_64 and aarch64")
    unfinished = PROGRAMS / "opa.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--require-hashes", "--only-binary=:all:", "--ignore-requires-python", "--no-compile"),
            *("--target", unfinished, "-r", PINS),
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise MissingProgramError(f"pip can't fetch OPA's library: {done.stderr[-300:]}")
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return folder
