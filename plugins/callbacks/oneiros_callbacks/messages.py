"""Messages of callbacks: lines next to the progress bar, and warnings."""

from __future__ import annotations

from oneiros_backend_toolkit import user_warnings

from oneiros_callbacks.progbar import say

__all__ = ["say", "warn"]


def warn(message: str) -> None:
    """Warns about an event during training, and points at the user's line."""
    user_warnings.warn(message, RuntimeWarning)
