"""Lazy tensors that answer like those of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from oneiros_lazy_graph.tensors import LazyTensor

from oneiros_backend_tensorflow.dtypes import Dtype, dtype_of
from oneiros_backend_tensorflow.tensorflow_import import tf

OUTPUT = ":0"
"""What names of tensors end in: the first output of what computes them."""
NAMED_AS_TENSORS = ("placeholder", "variable")
"""Kinds of nodes whose names users read, and compare."""


@dataclass(frozen=True)
class Operation:
    """What computes a tensor, as far as code of 2016 asks.

    # Properties
        name: str, the tensor's without `:0`.
        type: str, what was recorded.
        inputs: tuple of the tensors that it is computed from.
        outputs: list of the tensor.
    """

    name: str
    type: str
    inputs: tuple[Any, ...]
    outputs: list[Any]


class Tensor(LazyTensor):
    """A lazy tensor with TensorFlow 1's `op` and `dtype`, and names that end in
    `:0`."""

    @property
    def name(self) -> str:
        """The name; of variables and placeholders with `:0`."""
        return self._name + OUTPUT if self.kind in NAMED_AS_TENSORS else self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name.removesuffix(OUTPUT)

    @property
    def dtype(self) -> Dtype:
        """The type's name, which has TensorFlow's attributes of types."""
        return dtype_of(self.spec.dtype, self.kind == "variable")

    @property
    def op(self) -> Operation:
        """What computes it."""
        kind = self.kind.capitalize()
        return Operation(self._name, kind, self.parents, [self])

    def set_shape(self, shape: Sequence[int | None] | None) -> None:
        """Says what sizes it has; a function that computes it checks them."""
        before = self.shape
        super().set_shape(shape)
        if self.kind == "op" and self.shape != before:
            self.fn = partial(_in_shape, self.fn, self.shape)


def _in_shape(fn: Callable[..., Any], shape: Any, *values: Any) -> Any:
    """Returns what a function computes, as a tensor of a shape."""
    return tf.ensure_shape(fn(*values), shape)
