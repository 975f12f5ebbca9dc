"""The build's half that runs inside Pyodide: which modules the page needs, and one zip of them, compiled.

pack.mjs starts it in Node. Reading Python from source costs a visitor more time than everything else together,
so the page gets .pyc files that this very Python made, and only of the modules that the engine really uses.
"""

import ast
import gc
import importlib
import importlib.machinery
import io
import json
import pkgutil
import random
import sys
import tomllib
import zipfile
import zipimport
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path
from typing import Any

import precomputed

STDLIB = "/lib/python314.zip/"
SITE = "/lib/python3.14/site-packages/"
PACKAGES = ("confmend", "jinja2", "markupsafe", "yaml")
# What no import statement of ours names, and yet a visitor's paste or an error may call for.
EXTRA_MODULES = [
    *("traceback", "linecache", "jinja2.debug", "_strptime", "zipfile"),
    *("encodings.ascii", "encodings.latin_1", "encodings.cp1252", "encodings.utf_8_sig"),
    *("encodings.utf_16", "encodings.utf_16_le", "encodings.utf_16_be"),
    *("encodings.unicode_escape", "encodings.raw_unicode_escape"),
]
# confmend shows the docstrings of its rules; Pyodide's C side reads its own and does not start without them.
KEEP_DOCSTRINGS = ("confmend/rules/", "pyodide/", "_pyodide/")
# What a snapshot's memory has no room for; it is imported when it is needed.
LATER = (
    *("confmend/rules/", "confmend/signs/", "confmend/formats/", "confmend/redact/scanners/", "confmend/facts/"),
    "confmend/pictures/",
    *("yaml/", "zipfile/", "lzma.", "bz2.", "compression/"),
)
# What only the tests read.
UNREAD = ("expected.toml", "incident.toml", "analysis.schema.json")
COMPILED_INCIDENTS = "incidents/compiled.json"
LISTED = "data/files.txt"
# All imports are named in the sources; examples show what Python imports by itself, and the others show no more.
SOME = 25
FIXED_DATE = (1980, 1, 1, 0, 0, 0)
# What the worker has the engine do before somebody waits for it, as in worker.js.
WARM_UPS = (("report", {"pastes": []}), ("warm_up", {}))
SELF_TEST = json.dumps({"id": 0, "call": "version", "args": {}})


