"""The command line. It reads files, calls the engine and prints; it decides nothing."""

from __future__ import annotations

import argparse
import codecs
import sys
from collections.abc import Sequence
from pathlib import Path

from confmend.engine import Analysis, analyse
from confmend.facts import questions
from confmend.model import Paste, Severity
from confmend.redact import KIND, choices, levels, redact, restored
from confmend.render import as_json, explanation, json_text, text_report
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
    command.add_argument("files", nargs="*", metavar="FILE", help="what to read; - is standard input")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument(
        "--skip", action="append", default=[], metavar="RULE", help="leave a rule out; may be repeated"
    )
    asked = ", ".join(f"{question.key}={question.example}" for question in questions())
    command.add_argument(
        "--set", action="append", default=[], metavar="QUESTION=ANSWER", help=f"tell what no file says: {asked}"
    )
    command.add_argument(
        "--fail-on",
        choices=[severity.label for severity in Severity],
        default=Severity.ERROR.label,
        help="exit with 1 if a finding is as grave as this (default: error)",
    )
    _add_choices(command)
    command.set_defaults(run=_analyse)

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

    command = commands.add_parser("explain", help="say what a rule checks, and why")
    command.add_argument("rule", metavar="RULE")
    command.set_defaults(run=_explain)

    command = commands.add_parser("rules", help="list the rules")
    command.set_defaults(run=_rules)
    return parser


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
    analysis = _analysis(options)
    _print(text_report(analysis) if options.format == "text" else json_text(as_json(analysis)) + "\n")
    worst = analysis.worst
    return FOUND if worst and worst >= Severity[options.fail_on.upper()] else NOTHING_FOUND


def _analysis(options: argparse.Namespace) -> Analysis:
    if not options.files and not options.set:
        raise CouldNotRunError("nothing to read: name files, or - for standard input")
    for rule in options.skip:
        if rule not in rules():
            raise CouldNotRunError(f"there is no rule {rule}; confmend rules lists them")
    pastes = [_paste(file) for file in options.files]
    if options.set:
        pastes.append(Paste(_answers(options.set), kind="answers"))
    pastes.append(Paste(_chosen(options), kind=KIND))
    return analyse(pastes, frozenset(options.skip))


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
    if options.rule not in rules():
        raise CouldNotRunError(f"there is no rule {options.rule}; confmend rules lists them")
    _print(explanation(options.rule))
    return NOTHING_FOUND


def _rules(_options: argparse.Namespace) -> int:
    width = max(map(len, rules()))
    for name, rule in rules().items():
        _print(f"{name:<{width}}  {rule.severity.label:<8}  {title(name)}\n")
    return NOTHING_FOUND


def _paste(file: str) -> Paste:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        raise CouldNotRunError(f"can't read {file}: {problem.strerror}") from problem
    return Paste(_decoded(data), "" if file == "-" else file)


def _decoded(data: bytes) -> str:
    """Return the text of a file: UTF-16 where its first bytes say so, else UTF-8 with odd bytes kept as they are."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "surrogateescape")


def _print(text: str) -> None:
    """Write text as the bytes that it was read from."""
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
