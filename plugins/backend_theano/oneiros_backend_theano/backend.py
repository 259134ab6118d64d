"""The Theano backend: variables, values, randomness and functions on PyTensor."""

import os

import numpy as np
import pytensor
import pytensor.tensor as pt
from oneiros.arguments import is_int
from oneiros.backend.common import floatx
from oneiros.backend.contract import FLAGS, LOCK, draw_seed
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.donated_arrays import owned
from oneiros_backend_toolkit.gradients import Gradients
from oneiros_backend_toolkit.imports import exempt_engine
from oneiros_backend_toolkit.operands import rank_of_placeholder
from oneiros_backend_toolkit.rnn import Rnn
from oneiros_backend_toolkit.sessions import Sessions
from oneiros_backend_toolkit.tensors import SPARSE
from pytensor.gradient import disconnected_grad
from pytensor.graph.basic import Variable
from pytensor.printing import Print
from pytensor.tensor.shape import Shape
from pytensor.tensor.type import TensorType

from oneiros_backend_theano import (
    evaluation,
    graph_building,
    missing_values,
    numpy_functions,
    operators,
)
from oneiros_backend_theano.convolution import ConvolutionPrimitives
from oneiros_backend_theano.draw import STEP, STREAM, Draw
from oneiros_backend_theano.gradients import gradients
from oneiros_backend_theano.jax_op import Sizes
from oneiros_backend_theano.loops import Loops
from oneiros_backend_theano.operations import FUNCTIONS
from oneiros_backend_theano.recurrence import Fused
from oneiros_backend_theano.repeated import Repeated
from oneiros_backend_theano.variables import SharedTensor, host_copy

exempt_engine()
WITHOUT_EFFECT = {
    "accept_inplace",
    "allow_input_downcast",
    "name",
    "no_default_updates",
    "on_unused_input",
    "profile",
    "rebuild_strict",
}
"""Arguments of Theano's functions that don't affect results."""


def _storage(x):
    """Returns the place that holds a variable's value, a list of one."""
    if not hasattr(x, "container"):
        raise ValueError("it isn't a variable")
    return x.container.storage


def _static_shape(shape) -> Sizes:
    """Returns the sizes in a shape, None for those that aren't known."""
    if not isinstance(shape, Variable):
        return tuple(int(n) if is_int(n) else None for n in shape)
    node = shape.owner
    if node is not None and isinstance(node.op, Shape):
        (x,) = node.inputs
        return tuple(x.type.shape)
    (rank,) = shape.type.shape
    return (None,) * int(rank)


def _shape_vector(shape):
    """Returns a shape as a vector of int64."""
    if isinstance(shape, Variable):
        return shape
    if not shape:
        return np.zeros(0, "int64")
    sizes = []
    for n in shape:
        size = pt.cast(n, "int64")
        sizes.append(size)
    return pt.stack(sizes)


