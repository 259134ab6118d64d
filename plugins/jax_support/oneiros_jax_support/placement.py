"""What functions on JAX know of a distribution: on which devices they compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np
from oneiros.typing import Array

from oneiros_jax_support.jax_import import jax

if TYPE_CHECKING:
    from oneiros_jax_support.mesh import MeshPlacement


_placement: ContextVar[MeshPlacement | None] = ContextVar(
    "oneiros_jax_placement", default=None
)


def current_placement() -> MeshPlacement | None:
    """Returns the placement for which a function is traced in this context."""
    return _placement.get()


@contextmanager
def traced_for(placement: MeshPlacement) -> Iterator[None]:
    """Context manager in which functions are traced for a placement."""
    token = _placement.set(placement)
    try:
        yield
    finally:
        _placement.reset(token)


_together: Callable[[], AbstractContextManager[None]] = nullcontext


def gather_in(context: Callable[[], AbstractContextManager[None]]) -> None:
    """Sets the context manager in which processes give each other their parts of a
    variable."""
    global _together
    _together = context


def fetched(value) -> Array:
    """Returns the value of a variable as a copy in NumPy, from whichever devices."""
    is_elsewhere = isinstance(value, jax.Array) and not value.is_fully_addressable
    if is_elsewhere and not value.is_fully_replicated:
        mesh = value.sharding.mesh
        nowhere_split = jax.sharding.PartitionSpec()
        everywhere = jax.sharding.NamedSharding(mesh, nowhere_split)
        with _together():
            whole = jax.device_put(value, everywhere)
            return np.array(whole)
    return np.array(value)
