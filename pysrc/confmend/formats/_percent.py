"""Percent-encoding as URIs have it: bytes of UTF-8, two hexadecimal digits each."""

import re

_TOKEN = re.compile(rb"%([0-9a-fA-F]{2})")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def encode(text: str, keep: bytes = b"") -> str:
    """Return the text with everything encoded but letters, digits, ``-._~`` and what is to be kept."""
    plain = _PLAIN.union(keep)
    found = [chr(each) if each in plain else f"%{each:02X}" for each in text.encode("utf-8", "surrogateescape")]
    if found and found[-1] in (".", ","):  # in prose it would be the sentence's
        found[-1] = f"%{ord(found[-1]):02X}"
    return "".join(found)


def decode(text: str) -> str:
    """Return the text decoded; what is no valid token stays as it is."""
    if "%" not in text:
        return text
    found = _TOKEN.sub(lambda match: bytes([int(match[1], 16)]), text.encode("utf-8", "surrogateescape"))
    return found.decode("utf-8", "surrogateescape")


def problem(text: str) -> str:
    """Return libpq's complaint (conninfo_uri_decode in fe-connect.c), empty if it takes the text."""
    at = text.find("%")
    while at >= 0:
        token = text[at + 1 : at + 3]
        if len(token) < 2 or not all(each in "0123456789abcdefABCDEF" for each in token):
            return f'invalid percent-encoded token: "{text}"'
        if token == "00":
            return f'forbidden value %00 in percent-encoded value: "{text}"'
        at = text.find("%", at + 3)
    return ""
