"""The recurrent loops of `oneiros_backend_toolkit.recurrent_cells` on JAX."""

from collections.abc import Sequence

import numpy as np
from oneiros_backend_toolkit.fused_recurrence import FusedLayer
from oneiros_backend_toolkit.recurrent_cells import CellLoop, States, Step

from oneiros_jax_support.jax_import import jax, jnp


class JaxMath:
    """See `oneiros_backend_toolkit.recurrent_cells`."""

    projects_early = True
    tanh = staticmethod(jnp.tanh)
    sigmoid = staticmethod(jax.nn.sigmoid)
    join = staticmethod(jnp.concatenate)
    transpose = staticmethod(jnp.transpose)

    def clip(self, x):
        """Bounds by 0 and 1."""
        return jnp.clip(x, 0, 1)

    def where(self, condition, x):
        """Returns `x` where the condition holds, else 0."""
        return jnp.where(condition, x, 0)

    def choose(self, condition, x, y):
        """Returns `x` where the condition holds, else `y`."""
        return jnp.where(condition, x, y)

    def split(self, x, sizes: Sequence[int]):
        """Cuts the last axis into parts of these sizes."""
        *inner_ends, _ = np.cumsum(sizes)
        return jnp.split(x, inner_ends, -1)

    def outer(self, x, y):
        """Sums the products of two sequences' features over steps and samples.

        If these were one axis, devices that have some of the samples each would send
        each other the sequences.
        """
        summed = ((0, 1), (0, 1))
        kept = ((), ())
        axes = (summed, kept)
        return jax.lax.dot_general(x, y, axes)

    def total(self, x):
        """Sums a sequence over steps and samples."""
        return x.sum((0, 1))

    def multiply(self, x, w):
        """Multiplies a sequence's features by a matrix."""
        return x @ w

    def scan(
        self,
        step: Step,
        states: States,
        sequences: States,
        widths: Sequence[int],
        backwards: bool,
    ):
        """Runs a step function."""
        return jax.lax.scan(step, states, sequences, reverse=backwards)


MATH = JaxMath()


def run(layer: FusedLayer, x, U, mask, projection, *initial):
    """Returns the outputs, in the order of processing, and the last states.

    # Arguments
        layer: the FusedLayer.
        x: (samples, steps, features), the projected input, or with `projection` the
            input itself.
        U: the recurrent weights.
        mask: booleans (samples, steps), or None.
        projection: the input's weights and the bias, or nothing.
    """
    if mask is not None:
        mask_by_step = jnp.swapaxes(mask, 0, 1)
        mask = mask_by_step[..., None]
    by_step = jnp.swapaxes(x, 0, 1)
    loop = CellLoop(MATH, layer.cell, layer.backwards)
    recurrence = _recurrence(loop)
    outputs, *last = recurrence(by_step, U, mask, initial, projection)
    if layer.backwards:
        outputs = outputs[::-1]
    by_sample = jnp.swapaxes(outputs, 0, 1)
    return by_sample, *last


def _recurrence(loop: CellLoop):
    @jax.custom_vjp
    def recurrence(x, U, mask, initial, projection):
        arguments = (x, U, mask, initial, projection)
        last, residuals = loop.forward(*arguments, differentiated=False)
        outputs = residuals.output
        return outputs, *last

    def forward(x, U, mask, initial, projection):
        last, residuals = loop.forward(x, U, mask, initial, projection)
        outputs = residuals.output
        results = (outputs, *last)
        saved = (x, U, mask, projection, residuals)
        return results, saved

    def backward(saved, gradients):
        x, U, mask, projection, residuals = saved
        d_outputs = gradients[0]
        d_last = gradients[1:]
        dx, dU, d_initial = loop.backward(U, mask, residuals, d_outputs, d_last)
        dx, d_projection = loop.unprojected(x, dx, projection)
        return dx, dU, None, d_initial, d_projection

    recurrence.defvjp(forward, backward)
    return recurrence
