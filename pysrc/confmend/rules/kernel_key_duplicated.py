"""A sysctl file sets the same key to different values.

Each line is applied in its turn, so the last one wins, after the first ones were in force for a moment. Somebody who
edits the first line, where the key is expected, changes nothing.

Across files it is meant: later files override earlier ones. There is no edit: which line is to stay is for its owner to
say. Removing the others changes nothing.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel
from confmend.model import Example, Finding, Rule, Severity


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for keys with several values in one file."""
    for document in kernel.files:
        for key, indices in document.settings.items():
            values = {" ".join(document.lines[index].value.split()) for index in indices}
            if len(values) > 1:
                origins = tuple(document.origin(index) for index in indices)
                last = origins[-1].number
                others = ", ".join(str(origin.number) for origin in origins[:-1])
                lines = f"line {others} does" if len(origins) == 2 else f"lines {others} do"
                yield Finding(
                    f"{key} is set {'twice' if len(indices) == 2 else f'{len(indices)} times'}. Line {last} wins, with "
                    f"{document.lines[indices[-1]].value}; {lines} nothing. Remove what is not meant.",
                    origins,
                )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://man7.org/linux/man-pages/man5/sysctl.conf.5.html",),
    examples=(
        Example(
            {"sysctl_conf": "vm.swappiness = 10\nvm.dirty_ratio = 20\nvm/swappiness = 60\n"},
            {"sysctl_conf": "vm.swappiness = 10\nvm.dirty_ratio = 20\nvm/swappiness = 60\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_rmem = 4096 131072 6291456\nnet.ipv4.tcp_rmem=4096\t131072\t6291456\n"}),
    ),
)
