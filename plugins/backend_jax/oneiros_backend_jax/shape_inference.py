"""Infers shapes with open sizes, by two traces of JAX."""

from functools import partial

import numpy as np
from oneiros_backend_toolkit.lazy_graph.trial_sizes import Trials
from oneiros_backend_toolkit.lazy_graph.trial_sizes import infer as infer_by_trials
from oneiros_jax_support.devices import scope
from oneiros_jax_support.jax_import import jax, jnp

ERRORS = (ValueError, TypeError, IndexError)
"""Errors that JAX raises for tensors that don't fit."""


class JaxTrials(Trials):
    """See `oneiros_backend_toolkit.lazy_graph.trial_sizes.Trials`.

    The sizes are divisible by all numbers up to 16.
    """

    sizes = (720720, 1441440)
    errors = ERRORS
    argument = staticmethod(jax.ShapeDtypeStruct)
    zeros = staticmethod(jnp.zeros)

    def dtype_name(self, x) -> str:
        """Numbers get the type that JAX gives them."""
        if not hasattr(x, "dtype"):
            x = jnp.asarray(x)
        dtype = np.dtype(x.dtype)
        return str(dtype.name)

    def trace(self, run, rows) -> None:
        """Has JAX trace, without computing: no device is used before a distribution
        has found all of them."""
        computing = scope("jax")
        with computing(), jax.default_device("cpu"):
            jax.eval_shape(run, rows)


infer = partial(infer_by_trials, JaxTrials())
