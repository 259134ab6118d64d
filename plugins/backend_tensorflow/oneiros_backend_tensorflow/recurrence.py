"""Whole recurrent layers as one operation, on TensorFlow.

The loops themselves are those of `oneiros_backend_toolkit.recurrent_cells`. Their
results' shapes are stated instead of traced: building an LSTM takes 10 ms of the
processor, and 73 ms where its loop is traced for that
(`benchmarks/mechanisms.py recurrent_shapes`).
"""

from collections.abc import Sequence

from oneiros_backend_toolkit.fused_recurrence import (
    FusedLayer,
    FusedRecurrence,
    LayerInputs,
)
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.recurrent_cells import CellLoop, States

from oneiros_backend_tensorflow.derivatives import derivatives_wanted, with_derivative
from oneiros_backend_tensorflow.loops import loop_over
from oneiros_backend_tensorflow.shape_inference import inferring
from oneiros_backend_tensorflow.tensorflow_import import tf

TIME_FIRST = (1, 0, 2)
"""Swaps samples and steps of a sequence."""


class TensorFlowMath:
    """See `oneiros_backend_toolkit.recurrent_cells`."""

    projects_early = False
    tanh = staticmethod(tf.tanh)
    sigmoid = staticmethod(tf.sigmoid)
    choose = staticmethod(tf.where)
    join = staticmethod(tf.concat)
    transpose = staticmethod(tf.transpose)

    def clip(self, x):
        """Bounds by 0 and 1."""
        not_negative = tf.maximum(x, 0)
        return tf.minimum(not_negative, 1)

    def where(self, condition, x):
        """Returns `x` where the condition holds, else 0."""
        zero = tf.zeros((), x.dtype)
        return tf.where(condition, x, zero)

    def split(self, x, sizes: Sequence[int]):
        """Cuts the last axis into parts of these sizes."""
        return tf.split(x, list(sizes), -1)

    def outer(self, x, y):
        """Sums the products of two sequences' features over steps and samples."""
        x = _flat(x)
        y = _flat(y)
        return tf.matmul(x, y, transpose_a=True)

    def total(self, x):
        """Sums a sequence over steps and samples."""
        return tf.reduce_sum(x, (0, 1))

    def multiply(self, x, w):
        """Multiplies a sequence's features by a matrix."""
        return tf.tensordot(x, w, 1)

    def scan(self, step, states, sequences, widths, backwards):
        """Runs a step function; XLA wants to know the number of steps beforehand."""
        first = states[0]
        samples = first.shape[0]
        specs = []
        for width in widths:
            spec = tf.TensorSpec((samples, width), first.dtype)
            specs.append(spec)

        def at_place(place, rows, states):
            new, outputs = step(tuple(states), tuple(rows))
            return list(new), outputs

        last, outputs = loop_over(at_place, sequences, states, specs, backwards)
        return tuple(last), tuple(outputs)


def _flat(sequence):
    """Returns the features of all steps and samples, one below the other."""
    features = sequence.shape[-1]
    return tf.reshape(sequence, (-1, features))


MATH = TensorFlowMath()


class RecurrentLayers(FusedRecurrence):
    """`simple_rnn`, `gru` and `lstm` on lazy tensors of TensorFlow."""

    recorder: Recorder

    def _fused(self, layer: FusedLayer, inputs: LayerInputs):
        loop = CellLoop(MATH, layer.cell, layer.backwards)

        def run(x, U, mask, projection, *initial):
            if inferring():
                return _shaped(x, U, mask, initial)
            return _run(loop, x, U, mask, projection, initial)

        # Functions take attributes: shapes are inferred once for layers that are alike
        run.origin = (RecurrentLayers._fused, layer)  # type: ignore[attr-defined]
        tensors = inputs.tensors()
        return self.recorder.record(run, tensors, label=layer.label)


def _shaped(x, U, mask, initial: States) -> States:
    """Returns tensors of the results' shapes, for sizes that fit one another."""
    places = x.shape[:2]
    if mask is not None:
        places = places.merge_with(mask.shape)
    samples, steps = places
    units = U.shape[0]
    last_shape = tf.TensorShape([samples, units])
    for state in initial:
        last_shape = last_shape.merge_with(state.shape)
    samples, units = last_shape
    outputs = tf.compat.v1.placeholder(x.dtype, [samples, steps, units])
    last = tf.compat.v1.placeholder(x.dtype, last_shape)
    ends = [last] * len(initial)
    return outputs, *ends


def _run(loop: CellLoop, x, U, mask, projection: States, initial: States) -> States:
    """Returns the outputs and the last states of a loop over `x`."""
    is_unmasked = None
    if mask is not None:
        truth = tf.cast(mask, tf.bool)
        by_step = tf.transpose(truth)
        is_unmasked = by_step[..., None]
    samples = x.shape[0]
    units = U.shape[0]
    state_shape = (samples, units)
    states = [tf.ensure_shape(state, state_shape) for state in initial]
    sequence = tf.transpose(x, TIME_FIRST)
    arguments = (sequence, U, *projection, *states)
    copies = list(map(tf.identity, arguments))
    x, U, *others = copies
    count = len(projection)
    projection = tuple(others[:count])
    first = tuple(others[count:])
    keeps = derivatives_wanted()
    ends, residuals = loop.forward(x, U, is_unmasked, first, projection, keeps)

    def derivative(results, gradients):
        d_outputs, *last = gradients
        d_last = tuple(last)
        dx, dU, d_initial = loop.backward(U, is_unmasked, residuals, d_outputs, d_last)
        dx, d_projection = loop.unprojected(x, dx, projection)
        return dx, dU, *d_projection, *d_initial

    results = (residuals.output, *ends)
    outputs, *last = with_derivative(results, copies, derivative)
    if loop.backwards:
        outputs = tf.reverse(outputs, [0])
    by_sample = tf.transpose(outputs, TIME_FIRST)
    return by_sample, *last
