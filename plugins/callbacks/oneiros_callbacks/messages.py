"""Messages of callbacks, and what the callbacks that watch a value of the epochs
share."""

from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import user_warnings

from oneiros_callbacks.progbar import say as say

MODES = ("auto", "min", "max")


def warn(message: str) -> None:
    """Warns about an event during training, and points at the user's line."""
    user_warnings.warn(message, RuntimeWarning)


def as_run(batch: int, logs: dict[str, Any] | None) -> dict[str, list[Any]]:
    """Returns the values of a batch as those of a run of one batch."""
    values = {"batch": batch, "size": 0, **(logs or {})}
    return {name: [value] for name, value in values.items()}


def known_mode(mode: str) -> str:
    """Returns a mode unchanged; if it isn't one of `MODES`, warns and returns `"auto"`,
    as in Keras 1."""
    if mode in MODES:
        return mode
    warn(f"mode is 'auto', 'min' or 'max'; {mode!r:.40} counts as 'auto'.")
    return "auto"


def better(monitor: str, mode: str) -> tuple[Callable[[Any, Any], Any], float]:
    """Returns the comparison that finds the better value, and the worst value.

    # Arguments
        monitor: str, the value's name.
        mode: `"min"`, `"max"`, or `"auto"`, which means `"max"` for accuracies and
            `fmeasure`; for other modes, see `known_mode`.
    """
    mode = known_mode(mode)
    if mode == "auto":
        is_fmeasure = monitor.removeprefix("val_").startswith("fmeasure")
        mode = "max" if "acc" in monitor or is_fmeasure else "min"
    if mode == "max":
        return np.greater, -np.inf
    return np.less, np.inf


def warn_of_missing(who: str, monitor: str, logs: dict[str, Any]) -> None:
    """Warns that a callback watches a value that an epoch doesn't have."""
    warn(
        f"{who} watches {monitor!r}, which this fit doesn't measure, and skips it. "
        f"Measured: {', '.join(map(repr, logs))}. For 'val_...' pass validation data "
        "to fit."
    )
