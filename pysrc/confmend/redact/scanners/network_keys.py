"""Keys of networks: WireGuard's PrivateKey and PresharedKey, wpa_supplicant's psk, strongSwan's ipsec.secrets."""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, secret

KEYS = ("PrivateKey", "PresharedKey", "private-key", "preshared-key", "psk", "wep_key", ": PSK", ": EAP", ": XAUTH")
VALUE = re.compile(r"[0-9]?[ \t]*=[ \t]*(?=\S)")
AFTER_METHOD = re.compile(r"[ \t]+(?=[\"0])")
DUMP = re.compile(r"(\"?)([^\"\n]*)")
WORD = re.compile(r"[\w-]")


def find(text: str) -> Iterator[Span]:
    """Give the keys."""
    for name in KEYS:
        at = 0
        while (at := text.find(name, at)) >= 0:
            start = at
            at += len(name)
            value = (AFTER_METHOD if name[0] == ":" else VALUE).match(text, at)
            if value is None or (start and WORD.match(text, start - 1)):
                continue
            end = line_end(text, value.end())
            found = DUMP.match(text, value.end(), end)
            if found is None:
                continue
            first, last = found.span(2)
            if not found[1]:
                blank = re.compile(r"\s").search(text, first, end)
                last = blank.start() if blank else end
            if text[first:last] != "(hidden)" and (span := secret(text, first, last)):
                yield span
                at = max(at, span.end)


SCANNER = Scanner(
    label="key",
    find=find,
    reason="a key of a network",
    anchors=tuple(map(str.lower, KEYS)),
    lines=1,
    examples=(
        Example(
            "[Interface]\nPrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\nListenPort = 51820\n",
            hidden=("yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=",),
        ),
        Example(
            "PresharedKey=FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE= # peer\n",
            hidden=("FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=",),
        ),
        Example('network={\n  ssid="home"\n  psk="correct horse 7"\n}\n', hidden=("correct horse 7",)),
        Example('#psk="qq11zz88"\nwep_key0=0102030405\n', hidden=("qq11zz88", "0102030405")),
        Example('10.0.0.1 %any : PSK "qq11 zz"\napp : EAP "ww22xx"\n', hidden=("qq11 zz", "ww22xx")),
        Example("PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\nAllowedIPs = 10.0.0.0/8\n"),
        Example("key_mgmt=WPA-PSK\nauth: PSK is used\nwpa_psk_file=/etc/psk\n"),
    ),
)
