"""JAX, imported without a trace in NumPy's global generator, from which its import draws, and in one go: what
Ctrl-C leaves of a half imported JAX can't be used in this process.

Every module that computes with JAX takes `jax` from here, so that a seed set before the first function
decides what one set later does.
"""

import numpy as np
from oneiros_backend_common.interrupts import deferred_interrupts

_state = np.random.get_state()
with deferred_interrupts():
    import jax
np.random.set_state(_state)

__all__ = ["jax"]
