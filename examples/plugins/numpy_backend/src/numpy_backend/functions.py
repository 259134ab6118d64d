"""The functions of `K` on tensors.

`ArrayFunctions` has most of them: it computes with the names that NumPy gave to such
functions. Here stands what it can't know.
"""

import math
from typing import Any

import numpy as np
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions

from numpy_backend.tensors import Namespace, Tensor, tensor

ERROR_FUNCTION = np.vectorize(math.erf, otypes=[float])


class Activations:
    """The functions of networks that NumPy doesn't have, on tensors of floats."""

    def erf(self, x: Any) -> Tensor:
        """Returns the error function."""
        return tensor(ERROR_FUNCTION(x), x.dtype)

    def relu(self, x: Any) -> Tensor:
        """Returns the positive part."""
        return tensor(np.maximum(x, 0), x.dtype)

    def sigmoid(self, x: Any) -> Tensor:
        """Returns `1 / (1 + exp(-x))`, by a function that can't overflow."""
        return tensor((np.tanh(x / 2) + 1) / 2, x.dtype)

    def softplus(self, x: Any) -> Tensor:
        """Returns `log(1 + exp(x))`."""
        return tensor(np.logaddexp(x, 0), x.dtype)

    def softmax(self, x: Any) -> Tensor:
        """Returns a distribution along the last axis."""
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        return tensor(powers / powers.sum(axis=-1, keepdims=True))


class Functions(ArrayFunctions):
    """Functions of `K` on tensors, by their names in the contract."""

    namespace = Namespace()
    activations = Activations()

    # Tensors and their types

    def is_tensor(self, x: Any) -> bool:
        """Returns whether `x` is a tensor of this engine."""
        return isinstance(x, Tensor)

    def dtype_of(self, x: Any) -> Any:
        """Returns a tensor's type."""
        return x.dtype

    def constant(self, array: Any) -> Tensor:
        """Returns an array as a tensor of its type."""
        return tensor(array)

    def as_type(self, x: Any, dtype: Any) -> Tensor:
        """Returns a tensor of another type."""
        return tensor(x, dtype)

    def stacked(self, tensors: Any) -> Tensor:
        """Returns tensors of one type along a new first axis."""
        return tensor(np.stack(tensors))

    def stop_gradient(self, variables: Any) -> Tensor:
        """Returns the tensor: there are no gradients."""
        return self.tensor(variables)

    def print_tensor(self, x: Any, message: str = "") -> Tensor:
        """Prints a tensor's value when it is computed."""
        x = self.tensor(x)
        print(message, np.asarray(x), flush=True)
        return x

    # Shapes

    def shape(self, x: Any) -> Tensor:
        """Returns the sizes of a tensor."""
        return tensor(self.tensor(x).shape, "int64")

    def sizes(self, shape: Any) -> list[Any]:
        """Returns a shape as a list of ints; None stays."""
        return [n if n is None else int(n) for n in shape]

    def reshape(self, x: Any, shape: Any) -> Tensor:
        """Returns the same numbers in another shape."""
        x = self.tensor(x)
        sizes = self.sizes(shape)
        if sizes.count(None) == 1 and -1 not in sizes:
            sizes = [-1 if n is None else n for n in sizes]
        # Several open sizes are those of the same axes of x
        known = [x.shape[i] if n is None else n for i, n in enumerate(sizes)]
        return x.reshape(known)

    def indexed(self, x: Any, index: Any) -> Tensor:
        """Returns `x[index]`."""
        return tensor(x[index])

    # Lookup

    def gather(self, reference: Any, indices: Any) -> Tensor:
        """Returns rows; those of floats that don't exist are NaN."""
        rows = self.tensor(reference)
        places = self.places(indices)
        nearest = np.clip(places, 0, len(rows) - 1)
        found = rows[nearest]
        if rows.dtype.kind != "f":
            return tensor(found)
        exists = np.equal(places, nearest)
        exists = exists.reshape(exists.shape + (1,) * (rows.ndim - 1))
        return tensor(np.where(exists, found, np.nan), rows.dtype)


FUNCTIONS = Functions()
"""They have no state: one object is enough."""
