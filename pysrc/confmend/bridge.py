"""JSON in, JSON out, for the worker. It keeps nothing between calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from confmend.analysis_json import SCHEMA, as_json
from confmend.artefacts import archive, artefact, artefacts, offered, own_artefact, own_artefacts
from confmend.cards import cards, form, kinds, known
from confmend.collectors import collectors
from confmend.engine import Analysis, analyse, restore, rewrite, without
from confmend.incidents import by_family, example, incidents
from confmend.intake import folder, of_use, unpacked
from confmend.model import Artefact, Paste
from confmend.render import html_report, redacted_text
from confmend.version import VERSION

# Of each sort a little: settings with a mistake, what the host has, a log with a known error, a secret.
_SMALL = """\
==> 99.conf <==
net.ipv4.tcp_mem = 786432 1048576 26777216
==> meminfo <==
MemTotal:       16090752 kB
==> postgresql.conf <==
max_connections = 500
primary_conninfo = 'host=db2.example user=replicator password=Tr0ub4dor-example'
==> postgresql-15-main.log <==
2026-03-02 03:14:55.031 UTC [20412] app@orders LOG:  could not receive data from client: No buffer space available
"""


def call(message: str, data: memoryview | bytes | None = None) -> str:
    """Answer ``{"id", "call", "args"}`` with ``{"id", "value"}``, or ``{"id", "error"}`` with a sentence.

    ``data`` is what comes as bytes: an archive.

    The text of an exception may hold what was pasted, so of an unexpected one only its type leaves the worker.
    """
    asked = json.loads(message)
    try:
        args = asked["args"] if data is None else {**asked["args"], "data": memoryview(data)}
        return json.dumps({"id": asked["id"], "value": _CALLS[asked["call"]](args)})
    except ValueError as refusal:
        return json.dumps({"id": asked["id"], "error": str(refusal)})
    except Exception as failure:  # whatever it is, the page must be able to go on
        error = f"confmend made a mistake ({type(failure).__name__} in {asked['call']}); nothing was shown or sent"
        return json.dumps({"id": asked["id"], "error": error})


def _pastes(args: Mapping[str, Any]) -> list[Paste]:
    return [
        Paste(each["text"], each.get("name") or "", each.get("kind") or "", tuple(map(tuple, each.get("kinds") or ())))
        for each in args["pastes"]
    ]


def _analysis(args: Mapping[str, Any]) -> Analysis:
    return analyse(_pastes(args), frozenset(args.get("skip") or ()))


def _report(args: Mapping[str, Any]) -> Any:
    """Give the JSON of what is kept, and the page of everything, so that what is left out can be taken in again."""
    whole = analyse(_pastes(args))
    kept = without(whole, frozenset(args.get("skip") or ()))
    return {
        "analysis": as_json(kept),
        "html": html_report(whole, kept, offered(kept)),
        "cards": cards(whole),
        "known": known(whole),
    }


def _warmed_up(_args: Mapping[str, Any]) -> Any:
    """Load and compile what the first real report needs, before there is one."""
    _report({"pastes": [{"text": _SMALL}]})


def _rewritten(args: Mapping[str, Any]) -> Any:
    return [{"name": file.name, "text": file.text} for file in rewrite(_pastes(args), _analysis(args))]


def _artefacts(args: Mapping[str, Any]) -> Any:
    return [_artefact_json(each) for each in artefacts(_analysis(args))]


def _artefact(args: Mapping[str, Any]) -> Any:
    """Give one artefact: redacted where that is asked for, else with its owner's values."""
    if args.get("redacted"):
        return _artefact_json(artefact(_analysis(args), args["name"]))
    return _artefact_json(own_artefact(_pastes(args), _analysis(args), args["name"]))


def _archive(args: Mapping[str, Any]) -> Any:
    """Give one artefact, or all, with their owner's values as a zip in base64: JSON has no bytes."""
    found = own_artefacts(_pastes(args), _analysis(args))
    wanted = args.get("name")
    zipped = archive([each for each in found if not wanted or each.name == wanted])
    return {"name": f"{wanted or 'confmend'}.zip", "base64": base64.b64encode(zipped).decode("ascii")}


def _artefact_json(made: Artefact) -> Any:
    files = [{"name": file.name, "text": file.text} for file in made.files]
    return {"name": made.name, "title": made.title, "goes": made.goes, "files": files}


def _restored(args: Mapping[str, Any]) -> Any:
    return restore(args["text"], _pastes(args), bool(args.get("private_keys")))


def _questions(_args: Mapping[str, Any]) -> Any:
    return form()


def _unpacked(args: Mapping[str, Any]) -> Any:
    taken = unpacked(args["name"], args["data"])
    return {"pastes": [{"name": each.name, "text": each.text} for each in taken.pastes], "notes": taken.notes}


def _folder(args: Mapping[str, Any]) -> Any:
    return folder([(each["name"], each["size"]) for each in args["files"]])


def _of_use(args: Mapping[str, Any]) -> Any:
    return [of_use(each["name"], each["text"]) for each in args["files"]]


def _collectors(_args: Mapping[str, Any]) -> Any:
    return [{"name": each.name, "title": each.title, "text": each.text} for each in collectors()]


def _examples(_args: Mapping[str, Any]) -> Any:
    """Give the titles only: their pastes are a megabyte that hardly anybody asks for."""
    return [
        {"family": family, "examples": [{"slug": slug, "title": each.title} for slug, each in listed.items()]}
        for family, listed in by_family().items()
    ]


def _example(args: Mapping[str, Any]) -> Any:
    if args["slug"] not in incidents():
        raise ValueError(f"there is no example {args['slug']}")
    return [{"name": each.name, "text": each.text} for each in example(args["slug"])]


_CALLS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "version": lambda _args: {"confmend": VERSION, "schema": SCHEMA},
    "analyse": lambda args: as_json(_analysis(args)),
    "report": _report,
    "rewrite": _rewritten,
    "artefacts": _artefacts,
    "artefact": _artefact,
    "archive": _archive,
    "warm_up": _warmed_up,
    "restore": _restored,
    "redacted": lambda args: redacted_text(_analysis(args)),
    "unpack": _unpacked,
    "folder": _folder,
    "of_use": _of_use,
    "kinds": lambda _args: kinds(),
    "collectors": _collectors,
    "questions": _questions,
    "examples": _examples,
    "example": _example,
}
