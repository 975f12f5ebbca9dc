"""Prompts with the command behind them: of shells, of PowerShell, of psql and PgBouncer's console."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from confmend.bundle import commands

# root@db1:~# [postgres@db1 ~]$ bash-5.1$ db1:~ # (SUSE) / # (busybox) root@db1 ~ % (macOS) PS C:\Users\me>
_SHELL = re.compile(
    r"[ \t]*(?:\([^()\s]{1,60}\) )?"
    r"(?:\[[^\]\n@ ]{0,80}[@ ][^\]\n]{0,80}\][#$%]"
    r"|[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9_.-]{1,255}(?:(?::| (?=[~/]))[^\s#$%>]{0,200})?(?:[#$]| ?[%>]| [#$])"
    r"|[A-Za-z0-9_-]{1,64}:[~/][^\s#$]{0,200} ?[#$>]|[~/][^\s#$]{0,200} [#$]"
    r"|(?:ba|z|k|a)?sh-[0-9.]{1,8}[#$]|(?:PS )?[A-Z]:\\[^>\n]{0,200}>)"
    r"(?:[ \t]+|(?=\r?\n?$))"
)
_SQL = re.compile(
    r"[ \t]*[A-Za-z_][\w-]{0,63}=[*!^]?[#>][ \t]{0,9}"
    r"(?:(?=\r?\n?$)|(?=\\[a-z?]|(?i:show|select|table|with|explain|set|alter|begin|commit|reload|values)\b))"
)
_SQL_GOES_ON = re.compile(r"[ \t]*[A-Za-z_][\w-]{0,63}[-*('\"][#>](?:[ \t]|(?=\r?\n?$))")
# $ and + are in no file's grammar; # starts a comment in all of them.
_BARE = re.compile(r"[ \t]*(?:[$%]|\++|\[[\w.-]{1,64}\] ?[$#])[ \t]+(?=[\w./])")
_ROOT = re.compile(r"[ \t]*#[ \t]+(?=[a-z/])")
_LIKE_SETTING = r"[\w./*-]+ ?[=:]"
# What the first line of a command's output looks like: only then is "# free -m" a command and no comment.
_OUTPUT: Mapping[str, str] = MappingProxyType(
    {
        "sysctl": _LIKE_SETTING,
        "free": r"\s+total\b",
        "lscpu": r"Architecture:|CPU|# The following",
        "nproc": r"[0-9]+\s*$",
        "ulimit": r"(?:[0-9]+|unlimited)\s*$|[a-z -]+\(",
        "uname": r"Linux\b|[0-9]+\.[0-9]+",
        "ss": r"Total:|State|Netid|Recv-Q|Local",
        "netstat": r"Active|Ip:|Proto|Kernel|tcp",
        "nstat": r"#kernel|[A-Z]\w+ +[0-9]",
        "systemctl": r"\w+=|# /|[●*] ",
        "dmesg": r"\[[ 0-9.]+\]|\[[A-Z][a-z]{2} ",
        "journalctl": r"-- |[A-Z][a-z]{2} [ 0-9][0-9] ",
        "psql": r"[^#;\n]*[|]|[ \w.]+$|--",
        "docker": r"[^#;=\n]",
        "kubectl": r"[^#;=\n]",
        "/proc/meminfo": r"[A-Z]\w+:",
        "/proc/net/sockstat": r"[a-zA-Z]\w*: ",
        "/proc/cpuinfo": r"processor",
        "/proc/version": r"Linux",
        "/proc/sys/": r"[0-9][0-9 \t-]*$|[a-z]\w*\s*$",
        "/etc/": r"[^\s]",
    }
)


def command(raw: str, after: str, before: str) -> str | None:
    """Return what was typed after a prompt (empty for nothing), None where there is no prompt.

    ``after`` and ``before`` are the next and the last line that say something.
    """
    if not ("$" in raw or "#" in raw or "%" in raw or ">" in raw or raw.lstrip().startswith("+")):
        return None
    match = _SHELL.match(raw)
    if match:
        return raw[match.end() :].strip()
    match = _SQL.match(raw) or (_SQL_GOES_ON.match(raw) if is_sql(before) else None)
    if match:
        return raw[match.end() :].strip()
    match = _BARE.match(raw)
    if match:
        typed = raw[match.end() :].strip()
        return typed if commands.program(typed) in commands.KNOWN else None
    match = _ROOT.match(raw)
    return raw[match.end() :].strip() if match and _certain(raw[match.end() :], after, before) else None


def is_sql(raw: str) -> bool:
    """Tell whether a prompt is one of psql's."""
    return ("#" in raw or ">" in raw) and (_SQL.match(raw) or _SQL_GOES_ON.match(raw)) is not None


def _certain(typed: str, after: str, before: str) -> bool:
    """Tell whether ``# typed`` is a root's command: nothing but a command, and its output follows."""
    if before.lstrip().startswith(("#", ";")) or not commands.words(typed):
        return False
    program, *given = commands.words(typed)
    program = program.rpartition("/")[2]
    shown = commands.name(typed.strip())
    if program in ("cat", "head", "tail", "less", "more"):
        like = [pattern for start, pattern in _OUTPUT.items() if start[0] == "/" and shown.startswith(start)]
        return bool(like) and re.match(like[0], after) is not None
    if program == "sysctl":
        # "# sysctl -p" stands in many a sysctl.conf.
        keys = [word for word in given if word[0] != "-"]
        if not keys and not {"-a", "-A", "--all"} & set(given):
            return False
        return re.match(re.escape(keys[0]) + " ?[=:]" if keys else _LIKE_SETTING, after) is not None and not (
            not keys and before
        )
    plain = all(re.match(r"[-/\"'\\]|[A-Za-z0-9_./:=@*'\";,()-]+$", word) for word in given)
    prose = sum(word.isalpha() for word in given) > 3
    return program in _OUTPUT and plain and not prose and re.match(_OUTPUT[program], after) is not None
