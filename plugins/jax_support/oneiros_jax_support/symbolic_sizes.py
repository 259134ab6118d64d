"""Sizes that are symbols while `jax.export` traces a function, such as `batch`.

NumPy computes with arrays of them as with arrays of integers.
"""

import numpy as np

from oneiros_jax_support.jax_import import jax, jnp


def is_symbolic(size) -> bool:
    """Returns whether a size is a symbol, or computed from symbols."""
    if isinstance(size, jax.Array):
        return False
    return hasattr(size, "dimension_as_value")


def has_symbolic_size(x) -> bool:
    """Returns whether a tensor has a size that is a symbol."""
    return any(map(is_symbolic, x.shape))


def holds_symbolic_sizes(x) -> bool:
    """Returns whether an array has symbols among its items."""
    if not isinstance(x, np.ndarray):
        return False
    if x.dtype.kind != "O":
        return False
    return any(map(is_symbolic, x.flat))


def computed_sizes(x):
    """Returns an array of sizes as a tensor, which is computed when the function runs;
    anything else as it is."""
    if not holds_symbolic_sizes(x):
        return x
    sizes = list(map(jnp.asarray, x.flat))
    vector = jnp.stack(sizes)
    return vector.reshape(x.shape)
