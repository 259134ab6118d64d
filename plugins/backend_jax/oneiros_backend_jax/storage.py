"""Storage for the values of variables."""

from typing import Any

import numpy as np
from oneiros_backend_toolkit.stored_values import LOCK

Array = np.ndarray


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
            self.slot[0] = array
