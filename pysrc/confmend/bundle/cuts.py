"""Where a paste is cut, and what each stretch between the cuts is."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from confmend.bundle import commands, headings, prompts

# Longer lines are no separators.
_LONGEST = 1_000
# A mark longer than this ends no here-document that anybody writes.
_LONGEST_MARK = 60


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines of a paste that are one part: from ``first`` to before ``end``."""

    first: int
    end: int
    name: str = ""
    separator: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class _Cut:
    """A separating line: what the lines after it are called, and what ends them if a fence or document begins.

    One that ``separates`` nothing is the first of those lines itself.
    """

    index: int
    name: str
    aside: bool = False
    fence: str = ""
    mark: str = ""
    separates: bool = True


def stretches(lines: Sequence[str], name: str, quoted: Collection[int] = ()) -> Iterator[Stretch]:
    """Yield the stretches of a paste; together they are all of its lines.

    ``quoted`` are the indices of the lines that a mail quotes; the others are about them.
    """
    cuts = list(_cuts(lines, name, quoted))
    if not cuts:
        yield Stretch(0, len(lines), name)
        return
    # What stands before the first separator tells of what comes.
    files = next((cut.index for cut in cuts if cut.separates), 0)
    if cuts[0].index:
        yield Stretch(0, cuts[0].index, name, aside=True)
    for cut, after in zip(cuts, [*(each.index for each in cuts[1:]), len(lines)], strict=True):
        if cut.separates:
            yield Stretch(cut.index, cut.index + 1, separator=True)
        if cut.index + cut.separates < after:
            yield Stretch(cut.index + cut.separates, after, cut.name, aside=cut.aside or cut.index < files)


def _cuts(lines: Sequence[str], name: str, quoted: Collection[int]) -> Iterator[_Cut]:
    # One comment that names a file is the file's own first line, several are headings.
    commented = len(headings.comments_that_name(lines)) > 1
    ends = _last_places(lines) if any("<<" in line for line in lines) else {}
    said = [index for index, line in enumerate(lines) if line and not line.isspace()]
    fence, mark, typed = "", "", ""
    for place, index in enumerate(said):
        raw = lines[index]
        if len(raw) > _LONGEST:
            continue
        if mark:
            if _bare(raw) == mark:
                mark = ""
                yield _Cut(index, name, aside=True)
            continue
        if fence and headings.closes(raw, fence):
            fence = ""
            yield _Cut(index, name, aside=True)
            continue
        before = lines[said[place - 1]] if place else ""
        after = lines[said[place + 1]] if place + 1 < len(said) else ""
        cut = _named(index, raw, before, ends, name, fence)
        if not cut and commented and headings.in_comment(raw):
            cut = _Cut(index, headings.in_comment(raw))
        if not cut:
            follows = place > 0 and said[place - 1] == index - 1
            shell = prompts.command(raw, after, before)
            if shell is None:
                if quoted and place and (index in quoted) != (said[place - 1] in quoted):
                    yield _Cut(index, name, aside=index not in quoted, separates=False)
                continue
            sql = prompts.is_sql(raw)
            typed = f"{typed} {shell}" if sql and follows and prompts.is_sql(before) else shell
            called = (typed if sql else commands.name(shell))[:_LONGEST] or name
            cut = _Cut(index, called, aside=not shell or not (sql or commands.program(shell) in commands.USED))
        fence, mark = cut.fence or fence, cut.mark
        yield cut


def _named(index: int, raw: str, before: str, ends: dict[str, int], name: str, fence: str) -> _Cut | None:
    """Return the cut that a fence, a here-document or a heading makes."""
    opened = None if fence else headings.fence(raw, before)
    if opened:
        return _Cut(index, opened.name or name, fence=opened.mark)
    document = headings.here(raw)
    if document and ends.get(document[0], 0) > index:
        return _Cut(index, document[1], mark=document[0])
    heading = headings.heading(raw)
    return _Cut(index, heading) if heading else None


def _last_places(lines: Sequence[str]) -> dict[str, int]:
    """Return where each short line stands last, so that a here-document without an end is none."""
    return {_bare(line): index for index, line in enumerate(lines) if len(line) <= _LONGEST_MARK}


def _bare(line: str) -> str:
    """Return a line without the ``>`` with which a shell asks for more."""
    return line.lstrip("> \t").rstrip()
