"""Calls of compiled steps, which read variables and store the new values of some.

New values reuse the memory of old ones. A call stores all of them or none: no
exception, not even Ctrl-C, can interrupt the storing.
"""

import operator
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat, starmap
from typing import Any

import numpy as np
from oneiros.backend.contract import LOCK
from oneiros.typing import Array
from oneiros_backend_toolkit.batches import aligned
from oneiros_backend_toolkit.interrupts import deferred_interrupts

from oneiros_jax_support.devices import platform, scope
from oneiros_jax_support.freed_memory import return_freed_memory
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.kept_programs import keep_programs
from oneiros_jax_support.runs import on_device, run_of
from oneiros_jax_support.traced_graphs import convolves
from oneiros_jax_support.ynn import convolving

Traced = Callable[..., Sequence[Any]]
Values = tuple[Any, ...]
Slot = list[Any]
"""A list whose first element is a variable's value."""
UNSETTLED = 2
"""Runs of a step with convolutions after which freed memory is returned: the next one's
intermediate results lie elsewhere. Without it, training ResNet50 takes 3.2 GB instead
of 2.2 (`benchmarks/compare.py --case resnet50 --measure memory`)."""


@dataclass(frozen=True)
class TracedStep:
    """What a step computes.

    # Properties
        backend: the name of the backend on whose device it is computed.
        function: function of the values of variables that are written, those of
            variables that are only read, a counter and arrays. It returns the new
            values, and then the outputs.
        written, read: where the values of these variables lie.
        outputs: how many outputs there are.
        counter: what the counter is like, a number or several; None without random
            operations.
        convolves: whether the step contains a convolution; None to find out.
    """

    backend: str
    function: Traced
    written: list[Slot]
    read: list[Slot]
    outputs: int
    counter: Any
    convolves: bool | None = None

    def values(self) -> list[Values]:
        """Returns the variables' values: of those that are written, and of others."""
        written = tuple(slot[0] for slot in self.written)
        read = tuple(slot[0] for slot in self.read)
        return [written, read]

    def run(self, old, read, counter, *arrays) -> Values:
        """Computes.

        New values share no memory with what they are computed from, or with each
        other.
        """
        results = self.function(old, read, counter, *arrays)
        new_values = list(results)
        given = (*old, *read, *arrays)
        used = set(map(id, given))
        for place, _ in enumerate(self.written):
            value = new_values[place]
            if id(value) in used:
                new_values[place] = jnp.copy(value)
            used.add(id(value))
        return tuple(new_values)


def slots_of_seeds(seeds: list[int]) -> list[Slot]:
    """Returns the place of the seeds, if there are any."""
    if not seeds:
        return []
    return [[np.array(seeds, np.uint32)]]


def loop_of(step: TracedStep) -> Traced:
    """Returns many steps as one function, of old values, values that are only read,
    the first counter, the number of steps, an index of the rows and batches."""

    def loop(old, read, counter, steps, index, *batches):
        def numbered_step(old, i, *rows) -> Values:
            number = None
            if counter is not None:
                offset = i.astype(counter.dtype)
                number = counter + offset
            return step.run(old, read, number, *rows)

        count = len(step.written)
        run = run_of(numbered_step, count)
        return run(old, steps, index, *batches)

    return loop


class StoringCall:
    """A compiled function of variables' values, a counter and arguments. It is called
    with arguments and the counter, and stores the new values.

    # Arguments
        step: the TracedStep that it runs.
        function: function of old values, values that are only read, a counter and
            arguments.
        arguments: what the arguments are like.

    # Properties
        convolves: whether it contains a convolution that a CPU computes.
        scope: makes contexts in which its device computes.
    """

    def __init__(self, step: TracedStep, function: Traced, arguments):
        self._step = step
        self._slots = [*step.written, *step.read]
        self._function = function
        self.scope = scope(step.backend)
        self._donated = []
        if step.written:
            self._donated.append(0)
        self._runs = 0
        with self.scope():
            with LOCK:
                self._place(self._slots)
                values = step.values()
            self._jitted = self._jit(values)
            self._arguments = [*values, step.counter, *arguments]
            self.convolves = self._convolves()

    def _place(self, slots: list[Slot]) -> None:
        """Moves variables to the device, which are elsewhere."""
        for slot in slots:
            value = slot[0]
            if type(value) is np.ndarray or value.committed:
                slot[0] = on_device(np.asarray(value))

    def _jit(self, values: list[Values]):
        """Returns the function, to be compiled for these values of variables."""
        return jax.jit(self._function, donate_argnums=self._donated)

    def _jit_convolving(self, arguments):
        """Returns the function, to be compiled as it suits its convolutions."""
        return convolving(self._function, arguments, self._donated)

    def _convolves(self) -> bool:
        if platform() != "cpu":
            return False
        if self._step.convolves is not None:
            return self._step.convolves
        return convolves(self.graph())

    def graph(self):
        """Returns what it computes, as JAX has traced it."""
        with self.scope():
            traced = self._jitted.trace(*self._arguments)
        closed = traced.jaxpr
        return closed.jaxpr

    def compile(self) -> None:
        """Compiles it, as it suits its convolutions."""
        arguments = self._arguments
        self._arguments = []
        with self.scope():
            keep_programs()
            if self.convolves:
                self._jitted = self._jit_convolving(arguments)
            self._jitted.lower(*arguments).compile()
        if self.convolves:
            return_freed_memory()

    def __call__(self, arguments, counter) -> list[Array]:
        """Runs it, stores the new values and returns the outputs."""
        step = self._step
        if step.counter is None:
            counter = None
        else:
            counter = np.asarray(counter, step.counter.dtype)
        with self.scope(), LOCK:
            self._place(self._slots)
            values = [*step.values(), counter, *map(_ready, arguments)]
            if step.written:
                outputs = self._run_and_store(values)
            else:
                outputs = self._jitted(*values)
        self._runs += 1
        if self.convolves and self._runs <= UNSETTLED:
            return_freed_memory()
        return list(map(np.array, outputs))

    def _run_and_store(self, values) -> list[Any]:
        step = self._step
        outputs: list[Slot] = []
        for _ in range(step.outputs):
            outputs.append([None])
        slots = step.written + outputs
        if self._runs == 0:
            with deferred_interrupts():
                _store(self._jitted, values, slots)
        else:
            _store(self._jitted, values, slots)
        if not outputs:
            step.written[0][0].block_until_ready()
        return [output for (output,) in outputs]


def _ready(argument):
    """Returns an argument such that JAX computes in this thread.

    JAX copies arrays of NumPy that aren't small in another thread, and then computes
    there.
    """
    if isinstance(argument, np.ndarray) and argument.nbytes > 100_000:
        return jax.device_put(aligned(argument))
    return argument


def _store(function: Traced, arguments, slots: list[Slot]) -> None:
    """Calls a function and stores each of its results in a slot.

    No Python code runs between the call and the last result, so that Ctrl-C can't
    interrupt it there. `jax.jit` runs some at the first call.
    """
    calls = starmap(function, [arguments])
    results = chain.from_iterable(calls)
    stored = map(operator.setitem, slots, repeat(0), results)
    deque(stored, maxlen=0)
