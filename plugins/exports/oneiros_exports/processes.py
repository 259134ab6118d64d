"""Runs modules in processes of their own, as other libraries need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from oneiros_exports.destination import ExportError

TIMEOUT_S = 600


def run_module(arguments: Sequence[str | os.PathLike[str]], failure: str) -> None:
    """Runs `python -m` with arguments, and waits for it.

    # Arguments
        arguments: list of the module's name and its arguments.
        failure: str, what an error begins with.

    # Raises
        ExportError: if the process fails, with the last line that it printed, or takes
            more than ten minutes.
    """
    command = [sys.executable, "-m", *arguments]
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ExportError(f"{failure}: it took more than {TIMEOUT_S} s.") from error
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or ["It printed nothing."]
        raise ExportError(
            f"{failure} (exit status {finished.returncode}): {lines[-1]:.500}"
        )
