"""Whole recurrent layers as one operation on lazy tensors."""

from oneiros_backend_toolkit.fused_recurrence import (
    FusedLayer,
    FusedRecurrence,
    LayerInputs,
)
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.trial_sizes import common_size, inferring
from oneiros_jax_support.jax_import import jnp
from oneiros_jax_support.recurrence import run


class RecurrentLayers(FusedRecurrence):
    """`simple_rnn`, `gru` and `lstm` on lazy tensors of JAX."""

    recorder: Recorder

    def _fused(self, layer: FusedLayer, inputs: LayerInputs):
        def compute(x, U, mask, projection, *initial):
            if inferring():
                return _shaped(x, U, mask, initial)
            is_unmasked = None
            if mask is not None:
                numbers = jnp.asarray(mask)
                is_unmasked = numbers != 0
            return run(layer, x, U, is_unmasked, projection, *initial)

        tensors = inputs.tensors()
        label = layer.label
        return self.recorder.record(compute, tensors, label=label)


def _shaped(x, U, mask, initial):
    """Returns tensors of the results' shapes, for sizes that agree."""
    sequences = [x]
    if mask is not None:
        sequences.append(mask)
    parts = [*sequences, *initial]
    unit_counts = [state.shape[1] for state in initial]
    sample_counts = [part.shape[0] for part in parts]
    step_counts = [part.shape[1] for part in sequences]
    samples = common_size(sample_counts)
    steps = common_size(step_counts)
    units = common_size([len(U), *unit_counts])
    outputs_shape = (samples, steps, units)
    state_shape = (samples, units)
    outputs = jnp.zeros(outputs_shape, x.dtype)
    state = jnp.zeros(state_shape, x.dtype)
    states = [state] * len(initial)
    return outputs, *states
