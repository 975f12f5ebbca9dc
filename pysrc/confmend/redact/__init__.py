"""Hides the secrets of pasted texts before anything else reads them, and puts them back for their owner."""

from confmend.redact.choices import KIND, Choices, choices
from confmend.redact.redaction import Hidden, Redacted, Redaction, levels, redact
from confmend.redact.restore import restored

__all__ = ["KIND", "Choices", "Hidden", "Redacted", "Redaction", "choices", "levels", "redact", "restored"]
