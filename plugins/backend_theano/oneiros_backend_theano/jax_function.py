"""`K.function` compiled by JAX."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.errors import CapabilityError, DataError
from oneiros_backend_toolkit.batches import compiled_steps, padded_index
from oneiros_backend_toolkit.feeds import Upload
from oneiros_backend_toolkit.interrupts import kept_interrupts
from oneiros_backend_toolkit.stored_values import LOCK
from oneiros_jax_support.storing_calls import Slot, call, move

from oneiros_backend_theano.draw import STEP, STREAM
from oneiros_backend_theano.function import GraphFunction
from oneiros_backend_theano.limits import LinkerError

Traced = Callable[..., Any]
"""A function of old values, other variables' values, counters and arrays."""


class JaxFunction(GraphFunction):
    """Compiled once per learning phase and input shapes. New values take over old ones'
    memory. What JAX can't compile, PyTensor computes instead, with a warning.

    JAX, whose import sets NumPy's generator back to where it was, is imported before a
    generator's thread may draw from that.

    # Arguments
        strict: bool, whether a graph that JAX can't compile is an error.
    """

    def __init__(
        self, backend, inputs, outputs, updates, givens=(), strict: bool = False
    ) -> None:
        super().__init__(backend, inputs, outputs, updates, givens)
        self._strict = strict
        self._fallback: Any = None
        importlib.import_module("oneiros_jax_support.jax_import")
        self._compiled: dict[Any, Any] = {}
        self._loop_steps: dict[Any, int] = {}
        self._old = [x.container.storage for x in self.updated]
        self._read = [x.container.storage for x in self.read]

    def run(self, arrays: list[Any], phase: int | None) -> list[Any]:
        """Runs one step."""
        if self._fallback is None:
            try:
                return self._execute("step", phase, arrays, 1)
            except LinkerError as limit:
                self._fall_back(limit)
        results: list[Any] = self._fallback.run(list(map(np.asarray, arrays)), phase)
        return results

    def _fall_back(self, limit: LinkerError) -> None:
        """Lets PyTensor compute from now on."""
        if self._strict:
            raise limit
        from oneiros_backend_theano.fallback import FallbackFunction, warn_of

        try:
            self._fallback = FallbackFunction(self)
        except CapabilityError:
            raise limit from None
        warn_of(limit.problem)

    def upload(self, arrays) -> Upload:
        """Copies whole data sets to the device."""
        from oneiros_jax_support.runs import uploaded

        with self._scope():
            return Upload([uploaded(*pair) for pair in self.check_upload(arrays)])

    def loop(self, handle: Upload, index, phase: int | None = None) -> list[Any]:
        """Runs all steps in one call, compiled for as many as there were at most so
        far, or a few more.

        Convolutions on a CPU are many times slower in XLA's loops, so steps with one
        are run one by one.
        """
        if self._fallback is None:
            try:
                return self._compiled_loop(handle, index, phase)
            except LinkerError as limit:
                self._fall_back(limit)
        return super().loop(handle, index, phase)

    def _compiled_loop(self, handle: Upload, index, phase: int | None) -> list[Any]:
        chosen = None if phase is None else self.check_phase(phase)
        rows = self.check_index(handle, index)
        data = handle.arrays
        if len(rows) and self._convolves_on_cpu:
            return self._one_by_one(rows, data, chosen)
        key = (chosen, rows.shape[1], *[array.shape[1:] for array in data])
        if len(rows) == 1 and key not in self._loop_steps:
            return self._single(rows[0], data, chosen)
        if self._loop_steps.get(key, 0) < len(rows):
            self._loop_steps[key] = compiled_steps(len(rows), rows.shape[1], data)
        return self._looped(rows, data, chosen, self._loop_steps[key])

    def _one_by_one(self, rows, data, phase: int | None) -> list[Any]:
        from oneiros_jax_support.runs import one_by_one

        def step(number: int, batch: list[Any]) -> list[Any]:
            return self._execute("step", phase, batch, 1)

        return one_by_one(step, rows, data)

    def _single(self, row, data, phase: int | None) -> list[Any]:
        from oneiros_jax_support.runs import rows_for

        with self._scope():
            batch = rows_for(row, data)
        outputs = self._execute("step", phase, batch, 1)
        return [output[None] for output in outputs]

    def _looped(self, rows, data, phase: int | None, capacity: int) -> list[Any]:
        from oneiros_jax_support.runs import batches_for

        steps = len(rows)
        padded = padded_index(rows, capacity)
        with self._scope():
            batches = batches_for(padded, data)
        arrays = [np.int32(steps), padded, *batches]
        outputs = self._execute("loop", phase, arrays, steps)
        return [output[:steps] for output in outputs]

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        self._compiled.clear()
        if self._fallback is not None:
            self._fallback.forget_compiled()

    def _execute(
        self, kind: str, phase: int | None, arrays: list[Any], steps: int
    ) -> list[Any]:
        signature = (kind, phase, *[array.shape for array in arrays])
        compiled = self._compiled.get(signature)
        with self._scope():
            function = compiled or self._compile(kind, phase, arrays)
            with LOCK:
                arguments = [*self._state(), self.counters(steps), *arrays]
                outputs = call(
                    function,
                    arguments,
                    self._old,
                    len(self.outputs),
                    runs_python=compiled is None,
                )
        self._compiled[signature] = function
        return [np.array(output) for output in outputs]

    def _compile(self, kind: str, phase: int | None, arrays: list[Any]):
        """Returns a compiled function, which has no memory of how it was called
        before."""
        from oneiros_jax_support.jax_import import jax
        from oneiros_jax_support.ynn import convolving

        traced = self._step(phase) if kind == "step" else self._loop(phase)
        with LOCK:
            arguments = [*self._state(), self.counters(0), *arrays]
        donated = [0] if self.updated else []
        with kept_interrupts():
            if self._convolves_on_cpu:
                function = convolving(traced, arguments, donated)
            else:
                function = jax.jit(traced, donate_argnums=donated)
            function.lower(*arguments).compile()
        return function

    @functools.cached_property
    def _convolves_on_cpu(self) -> bool:
        """Whether it holds convolutions that a CPU computes."""
        from oneiros_jax_support.devices import platform

        with self._scope():
            return self.convolves and platform() == "cpu"

    @functools.cached_property
    def _scope(self):
        from oneiros_jax_support.devices import scope

        return scope("theano")

    def _state(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Returns the values of the variables that are written and of those that are
        only read."""
        return _values(self._old), _values(self._read)

    def _step(self, phase: int | None) -> Traced:
        """Returns one step."""
        from oneiros_backend_theano.evaluate import evaluate

        variables = [*self.updated, *self.read]
        phase_placeholder = self.backend.learning_phase_placeholder()

        def step(old, read, counters, *feeds):
            import jax.numpy as jnp

            values = dict(zip(variables, [*old, *read], strict=True))
            values[STREAM] = counters[0]
            values[STEP] = counters[1]
            values.update(zip(self.placeholders, feeds, strict=True))
            for x, form in self.forms:
                values[form] = jnp.moveaxis(values[x], 1, -1)
            values[phase_placeholder] = np.int32(phase or 0)
            results = evaluate(self.results, values)
            for variable, new in zip(self.updated, results, strict=False):
                _check_update(variable, np.shape(new), values[variable].shape)
            return tuple(jnp.asarray(x) for x in results)

        return step

    def _loop(self, phase: int | None) -> Traced:
        """Returns a loop over steps."""
        from oneiros_jax_support.runs import run_of

        step = self._step(phase)

        def loop(old, read, counters, *data):
            def numbered_step(old, i, *feeds):
                return step(old, read, counters + i.astype(np.uint32), *feeds)

            return run_of(numbered_step, len(self.updated))(old, *data)

        return loop


def _values(slots: list[Slot]) -> tuple[Any, ...]:
    """Returns what slots hold, moved to the device if it isn't there yet."""
    move(*slots)
    return tuple([slot[0] for slot in slots])


def _check_update(variable, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape == expected:
        return
    change = (
        f"The update of {variable.name!r} has shape {shape}; the variable has shape "
        f"{expected}"
    )
    if _admits(variable.type.shape, shape):
        raise LinkerError(f"{change}; the JAX linker can't change shapes.")
    raise DataError(f"{change}.")


def _admits(declared: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    """Returns whether a variable whose type declares these sizes may have a shape."""
    if len(declared) != len(shape):
        return False
    pairs = zip(declared, shape, strict=True)
    return all(wanted in (None, size) for wanted, size in pairs)
