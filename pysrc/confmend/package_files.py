"""The data files that lie in the package, read from a folder or from the zip that the page loads."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# Where the build lists all of them for the page, one path a line: to look into its zip takes half a second.
LISTED = "data/files.txt"


def names(folder: str) -> tuple[str, ...]:
    """Return the names of what lies in a folder of the package, sorted: ``names("data/pg_settings")``."""
    listed = _listed()
    if listed:
        return tuple(sorted({path.partition("/")[0] for path in _below(folder, listed)}))
    return tuple(sorted(entry.name for entry in _at(folder).iterdir()))


def tree(folder: str) -> tuple[str, ...]:
    """Return the paths of all files below a folder of the package, sorted: ``tree("templates/artefacts")``."""
    return tuple(sorted(_below(folder, _listed()) or _walked(_at(folder)), key=lambda path: path.split("/")))


def text(path: str) -> str:
    """Return the text of a file of the package: ``text("data/pgbouncer.tsv")``."""
    found = pkgutil.get_data("confmend", path)
    assert found is not None  # it is None only for a loader that can't read files
    return found.decode("utf-8")


def is_file(path: str) -> bool:
    """Return whether the package has such a file."""
    return path in _listed() or (not _listed() and _at(path).is_file())


def table(path: str) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a tab-separated file by the names in its first line."""
    heading, *rows = text(path).removesuffix("\n").split("\n")
    for row in rows:
        yield dict(zip(heading.split("\t"), row.split("\t"), strict=True))


@functools.cache
def _listed() -> frozenset[str]:
    """Return the paths of all files, empty where no build has listed them."""
    try:
        return frozenset(text(LISTED).split("\n"))
    except OSError:
        return frozenset()


def _below(folder: str, listed: frozenset[str]) -> list[str]:
    start = f"{folder}/"
    return [path.removeprefix(start) for path in listed if path.startswith(start)]


def _walked(folder: Traversable, above: str = "") -> Iterator[str]:
    for entry in folder.iterdir():
        path = f"{above}{entry.name}"
        if entry.is_dir():
            yield from _walked(entry, f"{path}/")
        else:
            yield path


def _at(path: str) -> Traversable:
    # Imported at first use: with what it brings along it is a tenth of the engine's start in the browser.
    from importlib import resources

    return resources.files("confmend").joinpath(*path.split("/"))
