"""Loops that raw Theano code makes with `scan`, and their gradients.

PyTensor hands such a loop its states in buffers: the first states, and room for those
to come. A kind of state is called by how many steps back it reads, and how many places
it writes: `mit_mot` reads and writes several (gradients do), `mit_sot` reads several
and writes one, `sit_sot` reads and writes one, `nit_sot` reads none; the last state of
an untraced one alone is returned.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from oneiros_jax_support.jax_import import jnp
from oneiros_jax_support.loops import scan
from pytensor.graph.basic import Apply
from pytensor.graph.traversal import apply_ancestors
from pytensor.scan.op import Scan

from oneiros_backend_theano.concrete import concrete_sizes
from oneiros_backend_theano.jax_op import convolve
from oneiros_backend_theano.limits import LinkerError


class _States(NamedTuple):
    """The states that a step receives from the step before, by kind."""

    mit_mot: list[Any]
    mit_sot: list[Any]
    sit_sot: list[Any]
    untraced: list[Any]


class _Loop:
    """A loop, given its Op and the values of its inputs."""

    def __init__(self, op, values: Sequence[Any]) -> None:
        self.op = op
        self.values = list(values)
        (self.steps,) = concrete_sizes([self.values[0]], op)

    def run(self) -> list[Any]:
        """Returns the values of the Op's outputs."""
        op = self.op
        numbers = np.arange(self.steps, dtype=np.int32)
        sequences = [jnp.asarray(x)[: self.steps] for x in op.outer_seqs(self.values)]
        last, traces = scan(
            self._step,
            self._first_states(),
            [numbers, *sequences],
            convolves=convolve(apply_ancestors(op.fgraph.outputs)),
        )
        return [*last.mit_mot, *self._last_entries(traces), *last.untraced]

    def _first_states(self) -> _States:
        op = self.op
        return _States(
            mit_mot=[jnp.asarray(x) for x in op.outer_mitmot(self.values)],
            mit_sot=[
                jnp.asarray(buffer)[: -min(taps)]
                for buffer, taps in zip(
                    op.outer_mitsot(self.values), op.info.mit_sot_in_slices, strict=True
                )
            ],
            sit_sot=[jnp.asarray(x)[0] for x in op.outer_sitsot(self.values)],
            untraced=[jnp.asarray(x) for x in op.outer_untraced_sit_sot(self.values)],
        )

    def _step(self, states: _States, numbered_slices) -> tuple[_States, list[Any]]:
        from oneiros_backend_theano.evaluate import evaluate

        number, (_, *slices) = numbered_slices
        inputs = [
            *slices,
            *self._read(states.mit_mot, self._mit_mot_places(number)),
            *self._read(states.mit_sot, self.op.info.mit_sot_in_slices),
            *states.sit_sot,
            *states.untraced,
            *self.op.outer_non_seqs(self.values),
        ]
        graph = self.op.fgraph
        values = dict(zip(graph.inputs, inputs, strict=True))
        results = [jnp.asarray(x) for x in evaluate(list(graph.outputs), values)]
        return self._new_states(states, results, number), self._traced(results)

    def _mit_mot_places(self, number) -> list[list[Any]]:
        return [
            [number + tap for tap in taps]
            for taps in self.op.info.normalized_mit_mot_in_slices
        ]

    def _read(
        self, buffers: Sequence[Any], places: Sequence[Sequence[Any]]
    ) -> Iterator[Any]:
        """Yields the entries of each buffer at its places."""
        for buffer, buffer_places in zip(buffers, places, strict=True):
            for place in buffer_places:
                yield buffer[place]

    def _new_states(self, states: _States, results: list[Any], number) -> _States:
        op = self.op
        written = zip(
            states.mit_mot,
            op.inner_mitmot_outs_grouped(results),
            op.info.normalized_mit_mot_out_slices,
            strict=True,
        )
        appended = zip(states.mit_sot, op.inner_mitsot_outs(results), strict=True)
        return _States(
            mit_mot=[_written(*parts, number) for parts in written],
            mit_sot=[_appended(*parts) for parts in appended],
            sit_sot=_in_types_of(states.sit_sot, op.inner_sitsot_outs(results)),
            untraced=_in_types_of(
                states.untraced, op.inner_untraced_sit_sot_outs(results)
            ),
        )

    def _traced(self, results: list[Any]) -> list[Any]:
        """Returns those results of a step that are stacked."""
        op = self.op
        return [
            *op.inner_mitsot_outs(results),
            *op.inner_sitsot_outs(results),
            *op.inner_nitsot_outs(results),
        ]

    def _last_entries(self, traces: Sequence[Any]) -> list[Any]:
        """Returns the part of stacked results that fits into their buffers: the last
        ones, preceded by the first states."""
        op = self.op
        firsts = self._first_states()
        earlier = [*firsts.mit_sot, *[state[None] for state in firsts.sit_sot]]
        buffers = [*op.outer_mitsot(self.values), *op.outer_sitsot(self.values)]
        lengths = [len(buffer) for buffer in buffers]
        lengths += concrete_sizes(op.outer_nitsot(self.values), op)
        last_entries = []
        for place, (trace, length) in enumerate(zip(traces, lengths, strict=True)):
            buffer = trace
            if place < len(earlier):
                first = earlier[place].astype(trace.dtype)
                buffer = jnp.concatenate([first, trace])
            last_entries.append(buffer[len(buffer) - length :])
        return last_entries


def _written(buffer, new_values: Sequence[Any], taps: Sequence[int], number):
    """Returns a buffer with a step's new values at their places."""
    for tap, value in zip(taps, new_values, strict=True):
        place = buffer.at[number + tap]
        buffer = place.set(value.astype(buffer.dtype))
    return buffer


def _appended(entries, new_value):
    """Appends a new entry to the last ones, and drops the oldest."""
    new_entry = new_value[None].astype(entries.dtype)
    return jnp.concatenate([entries[1:], new_entry])


def _in_types_of(states: Sequence[Any], new_values: Sequence[Any]) -> list[Any]:
    return [
        new.astype(state.dtype) for state, new in zip(states, new_values, strict=True)
    ]


def _scan(node: Apply, *values):
    if node.op.info.as_while:
        raise LinkerError("The JAX linker can't compile a loop with a condition.")
    results = _Loop(node.op, values).run()
    return results if len(results) > 1 else results[0]


OF_ANY_VALUES = {Scan: _scan}
"""The function of a node and its inputs' values."""
