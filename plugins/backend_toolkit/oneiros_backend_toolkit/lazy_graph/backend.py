"""A backend of recorded nodes: `K` on any engine of the recorder."""

import functools
import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from oneiros.backend import common
from oneiros.backend.contract import draw_seed, functions
from oneiros.backend.contract.graphs import Differentiation
from oneiros.errors import ArgumentError
from oneiros.typing import Shape, Tensor, Tensors

from oneiros_backend_toolkit.donated_arrays import owned
from oneiros_backend_toolkit.gradients import Gradients
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_backend_toolkit.lazy_graph.graph import (
    Operation,
    PhaseSwitch,
    Placeholder,
    Variable,
    reachable,
)
from oneiros_backend_toolkit.lazy_graph.pinning import pinned
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.repeated import Repeated
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Spec
from oneiros_backend_toolkit.operands import joined, rank_of_placeholder
from oneiros_backend_toolkit.sessions import Sessions
from oneiros_backend_toolkit.tensors import SPARSE, AnyFunction, OpenShape

PRIMITIVES = {
    "beam_search": "K.ctc_decode",
    "convolve": "convolution",
    "convolve_back": "transposed convolution",
    "convolve_depthwise": "convolution channel by channel",
    "pad": "padding",
    "pool": "pooling",
}
"""What messages call the functions that `oneiros_backend_toolkit` builds on."""

ELEMENTWISE_NAMES = (
    "abs",
    "cast",
    "clip",
    "cos",
    "equal",
    "erf",
    "exp",
    "greater",
    "greater_equal",
    "lesser",
    "lesser_equal",
    "log",
    "maximum",
    "minimum",
    "not_equal",
    "pow",
    "relu",
    "round",
    "sigmoid",
    "sign",
    "sin",
    "softplus",
    "sqrt",
    "switch",
    "tanh",
)
"""The elementwise operations, with broadcasting."""
ELEMENTWISE = frozenset(f"K.{name}" for name in ELEMENTWISE_NAMES)
"""Their labels."""


