"""What callbacks share that watch a value of the epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError

from oneiros_callbacks.said import warn


def better(monitor: str, mode: str) -> tuple[Callable[[Any, Any], Any], float]:
    """Returns the comparison that finds the better value, and the worst value.

    # Arguments
        monitor: str, the value's name.
        mode: `"min"`, `"max"`, or `"auto"`, which is `"max"` for accuracies and
            `fmeasure`.

    # Raises
        ArgumentError: for another mode.
    """
    if mode not in ("auto", "min", "max"):
        raise ArgumentError(f"mode takes 'auto', 'min' or 'max'; received {mode!r}.")
    if mode == "auto":
        is_fmeasure = monitor.removeprefix("val_").startswith("fmeasure")
        mode = "max" if "acc" in monitor or is_fmeasure else "min"
    if mode == "max":
        return np.greater, -np.inf
    return np.less, np.inf


def warn_of_missing(who: str, monitor: str, logs: dict[str, Any]) -> None:
    """Warns that a callback watches a value that an epoch doesn't have."""
    warn(
        f"{who} watches {monitor!r}, which this fit doesn't measure; passed over. It "
        f"measures: {', '.join(map(repr, logs))}. For 'val_...' pass validation data "
        "to fit."
    )
