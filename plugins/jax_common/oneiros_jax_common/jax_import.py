"""JAX, imported without a trace in NumPy's global generator, from which its import draws.

Every module that computes with JAX takes `jax` from here, so that a seed set before the first function
decides what one set later does.
"""

import numpy as np

_state = np.random.get_state()
import jax  # noqa: E402

np.random.set_state(_state)

__all__ = ["jax"]
