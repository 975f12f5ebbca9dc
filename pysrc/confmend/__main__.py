"""The command line. It reads files, calls the engine and prints; it decides nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from confmend.analysis_json import as_json, json_text
from confmend.artefacts import artefacts, offered, own_artefacts
from confmend.artefacts.files import as_bytes
from confmend.bundle.decoded import decoded
from confmend.collectors import collectors
from confmend.engine import analyse
from confmend.facts import questions
from confmend.incidents import incidents
from confmend.intake import UnreadableError, is_archive, unpacked
from confmend.model import File, Paste, Severity
from confmend.pages import explain, explain_incident
from confmend.redact import KIND, choices, levels, redact, restored
from confmend.render import text_report
from confmend.rules import rules, title
from confmend.version import VERSION

NOTHING_FOUND, FOUND, COULD_NOT_RUN = 0, 1, 2


class CouldNotRunError(Exception):
    """What the reader must mend before confmend can do anything; its text says it in one sentence."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except CouldNotRunError as problem:
        print(f"confmend: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        sys.stderr.close()
        return NOTHING_FOUND


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="confmend", description=sys.modules["confmend"].__doc__)
    parser.add_argument("--version", action="version", version=f"confmend {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("analyse", help="say what is wrong and show the corrected diff")
    command.add_argument("--format", choices=("text", "json"), default="text")
    _add_pastes(command)
    command.add_argument(
        "--fail-on",
        choices=[severity.label for severity in Severity],
        default=Severity.ERROR.label,
        help="exit with 1 if a finding is as grave as this (default: error)",
    )
    _add_choices(command)
    command.set_defaults(run=_analyse)

    command = commands.add_parser("export", help="write what there is to deploy: patches, scripts, drop-ins")
    command.add_argument("--to", metavar="FOLDER", help="the folder to write into; without it the artefacts are listed")
    command.add_argument(
        "--name", action="append", default=[], metavar="ARTEFACT", help="only this one; may be repeated"
    )
    command.add_argument(
        "--own", action="store_true", help="with the values of the files in them, not the placeholders of secrets"
    )
    _add_pastes(command)
    _add_choices(command)
    command.set_defaults(run=_export)

    command = commands.add_parser("collect", help="print the script that collects on a server what confmend can use")
    systems = [each.title.lower() for each in collectors()]
    command.add_argument("--for", dest="system", choices=systems, default="linux", help="the system")
    command.set_defaults(run=_collect)

    command = commands.add_parser("redact", help="print the files with their secrets hidden")
    command.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="what to read; - is standard input")
    _add_choices(command)
    command.set_defaults(run=_redact)

    command = commands.add_parser("restore", help="print a redacted or edited text with the files' values back in it")
    command.add_argument("files", nargs="+", metavar="FILE", help="the files that were redacted, in the same order")
    command.add_argument("--text", default="-", metavar="FILE", help="the text; by default it is standard input")
    command.add_argument("--private-keys", action="store_true", help="put private keys back too")
    _add_choices(command)
    command.set_defaults(run=_restore)

    command = commands.add_parser("explain", help="say what a rule checks, or what an error means, and why")
    command.add_argument("name", metavar="RULE-OR-INCIDENT")
    command.set_defaults(run=_explain)

    command = commands.add_parser("rules", help="list the rules")
    command.set_defaults(run=_rules)

    command = commands.add_parser("incidents", help="list the errors that are recognised")
    command.set_defaults(run=_incidents)
    return parser


def _add_pastes(command: argparse.ArgumentParser) -> None:
    """Add what an analysis is made of."""
    command.add_argument("files", nargs="*", metavar="FILE", help="what to read; - is standard input")
    command.add_argument(
        "--skip", action="append", default=[], metavar="RULE", help="leave a rule out; may be repeated"
    )
    asked = ", ".join(f"{question.key}={question.example}" for question in questions())
    command.add_argument(
        "--set", action="append", default=[], metavar="QUESTION=ANSWER", help=f"tell what no file says: {asked}"
    )


def _add_choices(command: argparse.ArgumentParser) -> None:
    """Add what the reader can choose about redaction."""
    command.add_argument(
        "--level", action="append", default=[], choices=levels(), help="hide these as well; may be repeated"
    )
    command.add_argument("--hide", action="append", default=[], metavar="WORD", help="hide this word; may be repeated")
    command.add_argument("--keep", action="append", default=[], metavar="VALUE", help="this value is no secret")


def _chosen(options: argparse.Namespace) -> str:
    """Return the choices as the text that a ``redaction`` paste holds."""
    given = (("level", options.level), ("hide", options.hide), ("keep", options.keep))
    return "".join(f"{name} = {value}\n" for name, values in given for value in values)


def _analyse(options: argparse.Namespace) -> int:
    analysis = analyse(_pastes(options), frozenset(options.skip))
    _print(text_report(analysis) if options.format == "text" else json_text(as_json(analysis)) + "\n")
    worst = analysis.worst
    return FOUND if worst and worst >= Severity[options.fail_on.upper()] else NOTHING_FOUND


