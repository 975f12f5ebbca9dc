"""Private keys in PEM and OpenPGP armour: whole, cut off, in one line with `\\n`, indented or quoted.

Only the body is hidden. The armour lines say what kind of key was there, and keep the file's shape.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end

ANCHOR = "BEGIN "
BEGIN = re.compile(r"BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?[- ]{0,5}")
END = re.compile(r"(?:\\r)?(?:\\n)?-{2,5} ?END (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY")
# "PRIVATE KEY" in base64, by what stands before it: nothing, one or two bytes of a group of three.
ENCODED = ("UFJJVkFURSBLRV", "BSSVZBVEUgS0VZ", "QUklWQVRFIEtFW")
ENCODED_BEGIN = "LS0tLS1CRUdJTi"
ENCODED_PUBLIC = ("BDRVJUSUZJQ0FUR", "BQVUJMSUMg", "BYNTA5I", "BUUlVTVEVEI", "BFQ1BBUkFNRV")
ENCODED_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
LONGEST = 65_536  # a key of 16,384 bits takes 13 kB
LEADING = re.compile(r"[ \t\r\n>|#*+]*(?:(?:\\r)?\\n)*[ \t]*")
# A cut-off body: armour headers and lines of base64, each perhaps indented, mail-quoted or a string of a program.
BODY_LINE = re.compile(r"""[ \t>|#*+"',-]*(?:[A-Za-z0-9+/=]{1,}(?:\\+[rn])*)*[ \t"',+\\;]*$""")
HEADER_LINE = re.compile(r"[ \t>|#*+\"']*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset)\b")
FULL_LINE = 40  # every line of a body but the last is at least this long in all tools


def _whole(text: str, start: int) -> int:
    """Where the armour's last line begins, or -1 when the key is cut off before it."""
    limit = min(len(text), start + LONGEST)
    following = text.find(ANCHOR, start, limit)
    end = END.search(text, start, limit if following < 0 else following)
    return end.start() if end else -1


def _cut_off(text: str, start: int) -> int:
    """Where the lines that look like a key's body end; the rest of the first line always belongs to it."""
    end = line_end(text, start)
    full = True
    at = end
    while full and (newline := text.find("\n", at, at + 2)) >= 0:
        at = line_end(text, newline + 1)
        line = text[newline + 1 : at]
        if not line.strip() or HEADER_LINE.match(line):
            continue
        if len(line) > LONGEST or not BODY_LINE.match(line):
            break
        full = len(line.strip()) >= FULL_LINE
        end = at
    return end


def _encoded(text: str) -> Iterator[Span]:
    """Give the base64 texts that hold a private key's armour."""
    for mark in (ENCODED_BEGIN, *ENCODED):
        at = floor = 0
        while (at := text.find(mark, at)) >= 0:
            start = at
            at += len(mark)
            if mark == ENCODED_BEGIN:
                if text.startswith(ENCODED_PUBLIC, at):
                    continue
            else:
                low = max(floor, start - LONGEST)
                start = low + len(text[low:start].rstrip(BASE64))
            run = ENCODED_RUN.match(text, start)
            if run:
                yield Span(start, run.end())
                at = floor = max(at, run.end())


def find(text: str) -> Iterator[Span]:
    """Give the body of every private key."""
    yield from _encoded(text)
    at = 0
    while (at := text.find(ANCHOR, at)) >= 0:
        begin = BEGIN.match(text, at)
        at += len(ANCHOR)
        if begin is None:
            continue
        start = begin.end()
        end = _whole(text, start)
        if end < 0:
            # The first line of another armour ends it too, and is read for itself.
            following = text.find(ANCHOR, start, line_end(text, start))
            end = _cut_off(text, start) if following < 0 else following
        leading = LEADING.match(text, start, end)
        start = leading.end() if leading else start
        body = text[start:end].rstrip(" \t\r\n>|#*+")
        if body:
            yield Span(start, start + len(body))
        at = max(at, end)


SCANNER = Scanner(
    label="private key",
    find=find,
    reason="a private key",
    anchors=(BEGIN, *map(str.lower, (ENCODED_BEGIN, *ENCODED))),
    examples=(
        Example(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx7Jv\nq0Zk9w==\n-----END RSA PRIVATE KEY-----\n",
            hidden=("MIIEowIBAAKCAQEAx7Jv", "q0Zk9w=="),
        ),
        Example(
            "-----BEGIN EC PRIVATE KEY-----\r\n  MHcCAQEEIB\r\n-----END EC PRIVATE KEY-----\r\nport = 5432\r\n",
            hidden=("MHcCAQEEIB",),
        ),
        Example(
            '"tls": "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\nkqhkiG9w\\n-----END PRIVATE KEY-----\\n"',
            hidden=("MIIEvQIBADANBg", "kqhkiG9w"),
        ),
        Example(
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA\nAoIBAQC7VJTUt9\nport = 1\n",
            hidden=("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA", "AoIBAQC7VJTUt9"),
        ),
        Example(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,8A3F21\n\nq1w2e3r4t5y6\n",
            hidden=("q1w2e3r4t5y6",),
        ),
        Example(
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQVYBGABCDEF\n=x9Yz\n-----END PGP PRIVATE KEY BLOCK-----",
            hidden=("lQVYBGABCDEF", "=x9Yz"),
        ),
        Example(
            "key: -----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1r ZXktdjEA -----END OPENSSH PRIVATE KEY-----",
            hidden=("b3BlbnNzaC1r", "ZXktdjEA"),
        ),
        Example(
            "key: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlF",
            hidden=("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlF",),
        ),
        Example("ca: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURkekND"),
        Example("LOG: could not load -----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg", hidden=("MIIEvQIBADANBg",)),
        Example("-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE\n-----END CERTIFICATE-----\n"),
        Example("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B\n-----END PUBLIC KEY-----\n"),
        Example("BEGIN; COMMIT; -- the PRIVATE KEY is in ssl_key_file\n"),
    ),
)
