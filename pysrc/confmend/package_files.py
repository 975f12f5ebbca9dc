"""The data files that lie in the package, read from a folder or from the zip that the page loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def names(folder: str) -> tuple[str, ...]:
    """Return the names of what lies in a folder of the package, sorted: ``names("data/pg_settings")``."""
    return tuple(sorted(entry.name for entry in _at(folder).iterdir()))


def text(path: str) -> str:
    """Return the text of a file of the package: ``text("data/pgbouncer.tsv")``."""
    return _at(path).read_text("utf-8")


def is_file(path: str) -> bool:
    """Return whether the package has such a file."""
    return _at(path).is_file()


def table(path: str) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a tab-separated file by the names in its first line."""
    heading, *rows = text(path).removesuffix("\n").split("\n")
    for row in rows:
        yield dict(zip(heading.split("\t"), row.split("\t"), strict=True))


def _at(path: str) -> Traversable:
    # Imported at first use: with what it brings along it is a tenth of the engine's start in the browser.
    from importlib import resources

    return resources.files("confmend").joinpath(*path.split("/"))
