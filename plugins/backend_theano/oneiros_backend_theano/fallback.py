"""PyTensor's own dispatch to JAX, for Ops that `conversions` doesn't know.

The module is imported when first needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros_jax_support.jax_import import jax

from oneiros_backend_theano.limits import LinkerError


def _import_dispatch() -> Any:
    """Imports PyTensor's dispatch, and undoes what that sets for the whole process."""
    flag = jax.enable_x64.get_global()
    from pytensor.link.jax.dispatch import jax_funcify

    jax.config.update("jax_enable_x64", flag)
    return jax_funcify


jax_funcify = _import_dispatch()


def dispatched(node: Any) -> Any:
    """Returns PyTensor's JAX function for a node, as a conversion.

    # Raises
        LinkerError: if it has none.
    """
    try:
        function = jax_funcify(node.op, node=node)
    except NotImplementedError as error:
        problem = f"The JAX linker can't compile {node.op}: {error}"
        raise LinkerError(problem) from error
    return lambda xp, *inputs: function(*map(_plain, inputs))


def _plain(value: Any) -> Any:
    """Known scalars are passed as Python numbers, which is what these functions take as
    axes and sizes."""
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return value.item()
    return value
