"""The columns of a log's line, parted only when somebody asks: most lines of a large log are never asked."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping
from typing import Any


class LazyColumns(Mapping[str, str]):
    """What ``parse`` makes of ``arguments``, each time anew, for a log may be large; ``items`` gives all at once.

    ``more`` says whether there is something beside the message that a search should look into.
    """

    __slots__ = ("_arguments", "_parse", "more")

    def __init__(self, parse: Callable[..., dict[str, str]], arguments: tuple[Any, ...], more: bool = False) -> None:
        self._parse, self._arguments, self.more = parse, arguments, more

    def __getitem__(self, name: str) -> str:
        return self._parse(*self._arguments)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parse(*self._arguments))

    def __len__(self) -> int:
        return len(self._parse(*self._arguments))

    def items(self) -> ItemsView[str, str]:
        """Return all of them, parted once."""
        return self._parse(*self._arguments).items()
