"""Reads a value in quotes: doubled, escaped, or made of a shell's pieces, and to the line's end where they never close.

Every function is linear in what it reads.
"""

from confmend.redact.values import AFTER_QUOTE, AFTER_VALUE, QUOTES


def _backslashes(text: str, start: int, at: int) -> int:
    """How many backslashes stand right before `at`."""
    count = 0
    while at - count > start and text[at - count - 1] == "\\":
        count += 1
    return count


def _run(text: str, at: int, end: int) -> int:
    """How many times the character at `at` is repeated there."""
    stop = at
    while stop < end and text[stop] == text[at]:
        stop += 1
    return stop - at


def _after_escaped_quote(text: str, start: int, end: int, quote: str) -> int:
    """The end of a value opened by `\\"` (JSON in a JSON log, a shell word): the next quote with as few backslashes."""
    at = start
    unsure = -1
    while (at := text.find(quote, at, end)) >= 0:
        slashes = _backslashes(text, start, at)
        # .NET doubles a quote in quotes, and JSON escapes both.
        doubled = slashes and at - 1 > start and text.startswith("\\" + quote, at + 1)
        if slashes <= 1 and not doubled:
            return at - slashes
        if slashes > 1 and doubled and unsure < 0:
            unsure = at + 1  # or JSON in JSON, whose value ends with a quote
        at += 3 if doubled else 1
    return unsure if unsure >= 0 else end


def _after_doubled_quote(text: str, start: int, end: int, quote: str) -> int:
    """The end of a value opened by `''` or `""`, which is how a quote is written inside quotes."""
    at = start
    while (at := text.find(quote, at, end)) >= 0:
        run = _run(text, at, end)
        slashes = _backslashes(text, start, at)
        if slashes % 2:
            at += 2
        elif slashes % 4 and run >= 2 and text.find(quote, at + 2, end) >= 0:
            at += 2  # libpq's backslash before a quote, both doubled for postgresql.conf
        elif run >= 4 and at > start:
            at += 4
        elif run >= 2 or text[at + 1 : at + 2] in AFTER_QUOTE:
            return at
        else:
            at += 1
    return end


def _after_shell_quote(text: str, start: int, end: int) -> int:
    """The end of a shell's word that holds a quote between two of its strings, 'it'\\''s'; -1 if it is no such word.

    A shell knows no backslash in single quotes, so the quote behind one closes the string like any other.
    """
    at = start
    while text.startswith("'\\''", close := text.find("'", at, end)):
        at = close + 4
    return close if at > start and close >= 0 and text[close + 1 : close + 2] in AFTER_QUOTE else -1


def _after_quote(text: str, start: int, end: int, quote: str) -> int:
    """The end of a value opened by one quote, which may hold it doubled or after a backslash."""
    if quote == "'" and (close := _after_shell_quote(text, start, end)) >= 0:
        return close
    at = start
    escaped = unsure = last = -1
    while (at := text.find(quote, at, end)) >= 0:
        if _backslashes(text, start, at) % 2:
            escaped, last = at if escaped < 0 else escaped, at
            at += 1
        elif (run := _run(text, at, end)) % 2:
            following = text[at + run : at + run + 1]
            if quote == "'" and text.startswith("\\''", at + run):
                at += run + 3  # a shell's quote between two of its strings: 'it'\''s'
                continue
            if last == at - 1 >= start and quote == '"' and following not in AFTER_VALUE:
                # A .NET connection string doubles the quote and knows no backslash.
                at += run
                continue
            if quote == '"' and following.isalnum() and at > start and text[at - 1] == "`":
                at += run  # PowerShell's backslash
                continue
            if escaped < 0 or not following.isalnum():
                return at + run - 1
            # A shell knows no backslash in single quotes either: this one may open its next string.
            unsure = at + run - 1 if unsure < 0 else unsure
            at += run
        else:
            at += run
    # YAML knows no backslash in single quotes: with no other closing quote, that one was it.
    return unsure if unsure >= 0 else escaped if escaped >= 0 else end


def quoted(text: str, at: int, end: int, inside: str) -> tuple[int, int] | None:
    """The value in the quotes that open at `at`; to the end of the line if they do not close; None if none open."""
    quote = text[at : at + 1]
    if quote == "\\" and text[at + 1 : at + 2] and text[at + 1] in QUOTES:
        return at + 2, _after_escaped_quote(text, at + 2, end, text[at + 1])
    if not quote or quote not in QUOTES:
        return None
    if text.startswith(quote * 2, at) and (quote in inside or text[at + 2 : at + 3] not in AFTER_QUOTE):
        return at + 2, max(at + 2, _after_doubled_quote(text, at + 2, end, quote))
    return at + 1, _after_quote(text, at + 1, end, quote)
