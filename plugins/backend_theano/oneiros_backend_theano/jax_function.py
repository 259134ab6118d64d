"""`K.function` compiled by JAX."""

from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.errors import CapabilityError, DataError
from oneiros_backend_toolkit.function import Upload
from oneiros_jax_support.compiled import CompiledByJax
from oneiros_jax_support.jax_import import jnp
from oneiros_jax_support.storing import TracedStep, slots_of_seeds

from oneiros_backend_theano.draw import STEP, STREAM, seeded
from oneiros_backend_theano.function import GraphFunction
from oneiros_backend_theano.limits import LinkerError

Shape = tuple[int, ...]


class JaxFunction(GraphFunction, CompiledByJax):
    """Compiled once per learning phase and input shapes. New values take over old ones'
    memory. What JAX can't compile, PyTensor computes instead, with a warning.

    JAX is imported with this module, before a generator's thread may draw from NumPy's
    generator.

    # Arguments
        strict: bool, whether a graph that JAX can't compile is an error.
    """

    def __init__(
        self, backend, inputs, outputs, updates, givens=(), strict: bool = False
    ):
        super().__init__(backend, inputs, outputs, updates, givens)
        self._strict = strict
        self._fallback: Any = None

    def run(self, arrays, phase: int | None) -> list[Any]:
        """Runs one step."""
        if self._fallback is None:
            try:
                return super().run(arrays, phase)
            except LinkerError as limit:
                self._fall_back(limit)
        data = list(map(np.asarray, arrays))
        results: list[Any] = self._fallback.run(data, phase)
        return results

    def loop(self, handle: Upload, index, phase: int | None = None) -> list[Any]:
        """Runs all steps in one call."""
        if self._fallback is None:
            try:
                return super().loop(handle, index, phase)
            except LinkerError as limit:
                self._fall_back(limit)
        return GraphFunction.loop(self, handle, index, phase)

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

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        CompiledByJax.forget_compiled(self)
        if self._fallback is not None:
            self._fallback.forget_compiled()

    def step(self, phase: int) -> TracedStep:
        """Returns what a step computes.

        The seeds are read like a variable, so that later processes with other seeds can
        use what was compiled.
        """
        slots = [x.container.storage for x in self.read]
        slots += slots_of_seeds([op.seed for op in self.random_operations])
        return TracedStep(
            backend="theano",
            function=self._traced_step(phase),
            written=[x.container.storage for x in self.updated],
            read=slots,
            outputs=len(self.outputs),
            counter=self.advance(0),
            convolves=self.convolves,
        )

    def _traced_step(self, phase: int) -> Callable[..., Any]:
        from oneiros_backend_theano.evaluate import evaluate

        variables = [*self.updated, *self.read]
        draws = self.random_operations
        phase_placeholder = self.backend.learning_phase_placeholder()

        def step(old, read, counters, *feeds):
            count = len(self.read)
            stored = [*old, *read[:count]]
            values = dict(zip(variables, stored, strict=True))
            seeds = read[count] if draws else ()
            if counters is not None:
                values[STREAM] = counters[0]
                values[STEP] = counters[1]
            pairs = zip(self.placeholders, feeds, strict=True)
            values.update(pairs)
            for x, form in self.forms:
                channels_first = values[x]
                values[form] = jnp.moveaxis(channels_first, 1, -1)
            values[phase_placeholder] = np.int32(phase)
            with seeded(draws, seeds):
                results = evaluate(self.results, values)
            new_values = results[: len(old)]
            for variable, new in zip(self.updated, new_values, strict=True):
                old_shape = values[variable].shape
                _check_update(variable, np.shape(new), old_shape)
            return list(map(jnp.asarray, results))

        return step


def _check_update(variable, shape: Shape, expected: Shape) -> None:
    if shape == expected:
        return
    change = (
        f"The update of {variable.name!r} has shape {shape}; the variable has shape "
        f"{expected}"
    )
    kind = variable.type.clone(shape=shape)
    if variable.type.is_super(kind):
        raise LinkerError(f"{change}; the JAX linker can't change shapes.")
    raise DataError(f"{change}.")
