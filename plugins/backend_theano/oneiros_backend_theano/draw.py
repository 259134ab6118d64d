"""Random draws as functions of (seed, counter): the same numbers under every linker,
new ones at each call.

A draw holds a seed, fixed when it is built, and reads a counter that `K.function`
advances.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from oneiros.backend.contract import draw_seed
from oneiros_jax_support.random_numbers import normal, uniform
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.graph.traversal import ancestors

STREAM = pytensor.shared(np.uint32(0), name="oneiros_stream")
"""Counter of draws without a seed; it starts at a number from NumPy's generator."""
STEP = pytensor.shared(np.uint32(0), name="oneiros_step")
"""Counter of draws with a seed; it starts at 0."""


def held_counters(tensors: Sequence[Any]) -> dict[Any, Any]:
    """Returns replacements for the counters that tensors read, for a function whose
    draws are the same at each call.

    # Returns
        A dict of counters, and of variables that `K.function` doesn't advance.
    """
    roots = set(ancestors([x for x in tensors if isinstance(x, Variable)]))
    held = {}
    if STREAM in roots:
        held[STREAM] = pytensor.shared(np.uint32(draw_seed()))
    if STEP in roots:
        held[STEP] = pytensor.shared(np.uint32(0))
    return held


class Draw(Op):  # type: ignore[misc]  # PyTensor's class is Any to mypy
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

    def __init__(
        self, kind: str, dtype: str, seed: int, static: tuple[int | None, ...]
    ) -> None:
        self.kind = kind
        self.dtype = dtype
        self.seed = seed
        self.static = static

    def make_node(self, counter, shape):
        """Builds the node."""
        inputs = [counter, pt.as_tensor_variable(shape, dtype="int64")]
        return Apply(self, inputs, [pt.tensor(dtype=self.dtype, shape=self.static)])

    def evaluate(self, xp, erfinv, counter, shape: tuple[int, ...]):
        """Returns the numbers, computed with NumPy or with JAX."""
        if self.kind == "uniform":
            return uniform(xp, self.seed, counter, shape, self.dtype)
        return normal(xp, erfinv, self.seed, counter, shape, self.dtype)

    def perform(self, node, inputs, output_storage) -> None:
        """Computes with NumPy."""
        from scipy.special import erfinv

        output_storage[0][0] = self.evaluate(
            np, erfinv, inputs[0], tuple(int(n) for n in inputs[1])
        )

    def connection_pattern(self, node) -> list[list[bool]]:
        """No derivative passes."""
        return [[False], [False]]

    def pullback(self, inputs, outputs, cotangents) -> list[Any]:
        """No derivative passes."""
        return [disconnected_type() for _ in inputs]
