"""Whole recurrent layers as one operation on lazy tensors, for engines whose shapes
`trial_sizes` infers."""

from oneiros_backend_toolkit.fused_recurrence import (
    FusedLayer,
    FusedRecurrence,
    LayerInputs,
)
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.trial_sizes import common_size, inferring, zeros
from oneiros_backend_toolkit.recurrent_cells import States


class RecordedRecurrence(FusedRecurrence):
    """`simple_rnn`, `gru` and `lstm`, built on one method of an engine."""

    recorder: Recorder

    def _run(self, layer: FusedLayer, x, U, mask, projection, *initial):
        """Returns the outputs in the order of processing, and the last states, of an
        engine's own tensors."""
        raise NotImplementedError

    def _fused(self, layer: FusedLayer, inputs: LayerInputs):
        def compute(x, U, mask, projection, *initial):
            if inferring():
                return _shaped(x, U, mask, initial)
            return self._run(layer, x, U, mask, projection, *initial)

        # Shapes are inferred once for layers that are alike
        origin = (RecordedRecurrence._fused, layer)
        compute.origin = origin  # type: ignore[attr-defined]  # as in `pinned`
        tensors = inputs.tensors()
        return self.recorder.record(compute, tensors, label=layer.label)


def _shaped(x, U, mask, initial: States):
    """Returns tensors of the results' shapes, for sizes that agree."""
    sequences = [x]
    if mask is not None:
        sequences.append(mask)
    parts = [*sequences, *initial]
    sample_counts = [part.shape[0] for part in parts]
    step_counts = [part.shape[1] for part in sequences]
    unit_counts = [state.shape[1] for state in initial]
    samples = common_size(sample_counts)
    steps = common_size(step_counts)
    units = common_size([len(U), *unit_counts])
    outputs_shape = (samples, steps, units)
    state_shape = (samples, units)
    outputs = zeros(outputs_shape, x.dtype)
    state = zeros(state_shape, x.dtype)
    states = [state] * len(initial)
    return outputs, *states
