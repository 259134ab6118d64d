"""The engines' names of border modes."""

from __future__ import annotations

NAMES = {
    "tensorflow": {"same": "SAME", "valid": "VALID"},
    "theano": {"same": "half", "valid": "valid", "full": "full"},
}
"""Each engine's border modes by Keras's names."""


def border_mode_of(engine: str, border_mode: str) -> str:
    """Returns an engine's name of a border mode.

    # Raises
        ValueError: if the engine doesn't have this mode.
    """
    names = NAMES[engine]
    if border_mode not in names:
        raise ValueError(
            f"border_mode={border_mode!r}: expected one of {', '.join(names)}."
        )
    return names[border_mode]
