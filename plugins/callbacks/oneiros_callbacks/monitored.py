"""What callbacks share that watch a value of the epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oneiros_callbacks.messages import warn

MODES = ("auto", "min", "max")


def known_mode(mode: str) -> str:
    """Returns a mode as it is; another one than `MODES` is warned of, and counts as
    `"auto"`, as in Keras 1."""
    if mode in MODES:
        return mode
    warn(f"mode takes 'auto', 'min' or 'max'; {mode!r:.40} counts as 'auto'.")
    return "auto"


def better(monitor: str, mode: str) -> tuple[Callable[[Any, Any], Any], float]:
    """Returns the comparison that finds the better value, and the worst value.

    # Arguments
        monitor: str, the value's name.
        mode: `"min"`, `"max"`, or `"auto"`, which is `"max"` for accuracies and
            `fmeasure`; others are taken as `known_mode` does.
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
        f"{who} watches {monitor!r}, which this fit doesn't measure; passed over. It "
        f"measures: {', '.join(map(repr, logs))}. For 'val_...' pass validation data "
        "to fit."
    )
