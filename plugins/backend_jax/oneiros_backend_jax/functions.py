"""The functions of `K` on JAX's own tensors.

Values that are known while a function is traced, such as sizes, stay NumPy arrays: JAX
would make them unknown, and unknown values can't become a shape.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.lazy_graph.trial_functions import TrialFunctions
from oneiros_backend_toolkit.types import DISCRETE
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.products import product
from oneiros_jax_support.symbolic_sizes import (
    computed_sizes,
    has_symbolic_size,
    holds_symbolic_sizes,
    is_symbolic,
)

CONCRETE = (np.ndarray, np.generic, bool, int, float)


def is_known(x) -> bool:
    """Returns whether `x` is known while a function is traced.

    Integers, booleans, arrays of them, and sizes are known.
    """
    if is_symbolic(x) or holds_symbolic_sizes(x):
        return True
    if not isinstance(x, CONCRETE):
        return False
    array = np.asarray(x)
    return array.dtype.kind in DISCRETE


def concrete(n):
    """Returns a number or array that must be known while a function is traced."""
    if isinstance(n, jax.Array):
        raise ArgumentError(
            "A shape depends on the values of a tensor, which JAX can't compile. "
            "Derive it from other shapes."
        )
    if not isinstance(n, CONCRETE) and not is_symbolic(n):
        raise TypeError(f"{n!r:.60} isn't a number")
    array = np.asarray(n)
    return array[()]


def _size(n):
    """Returns a size as an int or a symbol."""
    size = concrete(n)
    return size if is_symbolic(size) else int(size)


class JaxFunctions(TrialFunctions):
    """Functions of JAX's tensors, by their names in the contract."""

    namespace = jnp
    activations = SimpleNamespace(
        erf=jax.scipy.special.erf,
        relu=jax.nn.relu,
        sigmoid=jax.nn.sigmoid,
        softmax=jax.nn.softmax,
        softplus=jax.nn.softplus,
    )

    own = staticmethod(jnp.asarray)
    known = staticmethod(concrete)
    is_known = staticmethod(is_known)

    # Types

    def is_tensor(self, x) -> bool:
        return isinstance(x, jax.Array)

    def dtype_of(self, x):
        return np.dtype(x.dtype)

    def as_type(self, x, dtype):
        dtype = np.dtype(dtype)
        x = computed_sizes(x)
        if dtype.kind in DISCRETE:
            return x.astype(dtype)
        return jnp.asarray(x, dtype)

    def tensor(self, x):
        if self.holds_tensor(x):
            return super().tensor(x)
        array = np.asarray(x)
        if holds_symbolic_sizes(array):
            return array
        return super().tensor(x)

    def floats(self, x):
        tensor = self.tensor(x)
        numbers = computed_sizes(tensor)
        return super().floats(numbers)

    def paired(self, *values, arithmetic: bool = True):
        operands = []
        for x in values:
            if not self.holds_tensor(x):
                x = np.asarray(x)
            operands.append(x)
        if any(map(holds_symbolic_sizes, operands)):
            if all(map(is_known, operands)):
                return operands
            operands = list(map(computed_sizes, operands))
        return super().paired(*operands, arithmetic=arithmetic)

    # Shapes

    def sizes(self, shape) -> list[Any]:
        """Returns a shape as a list of ints or symbols, with None for open sizes."""
        if isinstance(shape, jax.Array):
            concrete(shape)
        return [n if n is None else _size(n) for n in shape]

    def shape(self, x):
        x = self.tensor(x)
        is_open = has_symbolic_size(x)
        dtype = object if is_open else np.int64
        return np.array(x.shape, dtype)

    # Values

    def stop_gradient(self, variables):
        x = self.tensor(variables)
        return jax.lax.stop_gradient(x)

    def print_tensor(self, x, message: str = ""):
        def show(value) -> None:
            array = np.asarray(value)
            print(message, array, flush=True)

        x = self.tensor(x)
        jax.debug.callback(show, x)
        return x

    def indexed(self, x, index):
        # JAX takes a list of places in a tuple alone
        parts = index if isinstance(index, tuple) else (index,)
        has_tensors = any(map(self.is_tensor, parts))
        if has_tensors or not isinstance(x, np.ndarray):
            x = jnp.asarray(x)
        return x[parts]

    def abs(self, x):
        x = self.countable(x)
        if is_known(x):
            return np.abs(x)
        is_negative = x < 0
        is_zero = x == 0
        positive = jnp.where(is_zero, 0, x)
        return jnp.where(is_negative, -x, positive)

    def pow(self, x, a):
        if is_known(x) or not is_int(a):
            return super().pow(x, a)
        x = self.countable(x)
        exponent = int(a)
        return jax.lax.integer_pow(x, exponent)

    # Linear algebra and lookup

    product = staticmethod(product)

    def product_by_sample(self, x, x_axis: int, y, y_axis: int):
        summed = ((x_axis,), (y_axis,))
        samples = ((0,), (0,))
        return jax.lax.dot_general(x, y, (summed, samples))

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        if self.space(reference, indices) is np:
            return np.take(reference, indices, 0)
        size = reference.shape[0]
        if not jnp.issubdtype(reference.dtype, jnp.inexact):
            last = size - 1
            existing = jnp.clip(indices, 0, last)
            return jnp.take(reference, existing, 0, mode="clip")
        # Negative indices are out of range too, where there are no rows but NaN
        is_negative = indices < 0
        from_start = jnp.where(is_negative, size, indices)
        return jnp.take(reference, from_start, 0, mode="fill")


FUNCTIONS = JaxFunctions()
"""They have no state: one object is enough."""
