"""Claims about the host that decide between the causes of an incident. One file a claim, named for what it says."""

from __future__ import annotations

from collections.abc import Mapping

from confmend.discover import declared
from confmend.facts import arguments
from confmend.model import Facts, MissingFactError, Sign, State, Verdict


def signs() -> Mapping[str, Sign]:
    """Return every sign by the name of its file."""
    return declared("confmend.signs", "SIGN", Sign)


def verdict(sign: Sign, known: Facts) -> Verdict:
    """Return what the facts say of a sign's claim."""
    try:
        shown = sign.check(*arguments(sign.check, known))
    except MissingFactError as missing:
        return Verdict(State.UNKNOWN, missing=tuple(str(each) for each in missing.args))
    if shown is None:
        return Verdict(State.UNKNOWN, missing=(sign.paste,) if sign.paste else ())
    return Verdict(State.CONFIRMED if shown.holds else State.RULED_OUT, shown.because, shown.evidence)
