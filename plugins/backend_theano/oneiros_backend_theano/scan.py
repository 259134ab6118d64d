"""Loops that raw Theano code makes with `scan`, and their gradients.

PyTensor hands such a loop its states in buffers: the first states, and room for those
to come. A kind of state is called by how many steps back it reads, and how many places
it writes: `mit_mot` reads and writes several (gradients do), `mit_sot` reads several
and writes one, `sit_sot` reads and writes one, `nit_sot` reads none; the last state of
an untraced one alone is returned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from oneiros_jax_support.jax_import import jnp
from oneiros_jax_support.loops import scan
from pytensor.graph.basic import Apply
from pytensor.graph.traversal import apply_ancestors
from pytensor.scan.op import Scan

from oneiros_backend_theano.jax_op import convolve
from oneiros_backend_theano.limits import LinkerError, concrete_sizes


@dataclass(frozen=True)
class _Places:
    """Where a step reads and writes in a buffer, counted from the step's number."""

    read: Sequence[int]
    written: Sequence[int]


class _Loop:
    """A loop, given its Op and the values of its inputs."""

    def __init__(self, op, values):
        self.op = op
        self.values = values
        steps = values[0]
        (self.steps,) = concrete_sizes([steps], op)
        self.places = _places(op.info)

    def run(self):
        """Returns the values of the Op's outputs."""
        op = self.op
        numbers = np.arange(self.steps, dtype=np.int32)
        sequences = [numbers]
        for x in op.outer_seqs(self.values):
            sequence = jnp.asarray(x)
            sequences.append(sequence[: self.steps])
        untraced = op.outer_untraced_sit_sot(self.values)
        buffers = self._buffers()
        first = (buffers, list(map(jnp.asarray, untraced)))
        nodes = apply_ancestors(op.fgraph.outputs)
        convolves = convolve(nodes)
        last, stacked = scan(self._step, first, sequences, convolves=convolves)
        buffers, untraced = last
        nitsot = op.outer_nitsot(self.values)
        lengths = concrete_sizes(nitsot, op)
        ends = []
        pairs = zip(stacked, lengths, strict=True)
        for results, length in pairs:
            start = self.steps - length
            ends.append(results[start:])
        return [*buffers, *ends, *untraced]

    def _buffers(self):
        """Returns the buffers of states, which hold all that is written to them."""
        op = self.op
        buffers = [
            *op.outer_mitmot(self.values),
            *op.outer_mitsot(self.values),
            *op.outer_sitsot(self.values),
        ]
        for buffer, places in zip(buffers, self.places, strict=True):
            needed = self.steps + max(places.written)
            if len(buffer) < needed:
                raise LinkerError(
                    f"The JAX linker can't compile {op}: it keeps its last states only."
                )
        return list(map(jnp.asarray, buffers))

    def _step(self, states, numbered_slices):
        from oneiros_backend_theano.evaluate import evaluate

        buffers, untraced = states
        number, (_, *slices) = numbered_slices
        graph = self.op.fgraph
        read = self._read(buffers, number)
        constant = self.op.outer_non_seqs(self.values)
        inputs = [*slices, *read, *untraced, *constant]
        values = dict(zip(graph.inputs, inputs, strict=True))
        outputs = list(graph.outputs)
        results = evaluate(outputs, values)
        remaining = map(jnp.asarray, results)
        buffers = self._written(buffers, number, remaining)
        stacked_count = self.op.info.n_nit_sot
        stacked = list(islice(remaining, stacked_count))
        untraced = list(map(_in_type_of, untraced, remaining))
        return (buffers, untraced), stacked

    def _read(self, buffers, number) -> Iterator[Any]:
        """Yields what a step reads of the buffers."""
        pairs = zip(buffers, self.places, strict=True)
        for buffer, places in pairs:
            for place in places.read:
                yield buffer[number + place]

    def _written(self, buffers, number, values: Iterator[Any]):
        """Returns the buffers with a step's new values at their places."""
        written = []
        pairs = zip(buffers, self.places, strict=True)
        for buffer, places in pairs:
            for place in places.written:
                value = _in_type_of(buffer, next(values))
                cell = buffer.at[number + place]
                buffer = cell.set(value)
            written.append(buffer)
        return written


def _places(info) -> list[_Places]:
    """Returns the places in each buffer of states, in PyTensor's order."""
    several = zip(
        info.normalized_mit_mot_in_slices,
        info.normalized_mit_mot_out_slices,
        strict=True,
    )
    places = [_Places(*slices) for slices in several]
    for taps in (*info.mit_sot_in_slices, *info.sit_sot_in_slices):
        first_states = -min(taps)
        read = [first_states + tap for tap in taps]
        places.append(_Places(read, [first_states]))
    return places


def _in_type_of(state, value):
    return value.astype(state.dtype)


def _scan(node: Apply, *values):
    if node.op.info.as_while:
        raise LinkerError("The JAX linker can't compile a loop with a condition.")
    loop = _Loop(node.op, list(values))
    results = loop.run()
    return results if len(results) > 1 else results[0]


OF_ANY_VALUES = {Scan: _scan}
"""The function of a node and its inputs' values."""
