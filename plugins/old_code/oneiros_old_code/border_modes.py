"""What engines call what is done at the borders of images."""

from __future__ import annotations

NAMES = {
    "tensorflow": {"same": "SAME", "valid": "VALID"},
    "theano": {"same": "half", "valid": "valid", "full": "full"},
}
"""Names of border modes by Keras's names, for each engine."""


def border_mode_of(engine: str, border_mode: str) -> str:
    """Returns what an engine calls a border mode.

    # Raises
        ValueError: if it has no such mode.
    """
    names = NAMES[engine]
    if border_mode not in names:
        raise ValueError(
            f"border_mode={border_mode!r}: expected one of {', '.join(names)}."
        )
    return names[border_mode]
