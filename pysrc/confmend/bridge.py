"""JSON in, JSON out, for the worker. It keeps nothing between calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from confmend.engine import Analysis, analyse, restore, rewrite, without
from confmend.facts import questions
from confmend.incidents import example, incidents
from confmend.model import Paste
from confmend.render import SCHEMA, as_json, html_report, redacted_text
from confmend.version import VERSION


def call(message: str) -> str:
    """Answer ``{"id", "call", "args"}`` with ``{"id", "value"}``, or ``{"id", "error"}`` with a sentence.

    The text of an exception may hold what was pasted, so of an unexpected one only its type leaves the worker.
    """
    asked = json.loads(message)
    try:
        return json.dumps({"id": asked["id"], "value": _CALLS[asked["call"]](asked["args"])})
    except ValueError as refusal:
        return json.dumps({"id": asked["id"], "error": str(refusal)})
    except Exception as failure:  # whatever it is, the page must be able to go on
        error = f"confmend made a mistake ({type(failure).__name__} in {asked['call']}); nothing was shown or sent"
        return json.dumps({"id": asked["id"], "error": error})


def _pastes(args: Mapping[str, Any]) -> list[Paste]:
    return [Paste(each["text"], each.get("name") or "", each.get("kind") or "") for each in args["pastes"]]


def _analysis(args: Mapping[str, Any]) -> Analysis:
    return analyse(_pastes(args), frozenset(args.get("skip") or ()))


def _report(args: Mapping[str, Any]) -> Any:
    """Give the JSON of what is kept, and the page of everything, so that what is left out can be taken in again."""
    whole = analyse(_pastes(args))
    kept = without(whole, frozenset(args.get("skip") or ()))
    return {"analysis": as_json(kept), "html": html_report(whole, kept)}


def _rewritten(args: Mapping[str, Any]) -> Any:
    return [{"name": file.name, "text": file.text} for file in rewrite(_pastes(args), _analysis(args))]


def _restored(args: Mapping[str, Any]) -> Any:
    return restore(args["text"], _pastes(args), bool(args.get("private_keys")))


def _questions(_args: Mapping[str, Any]) -> Any:
    return [{"key": each.key, "ask": each.ask, "example": each.example} for each in questions()]


def _examples(_args: Mapping[str, Any]) -> Any:
    return [
        {"title": incident.title, "pastes": [{"name": each.name, "text": each.text} for each in example(slug)]}
        for slug, incident in incidents().items()
    ]


_CALLS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "version": lambda _args: {"confmend": VERSION, "schema": SCHEMA},
    "analyse": lambda args: as_json(_analysis(args)),
    "report": _report,
    "rewrite": _rewritten,
    "restore": _restored,
    "redacted": lambda args: redacted_text(_analysis(args)),
    "questions": _questions,
    "examples": _examples,
}
