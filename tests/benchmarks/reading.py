"""How long reading takes, and that ten times the text takes ten times as long.

    .venv/bin/python tests/benchmarks/reading.py [--kind KIND ...] [--largest N] [--patience SECONDS] [--json FILE]

For each kind its samples of ``tests/corpus`` are repeated to 100 kB, 1 MB and 10 MB; the hostile texts are made to
100 kB and 1 MB. ``read`` is the kind's reader, ``detect`` its detection, ``parts`` the cutting and cleaning of a paste.
A step that would last longer than the patience is not taken. A ratio near 10 is linear, one near 100 quadratic.
"""

import argparse
import itertools
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "pysrc"))

from confmend.bundle import parts  # noqa: E402
from confmend.formats import formats  # noqa: E402

CORPUS = ROOT / "tests" / "corpus"
SMALLEST = 100_000
HOSTILE = {
    "one endless line": "a" * 64,
    "endless blanks": "a = b" + " " * 60,
    "blanks, one line": " " * 64,
    "blanks before words": ("x" + " " * 30 + "y") * 2,
    "many =": "a=b=c = d == e ",
    "many quotes": "'a' \"b\" '' \\' ",
    "open quotes, lines": "a = 'b\nc = \"d\n",
    "brackets": "[({<[({<",
    "closed brackets": "[a] (b) {c} <d> ",
    "backslashes": "\\\\\\n\\'",
    "deep nesting, lines": "{ [ \n",
    "braces": '{"a":',
    "colons": "a:b: c : ",
    "pipes": " a | b |",
    "pluses": "-+-\n",
    "percents": "%25%s% ",
    "slashes": "/a/b://",
    "at signs": "a@b:c@",
    "commas": 'a,"b,""c"",',
    "dots": "a.b..c.",
    "stars": "**/* ",
    "digits": "1234567890",
    "digits in lines": "12: 3\n",
    "times": "2026-01-01 00:00:00.000 UTC ",
    "prompts": "$ cat a\n",
    "unclosed here-documents": "cat > a << B\n",
    "fences": "```a\n",
    "quoted mail": "> > a = 1\n",
    "escapes": "\x1b[31\x1b]a",
    "carriage returns": "a\r5%\r",
    "backspaces": "a\b",
    "entities": "a = &quot;&nbsp;",
    "wide blanks": "a =\u00a0\u200bb ‘",
    "prefixes": "/a/b.conf:12:a = 1\n",
    "diff": "--- a\n+++ b\n@@ -1,9 +1,9 @@\n-a\n",
    "surrogates": "\udcff\ud800=",
    "line ends": "\n\r\n",
    "headings": "==> a <==\n--- /a/b ---\n",
    "dashes": "-----",
    "equals": "=====",
    "hashes": "# /a # ",
}


def repeated(text: str, size: int) -> str:
    """Return ``text`` again and again, ``size`` characters of it."""
    return (text * (size // len(text) + 1))[:size]


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def sample(kind: str) -> str:
    """Return all samples of a kind, one after the other."""
    paths = (path for path in sorted((CORPUS / kind).glob("*")) if path.name != "cases.toml")
    return "\n".join(path.read_bytes().decode("utf-8", "surrogateescape") for path in paths) + "\n"


def grown(work: Callable[[str], object], text: str, largest: int, patience: float) -> Iterator[tuple[int, float]]:
    """Yield sizes and times, each size ten times the last, as long as the next one is within the patience."""
    size, last = SMALLEST, 0.0
    while size <= largest and last * 10 <= patience:
        given = repeated(text, size)
        last = seconds(lambda: work(given))  # noqa: B023  # called at once
        yield size, last
        size *= 10


def row(step: str, of: str, times: list[tuple[int, float]]) -> dict[str, object]:
    """Return one row of the table and print it."""
    ratios = [after / before for (_, before), (_, after) in itertools.pairwise(times)]
    size, last = times[-1]
    shown = "".join(f"{taken:10.3f}" for _, taken in times) + " " * 10 * (3 - len(times))
    mark = "  <-- not linear" if ratios and ratios[-1] > 25 and last > 0.1 else ""
    print(f"{step:26}{of:26}{shown}{size / last / 1e6:9.1f}  {' '.join(f'{r:6.1f}' for r in ratios)}{mark}", flush=True)
    return {"step": step, "of": of, "seconds": dict(times), "ratios": ratios}


def main() -> None:
    """Measure, print the table, write the JSON if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kind", action="append", choices=[*formats(), "parts"], help="only these")
    parser.add_argument("--largest", type=int, default=10_000_000)
    parser.add_argument("--patience", type=float, default=30.0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    works: dict[str, Callable[[str], object]] = {"parts": parts}
    for kind, form in formats().items():
        works[f"{kind} read"] = lambda text, form=form: deque(form.read(text), maxlen=0)
        works[f"{kind} detect"] = lambda text, form=form: form.detect("", text)
    if options.kind:
        works = {name: work for name, work in works.items() if name.split()[0] in options.kind}
    print(f"{'step':26}{'text':26}{'100 kB':>10}{'1 MB':>10}{'10 MB':>10}{'MB/s':>9}  t(10x)/t(x)")
    rows = []
    for name, work in works.items():
        kind = name.split()[0]
        texts = {each: sample(each) for each in formats()} if kind == "parts" else {kind: sample(kind)}
        for of, text in texts.items():
            if text.isspace():
                continue  # no sample yet
            rows.append(row(name, of, list(grown(work, text, options.largest, options.patience))))
        for of, text in HOSTILE.items():
            rows.append(row(name, of, list(grown(work, text, min(options.largest, 1_000_000), options.patience))))
    slow = [each for each in rows if each["ratios"] and each["ratios"][-1] > 25]
    print(f"{len(rows)} rows, {len(slow)} with a last ratio above 25")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
