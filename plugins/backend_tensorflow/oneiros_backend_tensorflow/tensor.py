"""Lazy tensors that behave like those of TensorFlow 1."""

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace

from oneiros import backend as K
from oneiros_backend_toolkit.lazy_graph.array_functions import Function
from oneiros_backend_toolkit.lazy_graph.graph import Operation, Placeholder, Variable
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor
from oneiros_backend_toolkit.sessions import SessionGraph

from oneiros_backend_tensorflow.tensorflow_import import tf

OUTPUT = ":0"
"""Suffix of tensors' names: the first output of an operation."""
NAMED_AS_TENSORS = (Placeholder, Variable)
"""Kinds of nodes with names that users read and compare."""


class Dtype(str):
    """The name of a type, with the attributes of `tf.DType` besides: `x.dtype.name`,
    `x.dtype.base_dtype`, `x.dtype.as_numpy_dtype`, `x.dtype.is_floating`."""

    def __getattr__(self, name: str):
        own_type = tf.as_dtype(str(self))
        return getattr(own_type, name)


class ReferenceDtype(Dtype):
    """The type of a variable."""

    @property
    def name(self) -> str:
        """What TensorFlow 1 calls it."""
        return f"{self}_ref"


def dtype_of(name: str, is_variable: bool) -> Dtype:
    """Returns the type of a tensor or of a variable.

    # Arguments
        name: str, such as `"float32"`.
    """
    if is_variable:
        return ReferenceDtype(name)
    return Dtype(name)


class Tensor(LazyTensor):
    """A lazy tensor with TensorFlow 1's `op`, `dtype` and `assign`, and names that end
    in `:0`."""

    @property
    def name(self) -> str:
        """The name; of variables and placeholders with `:0`."""
        if isinstance(self.source, NAMED_AS_TENSORS):
            return self._name + OUTPUT
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name.removesuffix(OUTPUT)

    @property
    def dtype(self) -> Dtype:
        """The type's name, which has TensorFlow's attributes of types."""
        is_variable = isinstance(self.source, Variable)
        return dtype_of(self.spec.dtype, is_variable)

    @property
    def op(self) -> SimpleNamespace:
        """What computes it, as far as code of 2016 asks: its name, without `:0`, its
        type, inputs and outputs."""
        return SimpleNamespace(
            name=self._name,
            type=type(self.source).__name__,
            inputs=self.parents,
            outputs=[self],
        )

    @property
    def graph(self) -> SessionGraph:
        """The graph of all tensors, that of the session."""
        with K.use("tensorflow"):
            session = K.get_session()
            graph: SessionGraph = session.graph
        return graph

    def assign(self, value, use_locking=False):
        """Returns what gives a variable another value, as `K.update`.

        # Arguments
            value: tensor, array or number.
            use_locking: has no effect.
        """
        return self._update("update", value)

    def assign_add(self, delta, use_locking=False):
        """Returns what adds to a variable, as `K.update_add`."""
        return self._update("update_add", delta)

    def assign_sub(self, delta, use_locking=False):
        """Returns what subtracts from a variable, as `K.update_sub`."""
        return self._update("update_sub", delta)

    def _update(self, name: str, value):
        own = self.recorder.lift(value, self.spec.dtype)
        update = getattr(K, name)
        with K.use("tensorflow"):
            return update(self, own)

    def set_shape(self, shape: Sequence[int | None] | None) -> None:
        """Says what sizes it has; a function that computes it checks them."""
        before = self.shape
        super().set_shape(shape)
        source = self.source
        if isinstance(source, Operation) and self.shape != before:
            source.fn = partial(_in_shape, source.fn, self.shape)


def _in_shape(fn: Function, shape, *values):
    """Returns what a function computes, as a tensor of a shape."""
    result = fn(*values)
    return tf.ensure_shape(result, shape)
