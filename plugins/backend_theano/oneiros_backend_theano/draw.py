"""Random draws as functions of (seed, counter): the same numbers under every linker,
new ones at each call.

A draw holds a seed, fixed when it is built, and reads a counter that `K.function`
advances.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import pytensor
from oneiros.backend.contract import draw_seed
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import ancestors
from pytensor.tensor.type import TensorType

from oneiros_backend_theano.jax_op import JaxOp, Sizes
from oneiros_backend_theano.limits import concrete_sizes

_ZERO = np.uint32(0)
STREAM = pytensor.shared(_ZERO, name="oneiros_stream")
"""Counter of draws without a seed; it starts at a number from NumPy's generator."""
STEP = pytensor.shared(_ZERO, name="oneiros_step")
"""Counter of draws with a seed; it starts at 0."""

_SEEDS: ContextVar[dict[Any, Any] | None] = ContextVar("oneiros_seeds", default=None)


@contextmanager
def seeded(draws: Sequence["Draw"], seeds) -> Iterator[None]:
    """Context manager in which draws have these seeds, such as arguments of a function
    that is traced."""
    token = _SEEDS.set(dict(zip(draws, seeds, strict=True)))
    try:
        yield
    finally:
        _SEEDS.reset(token)


def held_counters(tensors) -> dict[Any, Any]:
    """Returns replacements for the counters that tensors read, for a function whose
    draws are the same at each call.

    # Returns
        A dict of counters, and of variables that `K.function` doesn't advance.
    """
    variables = [x for x in tensors if isinstance(x, Variable)]
    roots = set(ancestors(variables))
    first = {STREAM: draw_seed(), STEP: 0}
    held = {}
    for counter, number in first.items():
        if counter in roots:
            value = np.uint32(number)
            held[counter] = pytensor.shared(value)
    return held


class Draw(JaxOp):
    """Standard uniform or normal numbers, for a counter and a shape: a scalar of type
    uint32 and a vector of integers.

    # Arguments
        kind: `"uniform"` or `"normal"`.
        dtype: a float type.
        seed: int.
        shape: the sizes as far as they are known.
    """

    def __init__(self, kind: str, dtype: str, seed: int, shape: Sizes):
        name = f"{kind} draw"
        super().__init__(name, self._drawn, self._types)
        self.type = TensorType(dtype, shape=shape)
        self.kind = kind
        self.dtype = dtype
        self.seed = seed

    def _types(self, inputs):
        return [self.type]

    def _drawn(self, counter, shape):
        from oneiros_jax_support.random_numbers import normal, uniform

        draw = uniform if self.kind == "uniform" else normal
        sizes = concrete_sizes(shape, self)
        given = _SEEDS.get() or {}
        seed = given.get(self, self.seed)
        numbers = draw(seed, counter, sizes, self.dtype)
        return [numbers]