class RecordedBackend(Gradients, Sessions):
    """Keras 1's `K` on lazy tensors: what doesn't depend on the engine.

    A backend derives from it and sets the class's properties. Each of the functions of
    the contract that the engine's ArrayFunctions have becomes a method that records it,
    with the signature and docstring of the contract, unless the class defines the
    method itself. If the engine doesn't define `gradients`, the backend only predicts:
    it lacks the function and the capability `gradients`.

    # Arguments
        primitives: modules with the functions that `PRIMITIVES` names; passed in the
            class statement.

    # Properties
        engine: class of the Engine, made without arguments.
        functions: the ArrayFunctions of the engine.
        recorder: the Recorder of its tensors.
        tensor_class: the class of its tensors.
        random_functions: module, class or object with the functions that draw random
            numbers, `random_uniform`, `random_normal` and `random_binomial`; they have
            the contract's arguments, with a key before them and without `seed`.
        storage: class of what keeps a variable's value. It is made with the first
            value; `get()` returns a copy, `set(array)` stores an array. Arrays that it
            receives are its own from then on.
        function_class: the class of RecordedFunction.
        has_open_ranks: whether the engine computes on tensors whose rank isn't known.
    """

    engine: type[Engine]
    functions: ArrayFunctions
    recorder: Recorder
    tensor_class: type[LazyTensor] = LazyTensor
    random_functions: Any
    storage: type[Any]
    function_class: type[RecordedFunction]
    has_open_ranks: bool = False

    def __init_subclass__(cls, primitives=()) -> None:
        cls.functions = cls.engine.functions
        if cls.engine.gradients is Engine.gradients:
            cls.gradients = vars(Differentiation)["gradients"]  # type: ignore[method-assign]
        defined = {*vars(cls), *vars(RecordedBackend)}
        for name, contract in functions().items():
            fn = getattr(cls.functions, name, None)
            if fn is not None and name not in defined:
                setattr(cls, name, recorded(fn, f"K.{name}", contract))
        for name, label in PRIMITIVES.items():
            for module in primitives:
                if fn := getattr(module, name, None):
                    setattr(cls, f"_{name}", recorded(fn, label))
        super().__init_subclass__()

    def __init__(self) -> None:
        super().__init__()
        self.recorder = Recorder(self.engine(), self.tensor_class)
        self._phase = self.recorder.phase

    # Tensors and their values

    def repeated(self, fn: AnyFunction) -> AnyFunction:
        return Repeated(self.recorder, fn)

    def owns(self, x) -> bool:
        if isinstance(x, (list, tuple)):
            return False
        recorder = self.recorder
        return recorder.owns(x) or recorder.engine.is_tensor(x)

    def _dtype(self, dtype) -> str:
        """Returns a type's name, the default float type for None."""
        name = dtype or common.floatx()
        return str(np.dtype(name).name)

    def placeholder(self, shape=None, ndim=None, dtype=None, sparse=False, name=None):
        sizes = self._sizes(shape, ndim)
        spec = Spec(sizes, self._dtype(dtype))
        source = Placeholder()
        node: Tensor = self.recorder.node(source, spec, name=name)
        if sizes is not None:
            node._keras_shape = sizes
        SPARSE.set(node, bool(sparse))
        return node

    def _sizes(self, shape, ndim) -> OpenShape:
        """Returns the static shape of a placeholder, None if even its rank is open."""
        if shape is not None:
            return tuple(None if size is None else int(size) for size in shape)
        if ndim is None and self.has_open_ranks:
            return None
        return (None,) * rank_of_placeholder(self.name, ndim)

    def variable(self, value, dtype=None, name=None):
        if self.owns(value):
            raise ArgumentError(
                f"variable expected an array or a number, not {value!r:.200}. See "
                f"K.eval(x)."
            )
        sparse = hasattr(value, "toarray")
        if sparse:
            value = value.toarray()
        array = owned(value, self._dtype(dtype))
        name = name or f"Variable_{common.get_uid('Variable')}"
        spec = Spec(array.shape, str(array.dtype))
        stored = self.storage(array)
        source = Variable(stored)
        node: Tensor = self.recorder.node(source, spec, name=name)
        node._keras_shape = array.shape
        SPARSE.set(node, sparse)
        return node

    def concatenate(self, tensors, axis=-1):
        tensors = list(tensors)
        result = self._recorded("concatenate", tensors, axis)
        return joined(result, tensors)

    def shape(self, x):
        result = self._recorded("shape", x)
        if self.recorder.owns(x) and self.recorder.owns(result):
            result.spec = replace(result.spec, static_sizes=x.shape)
        return result

    def int_shape(self, x) -> Shape:
        if not self.owns(x):
            raise ValueError("it isn't a tensor")
        shape = getattr(x, "_keras_shape", x.shape)
        if shape is None:
            raise ArgumentError(
                f"Not even the rank of {x!r} is known. Set its shape with K.reshape, "
                "or with output_shape of a Lambda layer."
            )
        return tuple(shape)

    def ndim(self, x) -> int:
        rank = getattr(x, "ndim", None)
        if rank is None:
            return len(self.int_shape(x))
        return int(rank)

    def dtype(self, x) -> str:
        if isinstance(x, LazyTensor):
            return x.dtype
        return self._dtype(x.dtype)

    def get_value(self, x):
        if self.recorder.owns(x) and not self.is_variable(x):
            return self.eval(x)
        return self._storage(x).get()

    def set_value(self, x, value) -> None:
        stored = self._storage(x)
        stored.set(self.checked_value(x, value))

    def is_variable(self, x) -> bool:
        """Returns whether something is a variable of this backend."""
        return self.recorder.owns(x) and isinstance(x.source, Variable)

    def _storage(self, x):
        if not self.is_variable(x):
            if hint := self.recorder.of_engine(x):
                raise ArgumentError(f"{x!r:.200} is no variable of K.{hint}")
            raise ValueError("it isn't a variable")
        return x.source.storage

    def apply(self, fn: AnyFunction, *tensors):
        return self.recorder.record(fn, tensors, wrap=False)

    def _recorded(self, name: str, *arguments):
        """Returns the node of a function of the engine."""
        label = f"K.{name}"
        function = getattr(self.functions, name)
        of_today = pinned(function, label in ELEMENTWISE)
        return self.recorder.record(of_today, arguments, label=label)

    # Randomness

    def random_uniform(self, shape, low=0.0, high=1.0, dtype=None, seed=None):
        if np.dtype(self._dtype(dtype)).kind in "iu":
            return self.random_integers(shape, low, high, dtype, seed)
        return self._random("random_uniform", seed, dtype, shape, low, high)

    def random_normal(self, shape, mean=0.0, std=1.0, dtype=None, seed=None):
        return self._random("random_normal", seed, dtype, shape, mean, std)

    def random_binomial(self, shape, p=0.0, dtype=None, seed: int | None = None):
        return self._random("random_binomial", seed, dtype, shape, p)

    def _in_graph(self, x):
        return self.recorder.lift(x)

    def _random(self, name: str, seed: int | None, dtype, *args):
        seed = draw_seed(seed)
        key = self.recorder.stream(seed)
        fn = pinned(getattr(self.random_functions, name))
        arguments = (key, *args, self._dtype(dtype))
        return self.recorder.record(fn, arguments, label=f"K.{name}")

    # Choices and graphs

    def _elementwise(self, x) -> tuple[AnyFunction, Tensors] | None:
        """Returns the function and the tensors that compute `x` element by element.

        A choice by the learning phase counts as one; None for any other operation.
        """
        if not self.recorder.owns(x):
            return None
        if isinstance(x.source, PhaseSwitch):
            return self.recorder.select, list(x.parents)
        if not isinstance(x.source, Operation) or not x.source.elementwise:
            return None
        return self.recorder.again(x), list(x.parents)

    def switch(self, condition, then_expression, else_expression):
        expressions = (then_expression, else_expression)
        chosen = [x() if callable(x) else x for x in expressions]
        if condition is self.recorder.phase:
            chosen = self.alike(*chosen, arithmetic=False)
            return self.recorder.select(*chosen)
        return self._recorded("switch", condition, *chosen)

    def _scan(
        self,
        fn: AnyFunction,
        sequences: Tensors,
        initial: Tensors,
        go_backwards: bool = False,
    ) -> tuple[Tensors, Tensors]:
        states, outputs = self.recorder.loop(fn, sequences, initial, go_backwards)
        if go_backwards:
            outputs = [self.reverse(x, 0) for x in outputs]
        return states, outputs

    def stop_gradient(self, variables):
        if isinstance(variables, (list, tuple)):
            return [self.stop_gradient(x) for x in variables]
        return self._recorded("stop_gradient", variables)

    def _gradients(self, loss, variables: Sequence[Tensor]) -> Tensors:
        for x in (loss, *variables):
            if not self.recorder.owns(x):
                raise ArgumentError(
                    f"gradients expected tensors of the graph, not {x!r:.200}."
                    f"{self.recorder.of_engine(x)}"
                )
        behind = reachable([loss])
        connected = [x for x in variables if x in behind]
        gradients = iter(self.recorder.gradients(loss, connected))
        return [next(gradients) if x in behind else None for x in variables]

    def function(self, inputs, outputs, updates=(), **kwargs) -> RecordedFunction:
        self.own_arguments(kwargs)
        return self.function_class(self, inputs, outputs, updates)


def recorded(
    fn: AnyFunction, label: str, contract: AnyFunction | None = None
) -> AnyFunction:
    """Returns a method that records a function.

    # Arguments
        fn: function of the engine's own tensors.
        label: str, what messages call it.
        contract: the function of the contract that it implements. The method has its
            signature and docstring, and `fn` gets all arguments in that order.
    """
    elementwise = label in ELEMENTWISE
    signature = inspect.signature(contract or fn)

    @functools.wraps(contract or fn)
    def method(self: RecordedBackend, *args, **kwargs):
        if kwargs and contract:
            received = signature.bind(self, *args, **kwargs)
            received.apply_defaults()
            args = received.args[1:]
            kwargs = {}
        of_today = pinned(fn, elementwise)
        return self.recorder.record(of_today, args, kwargs, label)

    return method
