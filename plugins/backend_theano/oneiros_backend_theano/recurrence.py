"""Whole recurrent layers as Ops; JAX computes them and their gradients."""

import pytensor.tensor as pt
from oneiros_backend_toolkit.fused_recurrence import (
    FusedLayer,
    FusedRecurrence,
    LayerInputs,
)
from pytensor.tensor.type import TensorType

from oneiros_backend_theano.jax_op import JaxOp


class Fused(FusedRecurrence):
    """`simple_rnn`, `gru` and `lstm` on PyTensor variables."""

    def _fused(self, layer: FusedLayer, inputs: LayerInputs):
        masks = []
        if inputs.mask is not None:
            is_unmasked = pt.neq(inputs.mask, 0)
            masks.append(is_unmasked)
        projection = inputs.projection
        op = _op(layer, bool(masks), len(projection))
        weights = (*projection, inputs.U, *inputs.initial_states)
        return op(inputs.x, *masks, *weights, return_list=True)


def _op(layer: FusedLayer, has_mask: bool, projection_count: int) -> JaxOp:
    """Returns an Op whose inputs are the input, the mask if there is one, the
    projection's weights, the recurrent weights and the first states."""
    state_count = layer.cell.states

    def compute(x, *others):
        from oneiros_jax_support.recurrence import run

        remaining = list(others)
        mask = remaining.pop(0) if has_mask else None
        projection = remaining[:projection_count]
        U, *initial = remaining[projection_count:]
        return run(layer, x, U, mask, tuple(projection), *initial)

    def types(variables):
        x = variables[0]
        U = variables[-state_count - 1]
        samples, steps = x.type.shape[:2]
        units = U.type.shape[0]
        outputs_shape = (samples, steps, units)
        state_shape = (samples, units)
        outputs = TensorType(x.dtype, shape=outputs_shape)
        state = TensorType(x.dtype, shape=state_shape)
        states = [state] * state_count
        return [outputs, *states]

    return JaxOp(layer.label, compute, types)
