"""Whole recurrent layers as one operation on lazy tensors."""

from oneiros_backend_toolkit.fused_recurrence import FusedLayer
from oneiros_backend_toolkit.lazy_graph.recurrence import RecordedRecurrence
from oneiros_jax_support.jax_import import jnp
from oneiros_jax_support.recurrence import run


class RecurrentLayers(RecordedRecurrence):
    """`simple_rnn`, `gru` and `lstm` on lazy tensors of JAX."""

    def _run(self, layer: FusedLayer, x, U, mask, projection, *initial):
        is_unmasked = None
        if mask is not None:
            is_unmasked = jnp.asarray(mask) != 0
        return run(layer, x, U, is_unmasked, projection, *initial)
