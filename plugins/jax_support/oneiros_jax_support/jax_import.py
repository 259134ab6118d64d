"""Imports JAX in one piece, and restores the state of NumPy's global generator.

JAX's import draws from that generator. If Ctrl-C interrupted the import, this process
couldn't use JAX any more.

Every module that computes with JAX imports `jax` and `jnp` from here, so a seed gives
the same numbers whether it is set before or after JAX is imported.

A CPU computes in the calling thread, because Oneiros waits for each result anyway. With
another thread, `predict` of a row takes twice as much processor time (case d of
`benchmarks/compare.py`; `benchmarks/mechanisms.py jax_import`).
JAX_CPU_ENABLE_ASYNC_DISPATCH=1 in the environment keeps JAX's default.
"""

import os

import numpy as np
from oneiros_backend_toolkit.imports import engine_import
from oneiros_backend_toolkit.interrupts import deferred_interrupts

_state = np.random.get_state()
with deferred_interrupts(), engine_import():
    import jax
    import jax.numpy as jnp

    if "JAX_CPU_ENABLE_ASYNC_DISPATCH" not in os.environ:
        jax.config.update("jax_cpu_enable_async_dispatch", False)
np.random.set_state(_state)

Tensor = jax.Array
"""An array of JAX, or what stands for one while a function is traced."""

__all__ = ["Tensor", "jax", "jnp"]
