"""The cores of a processor as devices of JAX, for recurrent networks.

XLA computes a loop over the steps of a sequence on one core. Here, each core has some
of the samples: without this, `fit` of an LSTM (case c of `benchmarks/compare.py`) takes
1.5 times as long on two cores (`benchmarks/mechanisms.py cores`).
"""

import functools
from collections.abc import Collection
from typing import Any

import numpy as np

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.mesh import MeshPlacement
from oneiros_jax_support.storing import StoringCall
from oneiros_jax_support.traced_graphs import multiplications_in_loops

ROWS = 8
"""The fewest samples that a core gets."""
MULTIPLICATIONS = 40_000_000
"""So many in the loops of a step take longer than the cores' waiting for each other: an
LSTM with 128 units has 84 million in 80 steps of 16 samples, without the gradient."""


class Cores(MeshPlacement):
    """Each core has some rows of a batch."""

    def batch(self, array, index=None):
        """Returns rows of an array, also of one on the first core."""
        if isinstance(array, jax.Array):
            array = np.asarray(array)
        return super().batch(array, index)


def cores_for(call: StoringCall, rows: Collection[int]) -> Cores | None:
    """Returns the cores that compute a call faster than a single one does; None if
    there are none.

    # Arguments
        call: the call, which isn't compiled yet.
        rows: how many rows each array in a batch has.
    """
    if len(set(rows)) != 1 or call.convolves:
        return None
    (batch, *_) = rows
    with call.scope():
        devices = _devices()
    count = min(batch // ROWS, len(devices))
    if count < 2 or multiplications_in_loops(call.graph()) < MULTIPLICATIONS:
        return None
    return _sharing(devices[:count])


def _devices() -> tuple[Any, ...]:
    """Returns the cores, if the first one computes in this context."""
    if platform() != "cpu":
        return ()
    devices = tuple(jax.local_devices(backend="cpu"))
    chosen = jax.config.jax_default_device
    return devices if chosen in (None, devices[0]) else ()


_sharing = functools.cache(Cores)
