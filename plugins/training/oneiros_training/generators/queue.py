"""The queue between workers, which make batches, and the loop, which uses them."""

import os
import queue
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from types import GeneratorType
from typing import Any, NoReturn

import numpy as np
from oneiros import processes
from oneiros.arguments import shown
from oneiros.errors import ArgumentError, GeneratorError, SettingsError
from oneiros.user_warnings import warn
from oneiros_backend_toolkit.interrupts import TICK, deferred_interrupts, safe_point

from oneiros_training.arrays.standardize import gives_batches, has_numbered_batches
from oneiros_training.generators.workers import Workers

PATIENCE = 10.0
"""Seconds without a batch after which a warning names the source."""
TIMEOUT = "ONEIROS_GENERATOR_TIMEOUT"
"""Environment variable: the seconds without a batch after which an error is raised; 0
for never."""

_locks: weakref.WeakKeyDictionary[Any, threading.Lock] = weakref.WeakKeyDictionary()


class GeneratorEnqueuer:
    """Runs a generator in workers, which put its batches into a queue.

    # Example
        ```python
        from oneiros.engine.training import GeneratorEnqueuer

        enqueuer = GeneratorEnqueuer(iter([1, 2, 3]))
        enqueuer.start(max_q_size=10)
        print(enqueuer.get())  # 1
        enqueuer.stop()
        ```

    # Arguments
        generator: an iterator, or an object from which `endless` makes one.
        pickle_safe: bool, whether workers are processes instead of threads.

    # Properties
        queue: `queue.Queue` of the batches that haven't been used yet.
        name: str, the name of the generator in messages.
        batches_begun, batches_made: int, the numbers of requested and of yielded
            batches.

    # Raises
        ArgumentError: if `generator` yields no batches.
    """

    def __init__(self, generator, pickle_safe: bool = False):
        self.name = source_name(generator)
        self._iterator = endless(generator)
        self._pickle_safe = pickle_safe
        self._ended = threading.Event()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._error: BaseException | None = None
        self._processes: Workers | None = None
        self.queue: queue.Queue[Any] = queue.Queue()
        self.batches_begun = 0
        self.batches_made = 0

    def start(
        self, nb_worker: int = 1, max_q_size: int = 10, wait_time: float = 0.05
    ) -> None:
        """Starts the workers.

        # Arguments
            nb_worker: int; a Python generator runs in one thread at a time.
            max_q_size: int, the size of the queue at which workers wait.
            wait_time: ignored; accepted for code for Keras 1.
        """
        self.queue = queue.Queue(max_q_size)
        self._limit = _timeout()
        with deferred_interrupts():  # what has started is known, so it can be stopped
            self._start(nb_worker)

    def _start(self, nb_worker: int) -> None:
        if self._pickle_safe:
            self._processes = Workers(self._iterator, nb_worker, self.name)
            self._iterator = self._processes
        # Several threads take turns by chance, but all processes need the same batches
        alone = processes.current().count == 1
        threads = nb_worker if alone and _threadsafe(self._iterator) else 1
        lock = _lock(self._iterator)
        self._threads = [
            threading.Thread(
                target=self._work, args=(lock,), daemon=True, name="oneiros-generator"
            )
            for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def is_running(self) -> bool:
        """Returns whether there is a worker, or a batch left in the queue."""
        return not self.queue.empty() or any(
            thread.is_alive() for thread in self._threads
        )

    def get(self):
        """Waits for the next batch and returns it.

        # Raises
            StopIteration: if the generator ended.
            GeneratorError: if a worker died, or no batch came in time.
            Exception: the error that the generator raised.
        """
        start = time.monotonic()
        warned = False
        limit = self._limit
        while True:
            safe_point()
            try:
                return self.queue.get(timeout=TICK)
            except queue.Empty:
                waited = time.monotonic() - start
            if not self.is_running():
                if self._error is not None:
                    raise self._error
                raise StopIteration
            if waited > PATIENCE and not warned:
                warned = True
                warn(
                    f"The {self.name} has yielded no batch for {waited:.0f} s. After "
                    f"{limit:g} s, this is an error; {TIMEOUT} sets another limit, 0 "
                    "none."
                )
            if 0 < limit < waited:
                self._give_up(limit)

    def settle(self, count: int) -> None:
        """Waits until this number of batches has been made, for at most `PATIENCE`."""
        until = time.monotonic() + PATIENCE
        while (
            self.batches_made < count
            and not self._ended.is_set()
            and time.monotonic() < until
        ):
            safe_point()
            time.sleep(TICK / 50)

    def _give_up(self, limit: float) -> NoReturn:
        self.stop(timeout=0)
        if self._processes:
            ending = (
                "Code of an engine blocks in a worker process, which doesn't have the "
                "engine's threads."
            )
        else:
            ending = (
                "Its thread runs until the generator returns; a process can be "
                "ended, with pickle_safe=True."
            )
        raise GeneratorError(
            f"The {self.name} blocks: no batch came for {limit:g} s. Find out what "
            "it waits for; if it is only slow, set the environment variable "
            f"{TIMEOUT} to more seconds, or 0. {ending}"
        )

    def stop(self, timeout: float | None = None) -> None:
        """Stops the workers; a thread stops when the generator has yielded its batch.

        # Arguments
            timeout: float, seconds to wait for that; None waits as long as it takes.
        """
        self._ended.set()
        self._stopped.set()
        if self._processes:
            self._processes.kill()
        for thread in self._threads:
            if thread.is_alive():  # Ctrl-C may come before it has started
                thread.join(timeout)
        if self._processes:
            self._processes.close()

    def _work(self, lock: AbstractContextManager[Any]) -> None:
        """Puts batches into the queue, until there are no more or it is stopped."""
        try:
            while not self._ended.is_set():
                with lock:
                    self.batches_begun += 1
                    item = next(self._iterator)
                    self.batches_made += 1
                self._put(item)
        except StopIteration:
            pass
        except Exception as error:
            self._error = self._error or error
        except BaseException as error:  # here it would end the thread without a word
            self._error = GeneratorError(
                f"The {self.name} raised {type(error).__name__} ({error})."
            )
        finally:
            self._ended.set()

    def _put(self, item) -> None:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                return self.queue.put(item, timeout=TICK)


def _timeout() -> float:
    text = os.environ.get(TIMEOUT) or "120"
    try:
        return float(text)
    except ValueError:
        raise SettingsError(
            f"{TIMEOUT} must be a number of seconds; it is {text!r}."
        ) from None


def endless(source) -> Iterator[Any]:
    """Returns an iterator over batches; an object that isn't an iterator is iterated
    again and again.

    # Raises
        ArgumentError: if it yields no batches.
    """
    if hasattr(source, "__next__"):
        return source  # type: ignore[no-any-return]  # has __next__
    is_array = hasattr(source, "shape") or isinstance(source, (list, tuple))
    is_iterable = hasattr(source, "__iter__") and not is_array
    if is_iterable or gives_batches(source):
        return _again(source)
    hint = f" Call the function: {source.__name__}()." if callable(source) else ""
    raise ArgumentError(
        "Expected a generator that yields batches (x, y) for ever; received "
        f"{shown(source)}.{hint}"
    )


def _again(source) -> Iterator[Any]:
    has_batches = True
    while has_batches:
        has_batches = False
        for item in _batches(source):
            has_batches = True
            yield item


def _batches(source) -> Iterable[Any]:
    if gives_batches(source) and has_numbered_batches(source):
        return (source[number] for number in range(len(source)))
    return source  # type: ignore[no-any-return]


def source_name(source) -> str:
    """Returns the name of a source for messages: a function and its location, or a
    class."""
    if isinstance(source, GeneratorType):
        code = source.gi_code
        place = f"{os.path.basename(code.co_filename)}, line {code.co_firstlineno}"
        return f"generator {source.__name__!r} ({place})"
    kind = "object" if gives_batches(source) else "generator"
    return f"{kind} of class {type(source).__name__}"


def _threadsafe(iterator: Iterator[Any]) -> bool:
    """Returns whether several threads may ask an iterator.

    A class of the user's own sees to that itself.
    """
    foreign = type(iterator).__module__ not in ("builtins", "itertools")
    return foreign and not isinstance(iterator, (Workers, WithState))


def _lock(iterator: Iterator[Any]) -> AbstractContextManager[Any]:
    """Returns what a thread holds while it asks an iterator.

    Two queues may have the same generator.
    """
    plain = isinstance(iterator, GeneratorType)
    return _locks.setdefault(iterator, threading.Lock()) if plain else nullcontext()


class WithState:
    """An iterator over batches, each with the state of the source after it.

    # Arguments
        source: iterator with `get_state()`.
    """

    def __init__(self, source):
        self._source = source

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> tuple[Any, Any]:
        return next(self._source), self._source.get_state()


def has_state(source) -> bool:
    """Returns whether the position of a source can be saved and restored."""
    return hasattr(source, "get_state") and hasattr(source, "set_state")


def same_random_state(state, other_state) -> bool:
    """Returns whether two states of NumPy's generator are the same."""
    return all(
        np.array_equal(part, other_part)
        for part, other_part in zip(state, other_state, strict=True)
    )