def _export(options: argparse.Namespace) -> int:
    pastes = _pastes(options)
    analysis = analyse(pastes, frozenset(options.skip))
    if not options.to:
        for each in offered(analysis):
            _print(f"{each.name}: {each.title}\n    {each.goes}\n")
        return NOTHING_FOUND
    found = own_artefacts(pastes, analysis) if options.own else artefacts(analysis)
    for name in options.name:
        if name not in [each.name for each in found]:
            raise CouldNotRunError(f"there is nothing to export that is called {name}; without --to they are listed")
    for file in (file for each in found if each.name in (options.name or (each.name,)) for file in each.files):
        _write(Path(options.to, file.name), file)
    return NOTHING_FOUND


def _write(path: Path, file: File) -> None:
    """Write one file and say so; a script may be run."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_bytes(file.text))
        if file.text.startswith("#!"):
            path.chmod(0o755)
    except OSError as problem:
        raise CouldNotRunError(f"can't write {path}: {problem.strerror}") from problem
    _print(f"{path}\n")


def _pastes(options: argparse.Namespace) -> list[Paste]:
    if not options.files and not options.set:
        raise CouldNotRunError("nothing to read: name files, or - for standard input")
    for rule in options.skip:
        if rule not in rules():
            raise CouldNotRunError(f"there is no rule {rule}; confmend rules lists them")
    pastes = [paste for file in options.files for paste in _unpacked(file)]
    if options.set:
        pastes.append(Paste(_answers(options.set), kind="answers"))
    pastes.append(Paste(_chosen(options), kind=KIND))
    return pastes


def _answers(given: Sequence[str]) -> str:
    """Return the answers as the text that an ``answers`` paste holds."""
    asked = {question.key: question for question in questions()}
    lines = []
    for each in given:
        key, equals, answer = each.partition("=")
        question = asked.get(key.strip())
        if not question or not equals:
            raise CouldNotRunError(f"--set {each}: not one of {', '.join(f'{key}=...' for key in asked)}")
        if question.read(answer) is None:
            raise CouldNotRunError(f"--set {each}: can't be read; an example is {key}={question.example}")
        lines.append(f"{key.strip()} = {answer.strip()}\n")
    return "".join(lines)


def _redact(options: argparse.Namespace) -> int:
    pastes = [_paste(file) for file in options.files]
    texts = redact([paste.text for paste in pastes], choices([_chosen(options)], levels())).texts
    for paste, text in zip(pastes, texts, strict=True):
        _print(f"==> {paste.name or '-'} <==\n{text}" if len(pastes) > 1 else text)
    return NOTHING_FOUND


def _restore(options: argparse.Namespace) -> int:
    """Print the text with the values back: exact for what ``redact`` printed, whatever was edited in it since."""
    originals = [_paste(file).text for file in options.files]
    if options.text in options.files:
        raise CouldNotRunError("the text and the files that it was made from can't be the same")
    redacted = redact(originals, choices([_chosen(options)], levels()))
    _print(restored(_paste(options.text).text, originals, redacted, options.private_keys))
    return NOTHING_FOUND


def _explain(options: argparse.Namespace) -> int:
    if options.name in rules():
        _print(explain(options.name))
    elif options.name in incidents():
        _print(explain_incident(options.name))
    else:
        raise CouldNotRunError(f"there is no rule or incident {options.name}; confmend rules and incidents list them")
    return NOTHING_FOUND


def _rules(_options: argparse.Namespace) -> int:
    width = max(map(len, rules()))
    for name, rule in rules().items():
        _print(f"{name:<{width}}  {rule.severity.label:<8}  {title(name)}\n")
    return NOTHING_FOUND


def _incidents(_options: argparse.Namespace) -> int:
    width = max(map(len, incidents()))
    for slug, incident in incidents().items():
        _print(f"{slug:<{width}}  {incident.title}\n")
    return NOTHING_FOUND


def _collect(options: argparse.Namespace) -> int:
    _print(next(each.text for each in collectors() if each.title.lower() == options.system))
    return NOTHING_FOUND


def _unpacked(file: str) -> Sequence[Paste]:
    """Return the paste that a file is, or those that are packed in it."""
    data = _bytes(file)
    if not is_archive(memoryview(data)):
        return (_paste(file, data),)
    try:
        taken = unpacked(Path(file).name, memoryview(data))
    except UnreadableError as problem:
        raise CouldNotRunError(f"can't read {file}: {problem}") from problem
    for note in taken.notes:
        print(f"confmend: {file}: {note}", file=sys.stderr)
    return taken.pastes


def _paste(file: str, data: bytes | None = None) -> Paste:
    return Paste(decoded(_bytes(file) if data is None else data), "" if file == "-" else file)


def _bytes(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        raise CouldNotRunError(f"can't read {file}: {problem.strerror}") from problem


def _print(text: str) -> None:
    """Write text as the bytes that it was read from."""
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
