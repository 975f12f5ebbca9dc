"""Kubernetes Secrets: every value under `data` and `stringData`; registry logins and the key of a kubeconfig.

The manifest is read by its indentation. Values of ConfigMaps, and certificates, stay.
"""

import re
from collections.abc import Iterator

from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, secret, unescaped

KIND = re.compile(
    r"(?P<before>[ \t]*(?:-[ \t]+)?)[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?Secret[\"']?[ \t\r,]*(?=\n|$|\}|#)"
)
BLOCK = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:data|stringData):[ \t\r]*(?:#[^\n]*)?$", re.MULTILINE)
ENTRY = re.compile(r"([ \t]*)[\"']?[\w.-]{1,253}[\"']?:[ \t]*")
SCALAR = re.compile(r"[|>][-+0-9]{0,2}[ \t\r]*$", re.MULTILINE)
PUBLIC = re.compile(r"[ \t]*[\"']?(?:ca\.crt|tls\.crt|namespace|service-ca\.crt|ca-bundle\.crt)[\"']?:")
JSON_DATA = re.compile(r'\\?"(?:data|stringData)\\?"\s*:\s*\{')
JSON_PAIR = re.compile(
    r'\s*\\?"([\w.-]{1,253})\\?"\s*:\s*\\?"([^"\\]{0,200000}(?:\\[^"][^"\\]{0,5000}){0,2000})\\?"\s*,?'
)
AUTH = re.compile(r'"auth\\?"\s*:\s*\\?"([\w+/=.-]{4,4000})')
FAR = 200_000


def _block(text: str, start: int, limit: int) -> Iterator[tuple[int, int]]:
    """The values of a block of entries that begins at `start`, each as far as it is deeper than its key."""
    indent = -1
    at = start
    while at < limit:
        end = line_end(text, at)
        line = text[at:end]
        deep = len(line) - len(line.lstrip(" \t"))
        if line.strip() and not line.lstrip().startswith("#"):
            if indent < 0:
                indent = deep
            entry = ENTRY.match(text, at, end)
            if deep < indent or indent == 0 or entry is None:
                return
            first, last = entry.end(), end
            if SCALAR.match(text, first, end):
                first = last = -1
                while (newline := text.find("\n", end, end + 2)) >= 0 and newline + 1 < limit:
                    stop = line_end(text, newline + 1)
                    content = text[newline + 1 : stop]
                    lead = len(content) - len(content.lstrip(" \t"))
                    if content.strip() and lead <= indent:
                        break
                    if content.strip():
                        first = newline + 1 + lead if first < 0 else first
                        last = stop
                    end = stop
            elif found := quoted(text, first, end, ""):
                first, last = found
            else:
                last = first + len(text[first:end].split(" #")[0].rstrip())
            if first >= 0 and not PUBLIC.match(line):
                yield first, last
        newline = text.find("\n", end, end + 2)
        if newline < 0:
            return
        at = newline + 1


def _yaml(text: str) -> Iterator[Span]:
    done = at = 0
    while (at := text.find("Secret", at)) >= 0:
        start = text.rfind("\n", max(0, at - 60), at) + 1
        at += 6
        kind = KIND.match(text, start) if start >= done else None
        if kind is None:
            continue
        column = len(kind["before"])
        # The object: up and down to a line that is less deep, a new item of a list, or a new document.
        first = start
        while first > done and "-" not in text[first : first + column]:
            above = text.rfind("\n", max(done, start - FAR), first - 1) + 1
            line = text[above : first - 1]
            if (
                above == first
                or line.startswith("---")
                or (line.strip() and len(line) - len(line.lstrip(" -")) < column)
            ):
                break
            first = above
        last = start
        while last < len(text):
            last = line_end(text, last)
            newline = text.find("\n", last, last + 2)
            if newline < 0:
                last = len(text)
                break
            line = text[newline + 1 : newline + 2 + column]
            if line.startswith("---") or (
                line.strip() and len(line[:column]) - len(line[:column].lstrip(" ")) < column
            ):
                break
            last = newline + 1
        for block in BLOCK.finditer(text, first, last):
            head = block[0]
            if len(head) - len(head.lstrip(" -")) == column:
                for value in _block(text, min(last, block.end() + 1), last):
                    if span := secret(text, *value):
                        yield span
        done = max(done, last)


def _json(text: str) -> Iterator[Span]:
    at = done = 0
    while (at := text.find("Secret", at)) >= 0:
        here = at
        at += 6
        if not re.search(r'"kind\\?"\s*:\s*\\?"$', text[max(0, here - 20) : here]):
            continue
        low = max(done, text.rfind("kind", max(0, here - FAR), max(0, here - 20)))
        following = text.find('"kind', here, here + FAR)
        high = following if following > 0 else min(len(text), here + FAR)
        for data in JSON_DATA.finditer(text, max(0, low), high):
            place = data.end()
            while pair := JSON_PAIR.match(text, place):
                place = pair.end()
                if not pair[1].endswith(".crt") and (span := secret(text, *pair.span(2))):
                    yield span
            done = place
        done = max(done, here)


def find(text: str) -> Iterator[Span]:
    """Give the values of Secrets, and registries' logins."""
    yield from _yaml(text)
    yield from _json(text)
    at = 0
    while (at := text.find('"auth', at)) >= 0:
        match = AUTH.match(text, at)
        if match and (span := secret(text, *match.span(1), "authorization")):
            yield span
        at += 5
    at = 0
    while (at := text.find("dockerc", at)) >= 0:
        if match := re.compile(r"dockercfg:\s*|dockerconfigjson\\?\"?:\s*\\?\"?").match(text, at):
            value = re.compile(r"[A-Za-z0-9+/=]{16,}").match(text, match.end())
            if value:
                yield Span(*value.span(), "secret")
        at += 7


SCANNER = Scanner(
    label="secret",
    find=find,
    reason="a value of a Kubernetes Secret",
    meaning=unescaped,
    anchors=(re.compile("Secret"), '"auth', "dockerc"),
    examples=(
        Example(
            "apiVersion: v1\nkind: Secret\ndata:\n  user: YXBw\n  pin: MTIzNA==\ntype: Opaque\n",
            hidden=("YXBw", "MTIzNA=="),
        ),
        Example("apiVersion: v1\ndata:\n  user: YXBwMQ==\nkind: Secret\nmetadata:\n  name: x\n", hidden=("YXBwMQ==",)),
        Example(
            "kind: Secret\nstringData:\n  conf: |\n    a = qq11\n    b = zz22\n  x: 'yy 33'\n",
            hidden=("a = qq11", "b = zz22", "yy 33"),
        ),
        Example("items:\n- apiVersion: v1\n  data:\n    pin: MTIzNDU2\n  kind: Secret\n", hidden=("MTIzNDU2",)),
        Example('{"kind":"Secret","data":{"user":"YXBwMQ==","pin":"MTIzNDU2"}}', hidden=("YXBwMQ==", "MTIzNDU2")),
        Example('{"auths":{"reg.example":{"auth":"YXBwOnFxMTF6eg=="}}}', hidden=("YXBwOnFxMTF6eg==",)),
        Example("  .dockerconfigjson: eyJhdXRocyI6e319eyJhdXRo\n", hidden=("eyJhdXRocyI6e319eyJhdXRo",)),
        Example("kind: ConfigMap\ndata:\n  shared_buffers: 4GB\n---\nkind: Secret\nmetadata:\n  name: pg\n"),
        Example("env:\n- valueFrom:\n    secretKeyRef:\n      name: pg\n      key: pin\nsecretName: x\n"),
        Example("kind: Secret\ndata:\n  ca.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURQ==\n"),
    ),
)
