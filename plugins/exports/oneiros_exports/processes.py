"""Calls functions in processes of their own, as other libraries need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from oneiros_exports import child
from oneiros_exports.destination import ExportError

Argument = str | os.PathLike[str]
_shared: list[dict[str, _Process]] = []
"""The processes of the `with shared_processes()` blocks that are open, by package."""


def call(
    package: str, reference: str, arguments: Sequence[Argument], failure: str
) -> Any:
    """Calls a function in another process.

    # Arguments
        package: str, the package whose calls may share a process: one library's.
        reference: str, `"package.module:function"`.
        arguments: list of the function's arguments: strings and paths.
        failure: str, what an error begins with.

    # Returns
        What the function returns: plain data.

    # Raises
        ExportError: if the function or the process fails, with the last line of the
            error.
    """
    processes = _shared[-1] if _shared else {}
    process = processes.get(package)
    if process is None or process.has_ended:
        process = processes[package] = _Process()
    try:
        return process.call(reference, arguments, failure)
    finally:
        if not _shared or process.has_ended:
            process.end()


@contextmanager
def shared_processes() -> Iterator[None]:
    """Lets all exports to a destination share one process, in which its library starts
    once.

    # Example
        ```python
        import oneiros
        from oneiros.exports import shared_processes
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        with shared_processes():
            for size in (1, 2, 3):
                model = Sequential([Dense(size, input_dim=2)])
                oneiros.export(model, f"model_{size}.onnx", overwrite=True)
        ```
    """
    processes: dict[str, _Process] = {}
    _shared.append(processes)
    try:
        yield
    finally:
        _shared.remove(processes)
        for process in processes.values():
            process.end()


class _Process:
    """A process in which functions are called, one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115  closed by end
        self._process = subprocess.Popen(
            [sys.executable, "-m", child.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            text=True,
        )

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def call(self, reference: str, arguments: Sequence[Argument], failure: str) -> Any:
        line = json.dumps([reference, *(os.fspath(each) for each in arguments)])
        try:
            with self._lock:
                answer = json.loads(self._answer(line) or "null")
        except BaseException:
            self.end()
            raise
        if answer is None:
            raise ExportError(f"{failure}{self._reason()}")
        if "error" in answer:
            raise ExportError(f"{failure}: {answer['error']:.500}")
        return answer["result"]

    def _answer(self, line: str) -> str:
        """Sends a line, and waits for the one that answers it; returns nothing if the
        process ends."""
        answers = self._process.stdout
        with suppress(BrokenPipeError):
            print(line, file=self._process.stdin, flush=True)
        return answers.readline() if answers else ""

    def _reason(self) -> str:
        """Returns why the process has ended: the last line that it printed."""
        self._process.wait()
        self._printed.seek(0)
        lines = self._printed.read().decode(errors="replace").split("\n")
        words = [line.strip() for line in lines if line.strip()]
        last = words[-1] if words else "Nothing printed."
        return f" (exit status {self._process.returncode}): {last:.500}"

    def end(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        self._printed.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
