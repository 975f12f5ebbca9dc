"""Numbers as C's strtol (base 0, so 010 is eight) and strtod read them: the longest beginning that is one."""

import math
import re
import sys

_LONG = re.compile(r"[ \t-\r]*([-+]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))")
_DOUBLE = re.compile(
    r"[ \t-\r]*(?:(?P<hex>[-+]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][-+]?[0-9]+)?)"
    r"|(?P<number>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<word>[-+]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])))"
)


def long(text: str) -> tuple[int, int] | None:
    """Return the whole number at the start of ``text`` and where it ends, None if there is none."""
    match = _LONG.match(text)
    if not match:
        return None
    sign, sixteens, eights, tens = match.groups()
    number = int(sixteens, 16) if sixteens else int(eights, 8) if eights else _decimal(tens)
    return (-number if sign == "-" else number), match.end()


def double(text: str) -> tuple[float, int] | None:
    """Return the number at the start of ``text`` and where it ends, None if there is none that a double can hold."""
    match = _DOUBLE.match(text)
    if not match:
        return None
    if match["word"]:
        return float(match["word"]), match.end()
    written = match["hex"] or match["number"]
    try:
        number = float.fromhex(written) if match["hex"] else float(written)
    except OverflowError:
        return None
    digits = re.split("[pP]" if match["hex"] else "[eE]", written)[0].lower().removeprefix("-").removeprefix("+")
    too_small = abs(number) < sys.float_info.min and bool(re.search("[1-9a-f]", digits.removeprefix("0x")))
    return None if math.isinf(number) or too_small else (number, match.end())


def _decimal(digits: str) -> int:
    # Python refuses to read thousands of digits; what is too long for a C long is so at any length.
    return int(digits[:40])
