"""Passwords in commands that a configuration holds: archive_command, restore_command, ssl_passphrase_command.

`sshpass -p`, `openssl -passin pass:`, `gpg --passphrase`, `lftp -u user,password`, `smbclient -U user%password`, and
whatever ssl_passphrase_command prints with echo or printf. In a configuration's string a single quote is doubled.
"""

import re
from collections.abc import Iterator

from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, open_quotes, secret, unescaped

PRINTS = re.compile(r"[^\n]{0,300}?\b(?:echo|printf)(?:[ \t]+-[neE]+)*(?:[ \t]+['\"]{0,2}%s(?:\\n)?['\"]{0,2})?[ \t]+")
ANCHORS = (
    ("sshpass", re.compile(r"(?:[ \t]+-[vhP]\S*)*[ \t]+-p[ \t]*")),
    ("pass:", re.compile(r"(?=\S)")),
    ("--passphrase", re.compile(r"(?:=|[ \t]+)(?!-)")),
    ("lftp", re.compile(r"[^\n|;&]{0,100}?[ \t](?:-u|--user)[ \t]*['\"]{0,2}[^\s,'\"]{1,100},")),
    ("smbclient", re.compile(r"[^\n|;&]{0,200}?[ \t]-U[ \t]*['\"]{0,2}[^\s%'\"]{1,100}%")),
    ("ssl_passphrase_command", PRINTS),
)
WORD_END = re.compile(r"[\s|;&<>)\"'`]")
WHOLE_END = re.compile(r"[|;&<>`]|\$\(")


def _word(text: str, at: int, end: int, whole: bool) -> tuple[int, int]:
    """Where the shell word at ``at`` stands, without its quotes; ``whole``: all words up to the end of the command."""
    inside = open_quotes(text, at)
    if text[at : at + 1] in ("'", '"', "\\") and (found := quoted(text, at, end, inside)):
        return found
    if whole:
        stop = next((text.find(quote, at, end) for quote in "'\"" if quote in inside), -1)
        stop = stop if stop >= 0 else end
        other = WHOLE_END.search(text, at, stop)
        stop = other.start() if other else stop
        return at, at + len(text[at:stop].rstrip())
    found_end = WORD_END.search(text, at, end)
    return at, found_end.start() if found_end else end


def find(text: str) -> Iterator[Span]:
    """Give the passwords that these commands take on their command line."""
    for anchor, pattern in ANCHORS:
        at = 0
        while (at := text.find(anchor, at)) >= 0:
            start = at
            at += len(anchor)
            end = line_end(text, at)
            found = pattern.match(text, at, end)
            if found is None or found.end() >= end or (anchor == "pass:" and not _is_openssl(text, start)):
                continue
            first, last = _word(text, found.end(), end, anchor.startswith("ssl_"))
            if text.startswith("$", first) and anchor.startswith("ssl_"):
                continue
            if span := secret(text, first, last):
                yield span
                at = max(at, span.end)


def _is_openssl(text: str, at: int) -> bool:
    before = text[max(0, at - 12) : at]
    return bool(re.search(r"-pass(?:in|out)?[ \t=]+['\"]{0,2}$|-k[ \t]+$", before))


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password in a command",
    meaning=unescaped,
    anchors=tuple(anchor for anchor, _ in ANCHORS),
    lines=1,
    examples=(
        Example("ssl_passphrase_command = 'echo qq11zz'\n", hidden=("qq11zz",)),
        Example("ssl_passphrase_command = 'echo -n ''qq 11 zz'''  # key\n", hidden=("qq 11 zz",)),
        Example('ssl_passphrase_command = \'printf "%s" "qq 11 zz"\'\n', hidden=("qq 11 zz",)),
        Example("ALTER SYSTEM SET ssl_passphrase_command TO 'echo qq11zz';", hidden=("qq11zz",)),
        Example("archive_command = 'sshpass -p qq11zz scp %p h:/wal/%f'\n", hidden=("qq11zz",)),
        Example("restore_command = 'sshpass -p''qq 11zz'' scp h:/wal/%f %p'\n", hidden=("qq 11zz",)),
        Example("archive_command = 'sshpass -p \"qq 11zz\" rsync %p h:/wal/%f'\n", hidden=("qq 11zz",)),
        Example("archive_command = 'openssl enc -aes-256-cbc -pass pass:qq11zz -in %p'\n", hidden=("qq11zz",)),
        Example("archive_command = 'gpg --batch --passphrase qq11zz -c -o /w/%f %p'\n", hidden=("qq11zz",)),
        Example("archive_command = 'lftp -u app,qq11zz -e \"put %p\" h'\n", hidden=("qq11zz",)),
        Example("archive_command = 'smbclient //h/wal -U app%qq11zz -c \"put %p %f\"'\n", hidden=("qq11zz",)),
        Example("archive_command = 'test ! -f /wal/%f && cp %p /wal/%f'\nrestore_command = 'cp /wal/%f %p'\n"),
        Example("ssl_passphrase_command = '/etc/pg/passphrase.sh'\nssl_passphrase_command_supports_reload = off\n"),
        Example("archive_command = 'sshpass -f /root/pw scp %p h:'\ngpg --passphrase-file /root/pw bypass: 3 pass: 4"),
        Example("ssl_passphrase_command = 'cat /run/secrets/key'\nssl_passphrase_command = ''\n"),
    ),
)
