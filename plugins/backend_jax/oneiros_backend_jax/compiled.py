"""Programs compiled by JAX. New values take over old ones' memory, and are stored as
they are computed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.batches import rows_of
from oneiros_jax_support.calls import LOCK, store
from oneiros_jax_support.cpu import convolution_options
from oneiros_jax_support.devices import platform, scope
from oneiros_jax_support.graphs import convolves, pooling_by_windows, suits_ynn
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.runs import batches_for, gathered, run_of
from oneiros_lazy_graph.program import Program

Array = np.ndarray[Any, Any]
Run = Callable[..., list[Array]]
_first = operator.itemgetter(0)


class _Variables:
    """The variables of a program: those that it writes, then those that it only
    reads."""

    def __init__(self, program: Program) -> None:
        self.written = program.written
        self.nodes = [
            *program.written,
            *(x for x in program.variables if x not in set(program.written)),
        ]
        self.slots = [node.data.slot for node in self.nodes]
        self._order = [self.nodes.index(node) for node in program.variables]
        for node in self.nodes:
            node.data.move()

    def state(self, values: Sequence[Any]) -> list[Any]:
        """Returns the values in the program's order."""
        return [values[place] for place in self._order]

    def checked(self, new: Sequence[Any], known: Sequence[Any]) -> list[Any]:
        """Returns new values that have their variables' shapes, and share no memory
        with `known` ones."""
        for node, value in zip(self.written, new, strict=True):
            if value.shape != node.shape:
                raise DataError(
                    f"The update of {node.name!r} gives shape {value.shape}; it has "
                    f"shape {node.shape}."
                )
        seen = {id(x) for x in known}
        kept = []
        for value in new:
            kept.append(jnp.copy(value) if id(value) in seen else value)
            seen.add(id(value))
        return kept


def compiled_step(program: Program, phase: int, arrays: list[Any]) -> Run:
    """Returns a function of arrays and a counter that runs one step."""
    variables, count = _Variables(program), len(program.written)
    random, size = bool(program.streams), len(variables.nodes)

    def step(*values: Any) -> list[Any]:
        state, counter, feeds = (
            values[:size],
            values[size] if random else 0,
            values[size + random :],
        )
        outputs, new = program(feeds, variables.state(state), phase, counter)
        return [*variables.checked(new, values), *outputs]

    given = [np.int32(0)] * random + arrays
    compiled, _ = _compiled(step, count, variables, given, True)
    call = _Call(compiled, variables, count, len(program.outputs))
    if random:
        return lambda arrays, counter: call([np.int32(counter), *arrays])
    return lambda arrays, counter: call(arrays)


def compiled_run(
    program: Program, phase: int, arrays: list[Any], index: Array
) -> Run | None:
    """Returns a function of arrays, an index, the number of steps and a counter that
    runs many steps.

    None if they hold a convolution and run on a CPU, where it takes sixty times as long
    in a loop of XLA's.
    """
    variables, count = _Variables(program), len(program.written)
    size = len(variables.nodes)

    def run(*values: Any) -> list[Any]:
        read, (counter, *rest) = values[count:size], values[size:]

        def step(old: Any, i: Any, *feeds: Any) -> Any:
            state = [*old, *read]
            outputs, new = program(feeds, variables.state(state), phase, counter + i)
            return *variables.checked(new, [*state, *feeds]), *outputs

        return list(run_of(step, count)(tuple(values[:count]), *rest))

    computing = scope("jax")
    with computing():
        batches = jax.eval_shape(gathered, index, arrays)
    compiled, holds = _compiled(
        run, count, variables, [np.int32(0), np.int32(0), index, *batches], False
    )
    if holds:
        return None
    call = _Call(compiled, variables, count, len(program.outputs))

    def many(arrays: list[Any], index: Array, steps: int, counter: int) -> list[Array]:
        with computing():
            batches = batches_for(index, arrays)
        return call([np.int32(counter), np.int32(steps), index, *batches])

    return many


def one_by_one(program: Program, phase: int, arrays: list[Any], index: Array) -> Run:
    """Returns the same as `compiled_run`, calling a compiled step."""
    like = [
        np.zeros((index.shape[1], *array.shape[1:]), array.dtype) for array in arrays
    ]
    step = compiled_step(program, phase, like)

    def run(arrays: list[Any], index: Array, steps: int, counter: int) -> list[Array]:
        held = [np.asarray(array) for array in arrays]
        found = [
            step(rows_of(row, held), counter + i) for i, row in enumerate(index[:steps])
        ]
        return [np.stack(values) for values in zip(*found, strict=True)]

    return run


def _compiled(
    function: Callable[..., Any],
    written: int,
    variables: _Variables,
    given: list[Any],
    always: bool,
) -> tuple[Any, bool]:
    """Compiles a function of the variables' values and of what is given.

    # Returns
        It, and False; or None and True, if it holds a convolution on a CPU and isn't
        `always` to be compiled.
    """
    with scope("jax")():
        values = [
            jax.ShapeDtypeStruct(node.shape, node.dtype) for node in variables.nodes
        ]
        traced = jax.jit(function, donate_argnums=tuple(range(written))).trace(
            *values, *given
        )
        holds = convolves(traced.jaxpr.jaxpr)
        if holds and not always and platform() == "cpu":
            return None, True
        options = convolution_options() if holds else None
        if options and not written:
            other = jax.jit(pooling_by_windows(function)).trace(*values, *given)
            traced, options = (
                (other, None) if suits_ynn(other.jaxpr.jaxpr) else (traced, options)
            )
        return traced.lower().compile(compiler_options=options), False


class _Call:
    """Calls what was compiled with the variables' values, and stores their new ones."""

    def __init__(
        self, compiled: Any, variables: _Variables, written: int, outputs: int
    ) -> None:
        self._compiled, self._outputs = compiled, outputs
        self._slots, self._written = variables.slots, variables.slots[:written]

    def __call__(self, given: list[Any]) -> list[Array]:
        holders: list[list[Any]] = [[None] for _ in range(self._outputs)]
        with jax.enable_x64(True), LOCK:
            arguments = [*map(_first, self._slots), *given]
            store(
                self._compiled, arguments, self._written + holders, bool(self._written)
            )
        if not holders and self._written:
            self._written[0][0].block_until_ready()
        return [np.array(holder[0]) for holder in holders]
