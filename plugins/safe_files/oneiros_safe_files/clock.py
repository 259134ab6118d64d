"""The clock of a load, if its caller limits the time: `Budget.seconds`."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from oneiros import load_context
from oneiros.errors import UnsafeFileError

STEPS = 64
"""How many steps a reader takes between two looks at the clock."""


@contextmanager
def running(seconds: float, source: object) -> Iterator[None]:
    """Context manager in which the processor's time of this thread is limited.

    # Arguments
        seconds: float; infinity for no limit. Inside another limit, that holds.
        source: the file or text, for the message.
    """
    is_limited = load_context.current().check_time is not load_context.no_limit
    if seconds == math.inf or is_limited:
        yield
        return
    end = time.thread_time() + seconds

    def check() -> None:
        if time.thread_time() > end:
            raise UnsafeFileError(
                f"{source}: reading and building take more than {seconds:g} s of the "
                "processor's time (Budget.seconds). If you trust it, allow more: "
                "budget=oneiros.saving.Budget(seconds=60)."
            )

    with load_context.changed(check_time=check):
        yield


def check_time() -> None:
    """Raises UnsafeFileError if the time of the load around is over."""
    load_context.current().check_time()
