"""Hides the secrets of pasted texts before anything else reads them, and puts them back for their owner."""

from confmend.redact.choices import KIND, Choices, choices
from confmend.redact.moved import Hidden
from confmend.redact.redaction import OWN_WORD, Redacted, Redaction, levels, redact
from confmend.redact.restore import NEVER_UNASKED, restored
from confmend.redact.suspects import suspects

__all__ = [
    "KIND",
    "NEVER_UNASKED",
    "OWN_WORD",
    "Choices",
    "Hidden",
    "Redacted",
    "Redaction",
    "choices",
    "levels",
    "redact",
    "restored",
    "suspects",
]
