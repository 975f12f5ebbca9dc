"""Values of YAML that have a name: `password: &pw x` gives one, and `token: *pw` repeats what has it."""

import re

NODE = re.compile(r"[&*]([\w-]{1,60})(?:[ \t]+|$)", re.MULTILINE)
NEAR = 20_000  # how far an anchor of YAML and its alias are looked for


def named_value(text: str, at: int, end: int) -> int:
    """Where the value behind YAML's `&name ` stands; the line's end for `*name`, which repeats it; else 0."""
    if not (node := NODE.match(text, at, end)):
        return 0
    low, high = max(0, at - NEAR), at + NEAR
    if text[at] == "&" and text.find(f"*{node[1]}", at, high) >= 0:
        return node.end()
    return end if text[at] == "*" and node.end() == end and text.find(f"&{node[1]} ", low, at) >= 0 else 0
