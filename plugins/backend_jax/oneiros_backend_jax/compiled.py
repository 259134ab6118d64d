"""Programs compiled by JAX.

New values reuse the memory of old ones, and are stored when they are computed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.lazy_graph.engine import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.stored_values import LOCK
from oneiros_jax_support import storing_calls
from oneiros_jax_support.devices import platform, scope
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.runs import batches_for, gathered, one_by_one, run_of
from oneiros_jax_support.traced_graphs import convolves
from oneiros_jax_support.ynn import convolving

Array = np.ndarray[Any, Any]
_first = operator.itemgetter(0)
ZERO = np.int32(0)
"""Represents a number that compiled functions accept."""


class _Variables:
    """The variables of a program.

    The variables that it writes come first, then those that it only reads.
    """

    def __init__(self, program: Program) -> None:
        self.written = program.written
        written = set(program.written)
        read = [node for node in program.variables if node not in written]
        self.nodes = [*program.written, *read]
        self.slots = [node.source.storage.slot for node in self.nodes]
        self._order = [self.nodes.index(node) for node in program.variables]
        for node in self.nodes:
            node.source.storage.move()

    @property
    def donated(self) -> range:
        """The numbers of the values whose memory new ones take over."""
        return range(len(self.written))

    @property
    def shapes(self) -> list[Any]:
        """What stands for the values when a function is traced."""
        return [jax.ShapeDtypeStruct(node.shape, node.dtype) for node in self.nodes]

    def state(self, values: Sequence[Any]) -> list[Any]:
        """Returns the values in the program's order."""
        return [values[place] for place in self._order]

    def checked(self, new: Sequence[Any], used: Sequence[Any]) -> list[Any]:
        """Checks that new values have the variables' shapes, and returns them.

        They share no memory with the values in `used`.
        """
        for node, value in zip(self.written, new, strict=True):
            if value.shape != node.shape:
                raise DataError(
                    f"The update of {node.name!r} has shape {value.shape}, expected "
                    f"shape {node.shape}."
                )
        used_ids = {id(x) for x in used}
        separate = []
        for value in new:
            separate.append(jnp.copy(value) if id(value) in used_ids else value)
            used_ids.add(id(value))
        return separate


def compiled_step(program: Program, phase: int, arrays: list[Any]) -> CompiledStep:
    """Returns a function of arrays and a counter that runs one step."""
    variables = _Variables(program)
    is_random = bool(program.streams)
    count = len(variables.nodes)

    def step(*values: Any) -> list[Any]:
        state = variables.state(values[:count])
        feeds = list(values[count:])
        counter = feeds.pop(0) if is_random else 0
        outputs, new = program(feeds, state, phase, counter)
        return [*variables.checked(new, values), *outputs]

    arguments = [ZERO, *arrays] if is_random else arrays
    traced = _traced(step, variables, arguments)
    call = _Call(_compiled(step, traced, variables, arguments), program, variables)
    if is_random:
        return lambda arrays, counter: call([np.int32(counter), *arrays])
    return lambda arrays, counter: call(arrays)


def compiled_run(
    program: Program, phase: int, arrays: list[Any], index: Array
) -> CompiledLoop | None:
    """Returns a function that runs many steps.

    Its arguments are arrays, an index, the number of steps and the first step's number.

    Returns None if the steps contain a convolution and run on a CPU, where convolutions
    in XLA's loops take up to sixty times as long.
    """
    variables = _Variables(program)
    count = len(variables.nodes)
    written = len(program.written)

    def run(*values: Any) -> list[Any]:
        first_values = values[:written]
        read_values = values[written:count]
        counter, steps, *data = values[count:]

        def step(written_values: Any, i: Any, *feeds: Any) -> Any:
            state = [*written_values, *read_values]
            outputs, new = program(feeds, variables.state(state), phase, counter + i)
            return *variables.checked(new, [*state, *feeds]), *outputs

        return list(run_of(step, written)(first_values, steps, *data))

    computing = scope("jax")
    with computing():
        batches = jax.eval_shape(gathered, index, arrays)
    arguments = [ZERO, ZERO, index, *batches]
    traced = _traced(run, variables, arguments)
    if platform() == "cpu" and convolves(traced.jaxpr.jaxpr):
        return None
    call = _Call(_compiled(run, traced, variables, arguments), program, variables)

    def many(arrays: list[Any], index: Array, steps: int, counter: int) -> list[Array]:
        with computing():
            batches = batches_for(index, arrays)
        return call([np.int32(counter), np.int32(steps), index, *batches])

    return many


def uncompiled_run(
    program: Program, phase: int, arrays: list[Any], index: Array
) -> CompiledLoop:
    """Returns the same as `compiled_run`, calling a compiled step."""
    batch = index.shape[1]
    like = [np.zeros((batch, *array.shape[1:]), array.dtype) for array in arrays]
    step = compiled_step(program, phase, like)

    def run(arrays: list[Any], index: Array, steps: int, counter: int) -> list[Array]:
        return one_by_one(
            lambda i, batch: step(batch, counter + i), index[:steps], arrays
        )

    return run


def _traced(
    function: Callable[..., Any], variables: _Variables, arguments: list[Any]
) -> Any:
    """Traces a function of the variables' values and of arguments."""
    with scope("jax")():
        jitted = jax.jit(function, donate_argnums=variables.donated)
        return jitted.trace(*variables.shapes, *arguments)


def _compiled(
    function: Callable[..., Any],
    traced: Any,
    variables: _Variables,
    arguments: list[Any],
) -> Any:
    """Compiles what was traced, as it suits its convolutions."""
    with scope("jax")():
        if not convolves(traced.jaxpr.jaxpr):
            return traced.lower().compile()
        shapes = [*variables.shapes, *arguments]
        jitted = convolving(function, shapes, variables.donated)
        return jitted.lower(*shapes).compile()


class _Call:
    """Calls a compiled function with the variables' values, and stores the new ones."""

    def __init__(self, compiled: Any, program: Program, variables: _Variables) -> None:
        self._compiled = compiled
        self._outputs = len(program.outputs)
        self._slots = variables.slots
        self._written = variables.slots[: len(program.written)]

    def __call__(self, arguments: list[Any]) -> list[Array]:
        with jax.enable_x64(True), LOCK:
            values = [*map(_first, self._slots), *arguments]
            outputs = storing_calls.call(
                self._compiled,
                values,
                self._written,
                self._outputs,
                runs_python=bool(self._written),
            )
        return [np.array(output) for output in outputs]
