"""How long jc takes to import and to read a sample, and how long confmend takes: ``python tests/benchmarks/jc.py``."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# Python puts this folder first, where "jc" would be this file.
sys.path.pop(0)

import jc

from confmend.formats import formats

CORPUS = Path(__file__).parents[1] / "corpus"
IMPORT = "import time; start = time.perf_counter(); import jc; print((time.perf_counter() - start) * 1000)"
SAMPLES = (
    ("free", "free", "debian-12.txt"),
    ("proc_meminfo", "meminfo", "debian-12.txt"),
    ("proc_cpuinfo", "cpuinfo", "debian-12.txt"),
    ("proc_net_netstat", "netstat_counters", "netstat.txt"),
    ("sysctl", "sysctl_dump", "debian-12.txt"),
)
RUNS = 30


def best(call: Callable[[], object]) -> float:
    """The shortest of some runs, in milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def main() -> None:
    imports = [subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True) for _ in range(5)]
    print(f"import jc: {min(float(each.stdout) for each in imports):.0f} ms")
    for parser, kind, name in SAMPLES:
        text, form = (CORPUS / kind / name).read_text("utf-8"), formats()[kind]
        theirs = best(lambda parser=parser, text=text: jc.parse(parser, text, quiet=True))
        own = best(lambda form=form, text=text: list(form.read(text)))
        print(f"{kind}, {len(text):,} characters: jc {theirs:.2f} ms, confmend {own:.2f} ms")


if __name__ == "__main__":
    main()
