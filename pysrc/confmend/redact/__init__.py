"""Hides the secrets of pasted texts before anything else reads them."""

from confmend.redact.placeholders import Redacted, Redaction, redact

__all__ = ["Redacted", "Redaction", "redact"]
