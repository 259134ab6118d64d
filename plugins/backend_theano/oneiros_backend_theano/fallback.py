"""PyTensor's own dispatch to JAX, for Ops that `conversions` doesn't know.

The module is imported when first needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from oneiros.errors import OneirosError
from oneiros_jax_support.jax_import import jax

from oneiros_backend_theano.limits import LinkerError


def _import_dispatch() -> Any:
    """Imports PyTensor's dispatch, and restores the settings of the process that it
    changes."""
    flag = jax.enable_x64.get_global()
    from pytensor.link.jax.dispatch import jax_funcify

    jax.config.update("jax_enable_x64", flag)
    return jax_funcify


jax_funcify = _import_dispatch()


def dispatched(node: Any) -> Any:
    """Returns PyTensor's JAX function for a node, as a conversion.

    # Raises
        LinkerError: if it has none. So does the conversion where that function fails:
            what is wrong with the data, PyTensor's own computation tells.
    """
    if jax_funcify.dispatch(type(node.op)) is jax_funcify.dispatch(object):
        raise LinkerError(
            f"The JAX linker can't compile {node.op}: it has no version of it."
        )
    with _limits(node):
        function = jax_funcify(node.op, node=node)

    def convert(xp: Any, *inputs: Any) -> Any:
        with _limits(node):
            return function(*map(_plain, inputs))

    return convert


@contextmanager
def _limits(node: Any) -> Iterator[None]:
    """Block in which all that fails is a limit of the linker."""
    try:
        yield
    except OneirosError:
        raise
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise LinkerError(
            f"The JAX linker can't compile {node.op}: {reason.rstrip('.')}."
        ) from error


def _plain(value: Any) -> Any:
    """Known scalars are passed as Python numbers, which is what these functions take as
    axes and sizes."""
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return value.item()
    return value
