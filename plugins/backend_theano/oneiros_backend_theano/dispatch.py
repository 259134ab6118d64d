"""PyTensor's own dispatch of Ops to JAX.

`overrides`, `indexing` and `scan` have what it lacks, or does otherwise than users of
Keras 1 need. Importing it takes 0.2 seconds of processor time.
"""

import sys
from types import ModuleType

import numpy as np
from oneiros.errors import OneirosError
from oneiros_backend_toolkit.interrupts import deferred_interrupts
from oneiros_jax_support.jax_import import jax
from pytensor.graph.basic import Apply

from oneiros_backend_theano.limits import LinkerError

SPARSE = "pytensor.link.jax.dispatch.sparse"
"""The part of the dispatch for sparse matrices, which the backend leaves to PyTensor.
It imports SciPy's solvers, which takes 0.05 seconds."""


def _import_dispatch():
    """Imports PyTensor's dispatch but for sparse matrices, and restores the setting of
    the process that it changes."""
    flag = jax.enable_x64.get_global()
    stub = ModuleType(SPARSE)
    found = sys.modules.setdefault(SPARSE, stub)
    with deferred_interrupts():
        from pytensor.link.jax.dispatch import jax_funcify

        jax.config.update("jax_enable_x64", flag)
    if found is stub:
        del sys.modules[SPARSE]  # so that others can import it
    return jax_funcify


jax_funcify = _import_dispatch()


def dispatched(node: Apply, *values):
    """Computes a node with PyTensor's JAX function."""
    function = jax_funcify(node.op, node=node)
    return function(*map(_plain, values))


def dispatched_if_possible(node: Apply, *values):
    """Computes a node with PyTensor's JAX function.

    # Raises
        LinkerError: if there is none, or it fails otherwise than on wrong data. JAX
            raises a plain TypeError for a size that it doesn't know.
    """
    no_version = jax_funcify.dispatch(object)
    if jax_funcify.dispatch(type(node.op)) is no_version:
        raise LinkerError(
            f"The JAX linker can't compile {node.op}: it has no version of it."
        )
    try:
        return dispatched(node, *values)
    except (OneirosError, ValueError, IndexError):
        raise
    except Exception as error:
        raise limit(node, error) from error


def limit(node: Apply, error: Exception) -> LinkerError:
    """Returns the error that says why JAX can't compile a node."""
    first_line = str(error).partition("\n")[0]
    reason = first_line or type(error).__name__
    return LinkerError(f"The JAX linker can't compile {node.op}: {reason.rstrip('.')}.")


def _plain(value):
    """Known scalars are passed as Python numbers, which is what these functions take as
    axes and sizes."""
    is_known = isinstance(value, (np.ndarray, np.generic))
    if is_known and value.ndim == 0:
        return value.item()
    return value
