"""The functions of `K` on PyTorch's own tensors.

Integers that are known before anything is computed, such as sizes, stay NumPy arrays: a
meta tensor has no values, and while shapes are inferred a shape needs some.
"""

import math

import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.lazy_graph.trial_functions import TrialFunctions
from oneiros_backend_toolkit.lazy_graph.trial_sizes import inferring

from torch_for_oneiros.indexing import indexed
from torch_for_oneiros.namespace import Activations, Namespace
from torch_for_oneiros.tensors import numpy_type, to_array, to_tensor, torch_type
from torch_for_oneiros.torch_import import torch


class TorchFunctions(TrialFunctions):
    """Functions of PyTorch's tensors, by their names in the contract."""

    namespace = Namespace()
    activations = Activations()

    def known(self, n):
        if not isinstance(n, torch.Tensor):
            return n
        if inferring():
            raise ArgumentError(
                "A shape depends on the values of a tensor, which aren't known yet. "
                "Derive it from other shapes."
            )
        return to_array(n)

    own = staticmethod(to_tensor)

    # Types

    def is_tensor(self, x) -> bool:
        return isinstance(x, torch.Tensor)

    def dtype_of(self, x):
        if isinstance(x, torch.Tensor):
            return numpy_type(x.dtype)
        return x.dtype

    def as_type(self, x, dtype):
        if isinstance(x, torch.Tensor):
            return x.to(torch_type(dtype))
        array = x.astype(dtype)
        return self.constant(array)

    # Shapes

    def shape(self, x):
        x = self.tensor(x)
        return np.array(x.shape, np.int64)

    # Values

    def stop_gradient(self, variables):
        x = self.tensor(variables)
        tensor = to_tensor(x)
        return tensor.detach()

    def print_tensor(self, x, message: str = ""):
        x = self.tensor(x)
        if not inferring():
            tensor = to_tensor(x)
            array = to_array(tensor)
            print(message, array, flush=True)
        return x

    indexed = staticmethod(indexed)

    # Element by element

    def abs(self, x):
        x = self.countable(x)
        if self.is_known(x):
            return np.abs(x)
        if self.dtype_of(x).kind == "u":
            return x
        return torch.abs(x)

    def pow(self, x, a):
        if is_int(a) and self.is_tensor(x):
            x = self.countable(x)
            return torch.pow(x, int(a))
        return super().pow(x, a)

    # Linear algebra and lookup

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        if self.space(reference, indices) is np:
            return np.take(reference, indices, 0)
        reference = to_tensor(reference)
        indices = to_tensor(indices)
        last = len(reference) - 1
        existing = indices.clamp(0, last)
        places = existing.reshape(-1)
        rows = torch.index_select(reference, 0, places)
        row_shape = reference.shape[1:]
        rows = rows.reshape(*indices.shape, *row_shape)
        if not rows.is_floating_point():
            return rows
        # Where there are no rows there is NaN, on a GPU too
        is_row = existing == indices
        ones = [1] * len(row_shape)
        is_row = is_row.reshape(*indices.shape, *ones)
        return torch.where(is_row, rows, math.nan)


FUNCTIONS = TorchFunctions()
"""They have no state: one object is enough."""
