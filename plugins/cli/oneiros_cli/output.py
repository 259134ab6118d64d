"""The console on which commands print their reports."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

UNLIMITED = 100_000
"""Line width in a file or a pipe."""


@contextmanager
def report_console() -> Iterator[Console]:
    """Context manager for the console of a report, which is as wide as the terminal.

    Output to a file or a pipe isn't wrapped, unless `COLUMNS` sets a width, and its
    lines have no trailing blanks.
    """
    if sys.stdout.isatty():
        yield Console(highlight=False)
        return
    width = None if "COLUMNS" in os.environ else UNLIMITED
    console = Console(highlight=False, width=width)
    with console.capture() as report:
        yield console
    for line in report.get().splitlines():
        print(line.rstrip())
