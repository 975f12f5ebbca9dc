"""The one way in which formats, facts, rules and scanners are found: by their files."""

import functools
import importlib
import pkgutil
from collections.abc import Hashable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar, cast

T = TypeVar("T")


@functools.cache
def modules(package: str) -> tuple[ModuleType, ...]:
    """Return the submodules of ``package`` in the order of their names, imported."""
    paths = importlib.import_module(package).__path__
    names = sorted(module.name for module in pkgutil.iter_modules(paths))
    return tuple(importlib.import_module(f"{package}.{name}") for name in names)


def declared(package: str, name: str, kind: type[T]) -> Mapping[str, T]:
    """Return what each submodule declares as ``name``, by the submodule's own name.

    A submodule that declares nothing under that name is left out; one that declares something else raises TypeError.
    """
    return _declared(package, name, cast("Hashable", kind))  # as a class is, which mypy does not see


@functools.cache
def _declared(package: str, name: str, kind: type[Any]) -> Mapping[str, Any]:
    found = {}
    for module in modules(package):
        thing = getattr(module, name, None)
        if thing is None:
            continue
        if not isinstance(thing, kind):
            raise TypeError(f"{module.__name__}.{name} is not a {kind.__name__}")
        found[module.__name__.rpartition(".")[2]] = thing
    return MappingProxyType(found)
