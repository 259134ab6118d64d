"""Random draws as functions of (seed, counter): the same numbers under every linker, new ones at each call.

A draw holds a seed, fixed when it is built, and reads a counter that `K.function` advances. An element's bits
are its index, passed twice through a 32-bit avalanche hash that is keyed by seed and counter: a third of the
time of JAX's Threefry on a CPU, where random bits are a large part of a small network's step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

STREAM = pytensor.shared(np.uint32(0), name="oneiros_stream")
"""Counter of draws without a given seed: starts where NumPy's generator says."""
STEP = pytensor.shared(np.uint32(0), name="oneiros_step")
"""Counter of draws with a given seed: starts at 0."""

_U = np.uint32


def _mixed(x: Any) -> Any:
    """Avalanche hash of 32 bits (constants: C. Wellons' search for low bias)."""
    x = (x ^ (x >> _U(16))) * _U(0x7FEB352D)
    x = (x ^ (x >> _U(15))) * _U(0x846CA68B)
    return x ^ (x >> _U(16))


def _bits(xp: Any, seed: int, counter: Any, size: int) -> Any:
    key = _mixed(xp.asarray(counter, np.uint32).reshape(1) + _mixed(np.array([seed], np.uint32)))
    return _mixed(_mixed(xp.arange(size, dtype=np.uint32) ^ key) + _mixed(key ^ _U(0x9E3779B9)))


def uniform(xp: Any, seed: int, counter: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """Draws from the open interval (0, 1), with 24 random bits, or 53 for float64."""
    size = int(np.prod(shape, dtype=np.int64))
    if dtype != "float64":
        bits = (_bits(xp, seed, counter, size) >> _U(8)).astype(np.float32)
        return ((bits + np.float32(0.5)) * np.float32(2.0**-24)).astype(dtype).reshape(shape)
    high, low = xp.split(_bits(xp, seed, counter, 2 * size), 2)
    bits = (high >> _U(5)).astype(np.float64) * 2.0**26 + (low >> _U(6)).astype(np.float64)
    return ((bits + 0.5) * 2.0**-53).reshape(shape)


class Draw(Op):  # type: ignore[misc]
    """Standard uniform or normal numbers.

    # Arguments
        kind: `"uniform"` or `"normal"`.
        dtype: a float type.
        seed: int.
        static: tuple of ints and None, the sizes as far as they are known.

    # Inputs
        The counter, a scalar of type uint32, and the shape, a vector of integers.
    """

    __props__ = ("kind", "dtype", "seed", "static")

    def __init__(self, kind: str, dtype: str, seed: int, static: tuple[int | None, ...]) -> None:
        self.kind, self.dtype, self.seed, self.static = kind, dtype, seed, static

    def make_node(self, counter: Any, shape: Any) -> Any:
        """Builds the node."""
        inputs = [counter, pt.as_tensor_variable(shape, dtype="int64")]
        return Apply(self, inputs, [pt.tensor(dtype=self.dtype, shape=self.static)])

    def evaluate(self, xp: Any, erfinv: Any, counter: Any, shape: tuple[int, ...]) -> Any:
        """Returns the numbers, computed with NumPy or with JAX."""
        drawn = uniform(xp, self.seed, counter, shape, self.dtype)
        if self.kind == "uniform":
            return drawn
        wide = drawn.astype(np.promote_types(self.dtype, np.float32))
        return (np.float32(2**0.5) * erfinv(2 * wide - 1)).astype(self.dtype)

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """Computes with NumPy."""
        from scipy.special import erfinv

        output_storage[0][0] = self.evaluate(np, erfinv, inputs[0], tuple(int(n) for n in inputs[1]))

    def infer_shape(self, fgraph: Any, node: Any, shapes: Any) -> list[Any]:
        """The shape is an input."""
        return [tuple(node.inputs[1][i] for i in range(node.outputs[0].ndim))]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """No derivative passes."""
        return [[False], [False]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """No derivative passes."""
        return [disconnected_type() for _ in inputs]
