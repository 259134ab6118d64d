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
from oneiros_backend_toolkit.recurrent_cells import CellLoop, States, Step
from oneiros_backend_toolkit.tensors import Tensor, Tensors

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
        return tf.minimum(tf.maximum(x, 0), 1)

    def where(self, condition, x):
        """Returns `x` where the condition holds, else 0."""
        return tf.where(condition, x, tf.zeros((), x.dtype))

    def split(self, x, sizes: Sequence[int]) -> Sequence[Tensor]:
        """Cuts the last axis into parts of these sizes."""
        parts: Tensors = tf.split(x, list(sizes), -1)
        return parts

    def outer(self, x, y):
        """Sums the products of two sequences' features over steps and samples."""
        x = tf.reshape(x, (-1, x.shape[-1]))
        y = tf.reshape(y, (-1, y.shape[-1]))
        return tf.matmul(x, y, transpose_a=True)

    def total(self, x):
        """Sums a sequence over steps and samples."""
        return tf.reduce_sum(x, (0, 1))

    def multiply(self, x, w):
        """Multiplies a sequence's features by a matrix."""
        return tf.tensordot(x, w, 1)

    def scan(
        self,
        step: Step,
        states: States,
        sequences: States,
        widths: Sequence[int],
        backwards: bool,
    ) -> tuple[States, States]:
        """Runs a step function; XLA wants to know the number of steps beforehand."""
        samples = states[0].shape[0]
        dtype = states[0].dtype
        specs = [tf.TensorSpec((samples, width), dtype) for width in widths]

        def at_place(place, rows: Tensors, states: Tensors):
            new, outputs = step(tuple(states), tuple(rows))
            return list(new), outputs

        last, outputs = loop_over(at_place, sequences, states, specs, backwards)
        return tuple(last), tuple(outputs)


MATH = TensorFlowMath()


class RecurrentLayers(FusedRecurrence):
    """`simple_rnn`, `gru` and `lstm` on lazy tensors of TensorFlow."""

    recorder: Recorder

    def _fused(self, layer: FusedLayer, inputs: LayerInputs):
        loop = CellLoop(MATH, layer.cell, layer.backwards)

        def run(x, U, mask, projection: States, *initial) -> States:
            if inferring():
                return _shaped(x, U, mask, initial)
            return _run(loop, x, U, mask, projection, initial)

        # Functions take attributes: shapes are inferred once for layers that are alike
        run.origin = (RecurrentLayers._fused, layer)  # type: ignore[attr-defined]
        return self.recorder.record(run, inputs.tensors(), label=layer.label)


def _shaped(x, U, mask, initial: States) -> States:
    """Returns tensors of the results' shapes, for sizes that fit one another."""
    samples = x.shape[:1]
    steps = x.shape[1:2]
    if mask is not None:
        samples = samples.merge_with(mask.shape[:1])
        steps = steps.merge_with(mask.shape[1:])
    units = U.shape[:1]
    for state in initial:
        samples = samples.merge_with(state.shape[:1])
        units = units.merge_with(state.shape[1:])
    outputs = tf.compat.v1.placeholder(x.dtype, [*samples, *steps, *units])
    last = tf.compat.v1.placeholder(x.dtype, [*samples, *units])
    return outputs, *([last] * len(initial))


def _run(loop: CellLoop, x, U, mask, projection: States, initial: States) -> States:
    """Returns the outputs and the last states of a loop over `x`."""
    shape = (x.shape[0], U.shape[0])
    initial = tuple(tf.ensure_shape(state, shape) for state in initial)
    is_unmasked = None
    if mask is not None:
        truth = tf.cast(mask, tf.bool)
        is_unmasked = tf.transpose(truth)[..., None]

    by_step = tf.transpose(x, TIME_FIRST)
    arguments = (by_step, U, *projection, *initial)
    copies = [tf.identity(part) for part in arguments]
    x, U, *others = copies
    projection_count = len(projection)
    projection = tuple(others[:projection_count])
    first = tuple(others[projection_count:])
    ends, residuals = loop.forward(
        x, U, is_unmasked, first, projection, derivatives_wanted()
    )

    def derivative(results: Tensors, gradients: Sequence[Tensor]) -> States:
        d_outputs, *last = gradients
        d_last = tuple(last)
        dx, dU, d_initial = loop.backward(U, is_unmasked, residuals, d_outputs, d_last)
        dx, d_projection = loop.unprojected(x, dx, projection)
        return dx, dU, *d_projection, *d_initial

    results = (residuals.output, *ends)
    outputs, *last = with_derivative(results, tuple(copies), derivative)
    if loop.backwards:
        outputs = tf.reverse(outputs, [0])
    return tf.transpose(outputs, TIME_FIRST), *last
