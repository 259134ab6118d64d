"""Functions that are built once for all tensors of the same types.

See `oneiros_backend_toolkit.lazy_graph.repeated`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from oneiros.errors import GraphError
from oneiros.typing import Tensors
from pytensor.compile.builders import OpFromGraph
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import graph_inputs

from oneiros_backend_theano.loops import random_operations_in
from oneiros_backend_theano.operations import FUNCTIONS


class RepeatedOp(OpFromGraph):  # type: ignore[misc]  # PyTensor's class is Any to mypy
    """A graph as an Op, which JAX traces once for arrays of the same shapes."""

    @functools.cached_property
    def traced_once(self) -> Callable[..., Tensors]:
        """A function of the inputs' values that returns the outputs'."""
        from oneiros_jax_support.jax_import import jax

        from oneiros_backend_theano.evaluate import evaluate

        def compute(*values) -> Tensors:
            pairs = zip(self.inner_inputs, values, strict=True)
            return evaluate(self.inner_outputs, dict(pairs))

        traced: Callable[..., Tensors] = jax.jit(compute)
        return traced


@dataclass
class Repeated:
    """A function whose graph is built once for all tensors of the same types.

    # Arguments
        fn: function of tensors that returns a sequence of them.
    """

    fn: Callable[..., Tensors]
    _ops: dict[Any, tuple[RepeatedOp, Tensors]] = field(default_factory=dict)

    def __call__(self, *tensors) -> Tensors:
        """Returns the function's results."""
        inputs = list(map(FUNCTIONS.tensor, tensors))
        types = tuple(x.type for x in inputs)
        if types not in self._ops:
            self._ops[types] = self._op(types)
        op, outer = self._ops[types]
        results: Tensors = op(*inputs, *outer, return_list=True)
        return results

    def _op(self, types) -> tuple[RepeatedOp, Tensors]:
        """Returns the Op, and what the function uses besides its tensors: newer
        versions of PyTensor accept variables only as inputs."""
        placeholders = [kind() for kind in types]
        results = list(map(FUNCTIONS.tensor, self.fn(*placeholders)))
        if random_operations_in(results):
            raise GraphError(
                "A repeated function draws random numbers, which would be the same "
                "each time."
            )
        outer = []
        for x in graph_inputs(results):
            if x not in placeholders and not isinstance(x, Constant):
                outer.append(x)
        inputs = [*placeholders, *outer]
        op = RepeatedOp(inputs, results, inline=True, on_unused_input="ignore")
        return op, outer
