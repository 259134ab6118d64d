"""Storage for the values of variables."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros_backend_toolkit.stored_values import LOCK
from oneiros_jax_support.devices import scope
from oneiros_jax_support.runs import on_device
from oneiros_jax_support.storing_calls import move

Array = np.ndarray[Any, Any]


class Storage:
    """A variable's value: a NumPy array until a function needs it, then a JAX array.

    So building a model neither uses a GPU nor allocates its memory.

    # Arguments
        array: the first value; the storage owns it from now on.

    # Properties
        slot: list that holds the array.
    """

    def __init__(self, array: Array) -> None:
        self.slot: list[Any] = [array]

    def get(self) -> Array:
        """Returns a copy of the value."""
        with LOCK:
            return np.array(self.slot[0])

    def set(self, array: Array) -> None:
        """Stores an array, which is the storage's from now on."""
        with LOCK:
            if isinstance(self.slot[0], np.ndarray):
                self.slot[0] = array
                return
            with scope("jax")():
                self.slot[0] = on_device(array)

    def move(self) -> None:
        """Moves the value to the device, if it isn't there yet."""
        with LOCK, scope("jax")():
            move(self.slot)
