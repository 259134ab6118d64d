"""PyTorch's tensors and NumPy's arrays, and the names of their types."""

import functools

import numpy as np
from oneiros.typing import Array

from torch_for_oneiros.devices import place
from torch_for_oneiros.torch_import import torch


@functools.cache
def torch_type(dtype):
    """Returns the type of PyTorch's that has a name, or is one of NumPy's."""
    if isinstance(dtype, torch.dtype):
        return dtype
    name = np.dtype(dtype).name
    return getattr(torch, name)


@functools.cache
def numpy_type(dtype) -> np.dtype:
    """Returns the type of NumPy's for one of PyTorch's."""
    _, _, name = str(dtype).rpartition(".")
    return np.dtype(name)


def to_tensor(x, dtype=None):
    """Returns an array or a number as a tensor on the device; it shares no memory.

    A tensor is returned as it is.

    # Arguments
        dtype: NumPy type for an array, None for its own.
    """
    if isinstance(x, torch.Tensor):
        return x
    array = np.array(x, dtype, order="C")
    device = place()
    if device == "meta":
        own_dtype = torch_type(array.dtype)
        return torch.empty(array.shape, dtype=own_dtype, device=device)
    on_host = torch.from_numpy(array)
    return on_host.to(device)


def to_array(x) -> Array:
    """Returns a tensor's values as an array, which shares no memory."""
    on_host = x.detach().cpu()
    return np.array(on_host.numpy())
