"""Worker processes: copies of a generator make batches in forked processes.

They send batches through pipes that hold 1 MB instead of Linux's default of 64 kB:
while a batch of 6 MB is read, a worker waits 6 times instead of 96 times. Through pipes
of 64 kB, such batches take 8 % longer (`benchmarks/mechanisms.py workers`).
"""

import multiprocessing
import os
import random
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.pool import ExceptionWithTraceback  # type: ignore[attr-defined]
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
from oneiros.errors import CapabilityError, FileAccessError, GeneratorError
from oneiros_backend_toolkit.function import refuse_calls
from oneiros_backend_toolkit.interrupts import TICK

PIPE_BYTES = 2**20
"""The maximum size of a user's pipe on Linux."""


class UnsendableError(Exception):
    """An error of a worker that can't be sent to another process, as text."""


class Workers:
    """An iterator over the batches of several processes, taken from them in turn.

    Each process has its own copy of the iterator, or its part if the iterator has a
    method `oneiros_parts(count)`. Each has its own random state, with a seed drawn from
    NumPy's global generator in this process.

    # Arguments
        iterator: the iterator of each worker.
        count: int, the number of workers.
        name: the name of the iterator in messages.
    """

    def __init__(self, iterator: Iterator[Any], count: int, name: str):
        if "fork" not in multiprocessing.get_all_start_methods():
            raise CapabilityError(
                "pickle_safe=True needs fork, which this system lacks. Use threads."
            )
        self.name = name
        self.closed = threading.Event()
        self._turn = 0
        context = multiprocessing.get_context("fork")
        self._started: list[tuple[Any, Connection]] = []
        try:
            for part in _parts(iterator, count):
                self._start(context, part)
        except BaseException as error:
            self.kill()
            self.close()
            if isinstance(error, OSError):
                message = (
                    f"{count} worker processes can't start: {error}. Pass a smaller "
                    "nb_worker, close some files, or allow more: `ulimit -n 4096`"
                )
                raise FileAccessError(error.errno, message) from error
            raise
        self._workers = list(self._started)

    def _start(self, context, part: Iterator[Any]) -> None:
        """Starts a process that iterates over a part."""
        receiving, sending = _wide_pipe(context)
        seed = int(np.random.randint(2**31 - 1))
        arguments = part, sending, seed, os.getpid()
        process = context.Process(
            target=_work, args=arguments, daemon=True, name="oneiros-generator"
        )
        # Engines warn of forks; these workers never use them.
        with sending, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            process.start()
        self._started.append((process, receiving))

    def __iter__(self):
        return self

    def __next__(self):
        while self._workers:
            self._turn %= len(self._workers)
            process, connection = self._workers[self._turn]
            kind, value = self._received(process, connection)
            if kind == "batch":
                self._turn += 1
                return value
            if kind == "error":
                raise value
            if self.closed.is_set():
                break
            process.join()
            del self._workers[self._turn]
        raise StopIteration

    def _received(self, process, connection: Connection):
        try:
            while not connection.poll(TICK):
                if self.closed.is_set():
                    return "end", None
                if not process.is_alive() and not connection.poll(0):
                    raise EOFError
            return connection.recv()
        except (EOFError, OSError):
            process.join(1)
            if self.closed.is_set():
                return "end", None
            code = process.exitcode
            cause = f"exit status {code}"
            if code is not None and code < 0:
                cause = signal.Signals(-code).name
            raise GeneratorError(
                f"The {self.name} lost its worker process {process.pid}: it died with "
                f"{cause}. SIGKILL often means that memory ran out: lower max_q_size "
                "or nb_worker."
            ) from None

    def kill(self) -> None:
        """Kills the processes; their last batches are lost."""
        self.closed.set()
        for process, _ in self._started:
            process.terminate()
        for process, _ in self._started:
            process.join(0.2)
            process.kill()
            process.join()

    def close(self) -> None:
        """Closes the connections once nothing reads from them any more."""
        for _, connection in self._started:
            connection.close()


def _wide_pipe(context) -> tuple[Connection, Connection]:
    """Returns the ends of a pipe that takes much at once, as far as the system lets
    it."""
    import fcntl

    receiving, sending = context.Pipe(duplex=False)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(sending.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return receiving, sending


def _parts(iterator, count: int) -> list[Iterator[Any]]:
    """Returns what each of so many workers iterates over."""
    if callable(getattr(type(iterator), "oneiros_parts", None)):
        return list(iterator.oneiros_parts(count))
    return [iterator] * count


def _work(
    iterator: Iterator[Any], connection: Connection, seed: int, parent: int
) -> None:
    """Sends what an iterator yields, then `end`, or the error that it raised."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    np.random.seed(seed)
    random.seed(seed)
    refuse_calls(
        "A worker process can't compute with the engine, because it doesn't have "
        "its threads. Let the generator yield plain data, or use pickle_safe=False."
    )
    try:
        for item in iterator:
            connection.send(("batch", item))
        connection.send(("end", None))
    except BrokenPipeError:
        pass
    except BaseException as error:
        connection.send(("error", _sendable(error)))


def _sendable(error: BaseException):
    """Returns what another process receives as the error, with this process's traceback
    as its cause; the text alone if it can't be sent."""
    sent = ExceptionWithTraceback(error, error.__traceback__)
    try:
        ForkingPickler.loads(ForkingPickler.dumps(sent))
    except Exception:
        text = UnsendableError(f"{type(error).__name__}: {error}")
        return ExceptionWithTraceback(text, error.__traceback__)
    return sent


def _leave_with(parent: int) -> None:
    """Ends this process when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