async def install(wheels: list[str]) -> bytes:
    """Install the wheels that lie in Pyodide's file system, and return what they put into site-packages as a zip."""
    import micropip

    await micropip.install([f"emfs:{wheel}" for wheel in wheels], deps=False)
    sources = {
        str(path.relative_to(SITE)): path.read_bytes()
        for package in PACKAGES
        for path in Path(SITE, package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    return _zip(sources)


def exercise() -> None:
    """Import and run what the page imports and runs; afterwards sys.modules is the list of what it needs."""
    confmend = importlib.import_module("confmend")
    for module in pkgutil.walk_packages(confmend.__path__, "confmend."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in [*_named_in_imports(), *EXTRA_MODULES]:
        importlib.import_module(name)
    _call("version")
    _call("questions")
    _call("no such call")
    examples = [example for family in _call("examples") for example in family["examples"]]
    for example in examples[::SOME]:
        pastes = _call("example", slug=example["slug"])
        for name in ("analyse", "report", "rewrite"):
            _call(name, pastes=pastes)


def _warm_up() -> None:
    for name, args in WARM_UPS:
        _call(name, **args)


def self_test() -> str:
    """Give the engine's answer to the question that a restored snapshot is asked."""
    answer = importlib.import_module("confmend.bridge").call(SELF_TEST)
    assert isinstance(answer, str)
    return answer


def library() -> bytes:
    """Exercise the engine, then zip every module that is loaded, compiled, with confmend's data files as they are."""
    finish = precomputed.record()
    _warm_up()
    table = finish()
    exercise()
    origins = sorted(
        {
            module.__spec__.origin: module.__spec__
            for module in list(sys.modules.values())
            if getattr(module, "__spec__", None) and str(module.__spec__.origin).startswith((STDLIB, SITE))
        }.items()
    )
    files = {_inside(origin) + "c": _compiled(spec) for origin, spec in origins if origin.endswith(".py")}
    files[precomputed.TABLE] = table
    return _zip(files | _data_files())


def confmend_only(zipped: bytes) -> bytes:
    """Keep of the library what a snapshot still reads from disk: confmend's data files, and what comes later."""
    kept = ("confmend/", precomputed.TABLE, *LATER)
    with zipfile.ZipFile(io.BytesIO(zipped)) as whole:
        return _zip({name: whole.read(name) for name in whole.namelist() if name.startswith(kept)})


def import_library() -> None:
    """Import the modules of the library, for a snapshot that need not import them later."""
    with zipfile.ZipFile(STDLIB.rstrip("/")) as whole:
        names = [name.removesuffix(".pyc") for name in whole.namelist() if name.endswith(".pyc")]
    for name in names:
        if not name.startswith(LATER):
            importlib.import_module(name.removesuffix("/__init__").replace("/", "."))


def settle() -> None:
    """Leave a heap that is worth a snapshot: the swapped library is listed anew, and nothing waits to be freed."""
    random.seed(0)  # the one thing that chance has put there; the worker seeds it anew
    for finder in sys.path_importer_cache.values():
        if finder:
            finder.invalidate_caches()
    zipimport.zipimporter(STDLIB.rstrip("/"))  # reads the list again, which pkgutil asks for without looking
    del sys.modules[__name__]
    gc.collect()


def _call(name: str, **args: object) -> Any:
    """Ask the engine as the page does."""
    bridge = importlib.import_module("confmend.bridge")
    return json.loads(bridge.call(json.dumps({"id": 0, "call": name, "args": args}))).get("value")


def _named_in_imports() -> list[str]:
    """Name every module of the standard library that confmend imports anywhere, inside functions too."""
    names: set[str] = set()
    for path in Path(SITE, "confmend").rglob("*.py"):
        if path.name == "__main__.py":  # the command line, which no page has
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module)
    return sorted(name for name in names if not name.startswith("confmend"))


def _inside(origin: str) -> str:
    return origin.removeprefix(STDLIB).removeprefix(SITE)


def _compiled(spec: importlib.machinery.ModuleSpec) -> bytes:
    """Compile one module to a .pyc that is never checked against a source, as the page has none."""
    name = _inside(spec.origin)
    optimize = 0 if name.startswith(KEEP_DOCSTRINGS) else 2
    tree = ast.parse(spec.loader.get_data(spec.origin))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(each) for each in node.decorator_list):
            # Without a docstring, dataclass() makes one of the signature, which takes as long as all else it does.
            node.body.insert(0, ast.parse(f"__doc__ = {node.name!r}").body[0])
    code = compile(ast.fix_missing_locations(tree), STDLIB + name, "exec", dont_inherit=True, optimize=optimize)
    return bytes(_code_to_hash_pyc(precomputed.without_lines(code), bytes(8), checked=False))


def _data_files() -> dict[str, bytes]:
    root = Path(SITE, "confmend")
    files = {
        f"confmend/{path.relative_to(root)}": path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and path.name not in UNREAD
    }
    files[f"confmend/{COMPILED_INCIDENTS}"] = _incidents(root)
    listed = "\n".join(sorted(name.removeprefix("confmend/") for name in files))
    return files | {f"confmend/{LISTED}": listed.encode()}


def _incidents(root: Path) -> bytes:
    """Put the incidents into one JSON, as the engine reads them in no time; its TOML files stay behind."""
    tables = {
        path.parent.name: tomllib.loads(path.read_text("utf-8")) for path in root.glob("incidents/*/incident.toml")
    }
    return json.dumps(dict(sorted(tables.items())), ensure_ascii=False).encode()


def _zip(files: dict[str, bytes]) -> bytes:
    """Zip without compressing (the gzip around it does better) and without anything that differs between builds."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, FIXED_DATE), files[name])
    return out.getvalue()
