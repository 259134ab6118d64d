"""Calls functions in processes of their own, as other libraries need."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from oneiros_exports import child
from oneiros_exports.destination import ExportError

OTHER_LIBRARIES = {"ONEIROS_KERAS_NAMESPACE": "0"}
"""Settings of a process in which `keras` is Keras, whatever plugins are installed."""
_shared: list[dict[str, _Process]] = []
"""The processes of the `with shared_processes()` blocks that are open, by package."""


def call(reference: str, arguments: list[Any], failure: str):
    """Calls a function in another process.

    # Arguments
        reference: str, `"package.module:function"`. A package's calls may share a
            process, so it uses only one library.
        arguments: list of the function's arguments: plain data, paths and arrays.
        failure: str, what an error begins with.

    # Returns
        What the function returns, of the same kinds.

    # Raises
        ExportError: if the function or the process fails, with the last line of the
            error.
    """
    package = reference.rpartition(".")[0]
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
    """Context manager in which all exports to a destination share one process, so that
    its library starts only once.

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
        self._process: Any = subprocess.Popen(
            [sys.executable, "-m", child.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env={**os.environ, **OTHER_LIBRARIES},
        )

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def call(self, reference: str, arguments: list[Any], failure: str):
        try:
            with self._lock:
                answer = self._answer([reference, *arguments])
        except BaseException:
            self.end()
            raise
        if answer is None:
            raise ExportError(f"{failure}{self._reason()}")
        result, error = answer
        if error is not None:
            raise ExportError(f"{failure}: {error:.500}")
        return result

    def _answer(self, message: list[Any]):
        """Sends a call, and waits for its answer; returns None if the process ends."""
        try:
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (BrokenPipeError, EOFError):
            return None
        except (LookupError, ValueError, pickle.UnpicklingError) as error:
            raise ExportError(
                "A new process of Python prints something by itself, perhaps in a "
                'module sitecustomize. See what: python -c ""'
            ) from error

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
            with suppress(BrokenPipeError):
                pipe.close()
