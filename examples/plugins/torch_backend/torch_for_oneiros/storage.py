"""Storage for the values of variables."""

from typing import Any

from oneiros.backend.contract import LOCK
from oneiros.typing import Array

from torch_for_oneiros.devices import place
from torch_for_oneiros.tensors import to_array
from torch_for_oneiros.torch_import import torch


class Storage:
    """A variable's value: a NumPy array until a function needs it, then a tensor.

    So building a model neither uses a GPU nor allocates its memory. Nothing changes a
    stored tensor: a new value takes its place.

    # Arguments
        array: the first value; the storage owns it from now on.
    """

    def __init__(self, array: Array):
        self._value: Any = array

    def tensor(self):
        """Returns the value on the device."""
        with LOCK:
            if not isinstance(self._value, torch.Tensor):
                on_host = torch.from_numpy(self._value)
                self._value = on_host.to(place())
            return self._value

    def replace(self, tensor) -> None:
        """Stores a tensor."""
        self._value = tensor

    def get(self) -> Array:
        """Returns a copy of the value."""
        with LOCK:
            value = self._value
        if isinstance(value, torch.Tensor):
            return to_array(value)
        return value.copy()

    def set(self, array: Array) -> None:
        """Stores an array, which is the storage's from now on."""
        with LOCK:
            self._value = array
