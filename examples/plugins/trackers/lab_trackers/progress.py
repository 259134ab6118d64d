"""Progress in a log, where nobody watches a bar."""

import logging
from collections.abc import Callable
from typing import Any

LOGGER = logging.getLogger("lab_trackers")


def logged(model: Any, total: int) -> Callable[[int], None] | None:
    """Returns a function that logs each tenth of the way; None if nobody reads it."""
    if not total or not LOGGER.isEnabledFor(logging.INFO):
        return None
    tenths = 0

    def show(done: int) -> None:
        nonlocal tenths
        if 10 * done // total > tenths:
            tenths = 10 * done // total
            LOGGER.info("%s: %d of %d", model.name, done, total)

    return show
