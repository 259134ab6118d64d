"""Where commands print their reports."""

import os
import sys

from rich.console import Console

UNLIMITED = 100_000
"""Characters of a line in a file or a pipe."""


def report_console() -> Console:
    """Returns the console for a report: as wide as the terminal.

    What goes into a file or a pipe isn't wrapped, unless `COLUMNS` says how wide it may
    be.
    """
    is_wrapped = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if is_wrapped else UNLIMITED)
