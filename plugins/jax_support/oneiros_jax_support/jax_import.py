"""JAX, imported without a trace in NumPy's global generator, from which its import
draws, and in one go: what Ctrl-C leaves of a half imported JAX can't be used in this
process.

Every module that computes with JAX takes `jax` from here, so that a seed set before the
first function decides what one set later does.

A CPU computes in the thread that asks for it: Oneiros waits for each result anyway.
With another thread for it, `predict` of a row takes twice as much of the processor
(case d of `benchmarks/compare.py`; `benchmarks/mechanisms.py jax_import`).
JAX_CPU_ENABLE_ASYNC_DISPATCH=1 in the environment keeps JAX's own way.
"""

import os

import numpy as np
from oneiros_backend_toolkit.interrupts import deferred_interrupts

_state = np.random.get_state()
with deferred_interrupts():
    import jax

    if "JAX_CPU_ENABLE_ASYNC_DISPATCH" not in os.environ:
        jax.config.update("jax_cpu_enable_async_dispatch", False)
np.random.set_state(_state)

__all__ = ["jax"]
