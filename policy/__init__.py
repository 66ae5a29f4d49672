"""The security rules that every stack is judged by; see docs/policies.md."""

from typing import Final

NOT_KNOWN: Final = "not-known-yet"
"""Name of the pack's policy that says what the rules could not judge: it finds nothing wrong."""
