"""What can be wrong: one file a rule, named for the problem. A rule's examples are its unit tests."""

import functools
import inspect
from collections.abc import Mapping

from confmend.discover import declared, modules
from confmend.model import Rule


def rules() -> Mapping[str, Rule]:
    """Return every rule by its id, the name of its file."""
    return declared("confmend.rules", "RULE", Rule)


@functools.cache
def doc(rule: str) -> str:
    """Return what a rule's file says of it. KeyError if there is no such rule."""
    for module in modules("confmend.rules"):
        if module.__name__ == f"confmend.rules.{rule}":
            return inspect.cleandoc(module.__doc__ or "")
    raise KeyError(rule)


def title(rule: str) -> str:
    """Return the first line of a rule's text: the problem in one sentence."""
    return doc(rule).partition("\n")[0]