class TheanoBackend(
    Loops, ConvolutionPrimitives, Convolutions, Rnn, Ctc, Fused, Gradients, Sessions
):
    """Keras 1's `K` on PyTensor.

    # Properties
        linker: the compiler of functions: `"jax"`, or the name of a PyTensor mode such
            as `"NUMBA"`. The environment variable `ONEIROS_THEANO_LINKER` sets it,
            `K.function(…, mode=)` for one function. If `"jax"` can't compile a
            function, PyTensor does, with a warning; `mode="jax"` makes it an error.
    """

    name = "theano"
    capabilities = frozenset(FLAGS)
    function_arguments = frozenset({"givens", "mode", *WITHOUT_EFFECT})

    def __init__(self) -> None:
        super().__init__()
        self.linker = os.environ.get("ONEIROS_THEANO_LINKER", "jax")
        self._dtype(None)
        graph_building.install()
        operators.install()
        numpy_functions.install()
        missing_values.install()
        evaluation.install(self.get_session())

    def _dtype(self, dtype) -> str:
        """Returns a type's name, the default float type for None; PyTensor's own
        default follows Keras's."""
        if pytensor.config.floatX != floatx():
            pytensor.config.floatX = floatx()
        if dtype is None:
            return floatx()
        return str(np.dtype(dtype))

    def repeated(self, fn):
        return Repeated(fn)

    # Tensors and their values

    def owns(self, x) -> bool:
        return isinstance(x, Variable)

    def placeholder(
        self, shape=None, ndim=None, dtype=None, sparse: bool = False, name=None
    ):
        if shape is None:
            rank = rank_of_placeholder(self.name, ndim)
            shape = (None,) * rank
        shape = tuple(None if size is None else int(size) for size in shape)
        kind = TensorType(self._dtype(dtype), shape=shape)
        x = kind(name)
        x._keras_shape = shape
        x._uses_learning_phase = False
        SPARSE.set(x, bool(sparse))
        return x

    def variable(self, value, dtype=None, name=None):
        is_sparse = hasattr(value, "toarray")
        if is_sparse:
            value = value.toarray()
        array = owned(value, self._dtype(dtype))
        kind = TensorType(array.dtype.name, shape=array.shape)
        x = SharedTensor(kind, array, strict=False, name=name)
        x._keras_shape = array.shape
        x._uses_learning_phase = False
        SPARSE.set(x, is_sparse)
        return x

    def int_shape(self, x):
        if hasattr(x, "_keras_shape"):
            return x._keras_shape
        if not isinstance(x, Variable):
            raise ValueError("it isn't a tensor")
        return tuple(x.type.shape)

    def get_variable_shape(self, x) -> tuple[int, ...]:
        if not self.is_variable(x):
            return super().get_variable_shape(x)
        (value,) = _storage(x)
        return tuple(np.shape(value))

    def ndim(self, x) -> int:
        return int(x.ndim)

    def dtype(self, x) -> str:
        return str(x.dtype)

    def is_variable(self, x) -> bool:
        """Returns whether something is a variable, of this backend or Theano's."""
        return hasattr(x, "container")

    def get_value(self, x):
        if self.owns(x) and not self.is_variable(x):
            return self.eval(x)
        storage = _storage(x)
        with LOCK:
            return host_copy(storage[0])

    def set_value(self, x, value) -> None:
        storage = _storage(x)
        array = self.checked_value(x, value)
        with LOCK:
            storage[0] = array

    def print_tensor(self, x, message: str = ""):
        return Print(message)(FUNCTIONS.tensor(x))

    def apply(self, fn, *tensors):
        return fn(*tensors)

    # Random draws

    def _draw(self, kind: str, shape, dtype, seed):
        if not isinstance(shape, Variable):
            shape = list(shape)
        number = draw_seed(seed)
        dtype = self._dtype(dtype)
        static_shape = _static_shape(shape)
        op = Draw(kind, dtype, number, static_shape)
        key = STREAM if seed is None else STEP
        counter = self._counters[key]
        return op(counter, _shape_vector(shape))

    def random_uniform(
        self, shape, low: float = 0.0, high: float = 1.0, dtype=None, seed=None
    ):
        number_type = np.dtype(self._dtype(dtype))
        if number_type.kind in "iu":
            return self.random_integers(shape, low, high, dtype, seed)
        drawn = self._draw("uniform", shape, dtype, seed)
        width = high - low
        return drawn * width + low

    def random_normal(
        self, shape, mean: float = 0.0, std: float = 1.0, dtype=None, seed=None
    ):
        drawn = self._draw("normal", shape, dtype, seed)
        return drawn * std + mean

    def random_binomial(self, shape, p: float = 0.0, dtype=None, seed=None):
        drawn = self._draw("uniform", shape, dtype, seed)
        is_one = pt.lt(drawn, p)
        return pt.cast(is_one, drawn.dtype)

    # Graphs

    def uses_learning_phase(self, x) -> bool:
        waiting = [x]
        visited = {x}
        while waiting:
            variable = waiting.pop()
            if self.is_learning_phase(variable):
                return True
            if super().uses_learning_phase(variable):
                return True
            node = variable.owner
            is_layer_output = hasattr(variable, "_keras_history")
            if node is None or (is_layer_output and variable is not x):
                continue
            for parent in node.inputs:
                if parent not in visited:
                    visited.add(parent)
                    waiting.append(parent)
        return False

    def stop_gradient(self, variables):
        if isinstance(variables, (list, tuple)):
            return [self.stop_gradient(x) for x in variables]
        return disconnected_grad(FUNCTIONS.tensor(variables))

    def _gradients(self, loss, variables):
        total = loss.sum() if loss.ndim else loss
        return gradients(total, variables)

    def function(
        self,
        inputs,
        outputs,
        updates=[],  # noqa: B006  Keras 1's default
        **kwargs,
    ):
        options = self.own_arguments(kwargs)
        chosen = options.get("mode")
        mode = chosen or self.linker
        given = options.get("givens") or {}
        givens = dict(given)
        if isinstance(mode, str):
            mode = mode.upper()
        if mode == "JAX":
            from oneiros_backend_theano.jax_function import JaxFunction

            strict = bool(chosen)
            return JaxFunction(self, inputs, outputs, updates, givens, strict=strict)
        from oneiros_backend_theano.pytensor_function import PytensorFunction

        return PytensorFunction(self, inputs, outputs, updates, mode, givens)
