"""Custom operations: classes written for Theano."""

import functools
from collections.abc import Callable
from typing import Any

from pytensor.graph.op import Op as PytensorOp


# PyTensor's class is Any to mypy.
class Op(PytensorOp):  # type: ignore[misc]
    """Base class of operations; subclasses define `make_node` and `perform`.

    `grad(inputs, output_gradients)` and `infer_shape(node, shapes)` have the same
    arguments as in Theano.
    """

    def __init_subclass__(cls, **options) -> None:
        super().__init_subclass__(**options)
        if "infer_shape" in vars(cls):
            cls.infer_shape = _for_pytensor(cls.infer_shape)

    def pullback(self, inputs, outputs, cotangents):
        """Returns the gradients with respect to the inputs."""
        if type(self).L_op is not PytensorOp.L_op:
            return self.L_op(inputs, outputs, cotangents)
        return self.grad(inputs, cotangents)


def _for_pytensor(infer_shape: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a method that also accepts the graph, which PyTensor passed until 3.3."""

    @functools.wraps(infer_shape)
    def infer(self, *arguments):
        *_, node, shapes = arguments
        return infer_shape(self, node, shapes)

    return infer
