"""Calls functions in processes of their own, as other libraries need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from oneiros_exports import child
from oneiros_exports.destination import ExportError

TIMEOUT_S = 600
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
            error, or takes more than ten minutes.
    """
    process = _process(package)
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


def _process(package: str) -> _Process:
    """Returns the process that a package's calls share; a new one if they share
    none."""
    if not _shared:
        return _Process()
    processes = _shared[-1]
    process = processes.get(package)
    if process is None or process.has_ended:
        process = processes[package] = _Process()
    return process


class _Process:
    """A process in which functions are called, one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", child.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._last_words: deque[str] = deque(maxlen=1)
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def call(self, reference: str, arguments: Sequence[Argument], failure: str) -> Any:
        line = json.dumps([reference, *(os.fspath(each) for each in arguments)])
        with self._lock:
            answer = self._answer(line, failure)
        if "error" in answer:
            raise ExportError(f"{failure}: {answer['error']:.500}")
        return answer["result"]

    def _answer(self, line: str, failure: str) -> dict[str, Any]:
        """Sends a line and waits for the one that answers it."""
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            self._process.kill()

        timer = threading.Timer(TIMEOUT_S, stop)
        timer.start()
        try:
            answer = self._exchanged(line)
        except BaseException:
            self.end()
            raise
        finally:
            timer.cancel()
        if answer:
            result: dict[str, Any] = json.loads(answer)
            return result
        self.end()
        if is_late.is_set():
            raise ExportError(f"{failure}: it took more than {TIMEOUT_S} s.")
        last_words = self._last_words.pop() if self._last_words else "Nothing printed."
        raise ExportError(
            f"{failure} (exit status {self._process.returncode}): {last_words:.500}"
        )

    def _exchanged(self, line: str) -> str:
        """Returns the answer to a line; nothing if the process has ended."""
        commands = self._process.stdin
        answers = self._process.stdout
        if commands is None or answers is None:
            return ""
        with suppress(BrokenPipeError):
            print(line, file=commands, flush=True)
        answer = answers.readline()
        if not answer:
            self._process.wait()
        return answer

    def _read_errors(self) -> None:
        """Keeps the last line that the process prints."""
        lines = map(str.strip, self._process.stderr or [])
        self._last_words.extend(filter(None, lines))

    def end(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
