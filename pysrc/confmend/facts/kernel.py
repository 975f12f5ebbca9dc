"""The kernel's sysctl values: what files set at boot, and what the running kernel says."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.formats.sysctl_conf import is_glob, unmasked
from confmend.model import Edit, Fact, Origin, Value

FILE, DUMP = "sysctl_conf", "sysctl_dump"


@dataclass(frozen=True)
class Kernel:
    """The two layers: ``files`` in the order in which they are applied, and ``dumps`` of the running kernel.

    A file is left out where another of its name in a stronger directory hides it.
    """

    files: tuple[Document, ...]
    dumps: tuple[Document, ...]

    def running(self, key: str) -> Value[str] | None:
        """Return what the running kernel says of a key."""
        return _last(self.dumps, key)

    def at_boot(self, key: str) -> Value[str] | None:
        """Return what the files set a key to."""
        return next(iter(reversed(self.writes(key))), None)

    def writes(self, key: str) -> tuple[Value[str], ...]:
        """Return what the files write to a key, in order: where they write it out, else what globs give it."""
        written = tuple(
            Value(document.lines[index].value, document.origin(index))
            for document in self.files
            for index in document.settings.get(key, ())
        )
        globs, excluded = self._globs
        return written or tuple(value for glob, value in globs if key not in excluded and _matches(glob, key))

    @functools.cached_property
    def _globs(self) -> tuple[tuple[tuple[str, Value[str]], ...], frozenset[str]]:
        """The globs with their values, in order, and the keys that they leave alone."""
        globs, excluded = [], set()
        for document in self.files:
            for index, line in enumerate(document.lines):
                if is_glob(line.key) and not line.commented and not line.problem:
                    globs.append((line.key, Value(line.value, document.origin(index))))
                excluded.add(line.columns.get("excluded", ""))
        return tuple(globs), frozenset(excluded)

    def effective(self, key: str) -> Value[str] | None:
        """Return the running value; without a dump, what the files set."""
        return self.running(key) or self.at_boot(key)

    def assigned(self, key: str) -> tuple[Value[str], ...]:
        """Return the value that each layer has for a key: the files' first, then the running one."""
        return tuple(value for value in (self.at_boot(key), self.running(key)) if value)

    def alike(self, key: str) -> tuple[tuple[Value[str], ...], ...]:
        """Return the values that the layers have for a key, those that say the same together."""
        found: dict[tuple[str, ...], tuple[Value[str], ...]] = {}
        for value in self.assigned(key):
            fields = tuple(value.value.split())
            found[fields] = (*found.get(fields, ()), value)
        return tuple(found.values())

    def numbers(self, key: str, count: int = 1) -> Iterator[tuple[tuple[Value[str], ...], tuple[int, ...]]]:
        """Yield the ``count`` whole numbers that the layers have for a key, with the values that say them."""
        for values in self.alike(key):
            found = integers(values[0], count)
            if found:
                yield values, found

    def number(self, key: str) -> int | None:
        """Return the effective value if it is one whole number, else None."""
        found = integers(self.effective(key), 1)
        return found[0] if found else None

    def changed(self, key: str, value: str, wrong: tuple[Value[str], ...]) -> tuple[Edit, ...]:
        """Return the edits that set a key to ``value`` in the layers whose values are ``wrong``, and in no other."""
        kinds = dict.fromkeys(each.origin.kind for each in wrong if each.origin)
        return tuple(Edit(kind, key, value) for kind in kinds)

    def undone(self, key: str, default: str | None, wrong: tuple[Value[str], ...]) -> tuple[Edit, ...]:
        """Return the edits that put a key back in the layers whose values are ``wrong``, and in no other."""
        kinds = {value.origin.kind for value in wrong if value.origin}
        return tuple(edit for edit in self.reset(key, default) if edit.kind in kinds)

    def reset(self, key: str, default: str | None) -> tuple[Edit, ...]:
        """Return the edits that put a key back: its lines leave the files, the running value becomes ``default``.

        Without a default (it depends on something unknown) only the files are edited.
        """
        edits = [Edit(FILE, key, None)] if any(key in document.settings for document in self.files) else []
        if default is not None and self.running(key):
            edits.append(Edit(DUMP, key, default))
        return tuple(edits)

    @property
    def version(self) -> tuple[int, int] | None:
        """The running kernel's version, (6, 1); None if the dump does not say."""
        release = self.running("kernel.osrelease")
        match = re.match(r"([0-9]+)\.([0-9]+)", release.value) if release else None
        return (int(match[1]), int(match[2])) if match else None


def integers(value: Value[str] | None, count: int) -> tuple[int, ...] | None:
    """Return the ``count`` whole numbers of a value, None if it is anything else."""
    fields = value.value.split() if value else []
    if len(fields) != count or not all(re.fullmatch("[0-9]{1,20}", field) for field in fields):
        return None
    return tuple(int(field) for field in fields)


def _last(documents: tuple[Document, ...], key: str) -> Value[str] | None:
    for document in reversed(documents):
        line = document.get(key)
        if line:
            return Value(line.value, document.origins(key)[-1])
    return None


def _matches(glob: str, key: str) -> bool:
    """Return whether a glob stands for a key, as glob(3) finds it: part by part, for no star spans a separator."""
    parts, wanted = key.split("."), glob.replace("[^", "[!").split(".")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def evidence(*values: Value[str] | None) -> tuple[Origin, ...]:
    """Return the lines that the values stand in."""
    return tuple(value.origin for value in values if value and value.origin)


def gather(documents: Documents) -> Kernel | None:
    """Return the layers, if there is any."""
    dumps = documents.of(DUMP)
    read = unmasked(document.name for document in documents.of(FILE))
    files = tuple(document for document in documents.of(FILE) if document.name in read)
    return Kernel(files, dumps) if files or dumps else None


def describe(kernel: Kernel) -> Iterator[tuple[str, str, str]]:
    """Say which kernel it is and what its sysctl values come from."""
    release = kernel.running("kernel.osrelease")
    if release and release.origin:
        yield "kernel", release.value, f"{release.origin.name}, line {release.origin.number}"
    for layer, documents in (("sysctl values set by files", kernel.files), ("sysctl values running", kernel.dumps)):
        if documents:
            count = len({key for document in documents for key in document.settings})
            yield layer, f"{count:,}", ", ".join(document.name for document in documents)


FACT = Fact(gather, "sysctl -a, or the sysctl lines in question", describe, of_host=True)
