"""The TensorFlow backend: Keras 1's `K` on lazy tensors that run as TensorFlow 2 graph functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from oneiros.backend import common
from oneiros.backend.contract import CAPABILITIES, Backend, Function, draw_seed
from oneiros.errors import ArgumentError
from oneiros_backend_common.convolutions import Convolutions
from oneiros_backend_common.ctc import Ctc
from oneiros_backend_common.rnn import Rnn
from oneiros_recorder.recorder import Node, RecordedFunction, Recorder, Spec

from oneiros_backend_tensorflow import raw
from oneiros_backend_tensorflow._ops import ELEMENTWISE, Draws, Operations
from oneiros_backend_tensorflow.beam_search import beam_search
from oneiros_backend_tensorflow.compiled import xla_setting
from oneiros_backend_tensorflow.conversion import pinned
from oneiros_backend_tensorflow.engine import Cell, TensorFlowEngine
from oneiros_backend_tensorflow.fused import Fused
from oneiros_backend_tensorflow.quiet import tf
from oneiros_backend_tensorflow.spatial import PRIMITIVES

T = Any


class Tensor(Node):
    """A lazy tensor that answers like one of TensorFlow 1."""

    def get_shape(self) -> Any:
        """Returns the static shape as a `tf.TensorShape`."""
        return tf.TensorShape(self.shape)


class TensorFlowBackend(Convolutions, Rnn, Ctc, Fused):
    """Keras 1's `K` on TensorFlow 2.

    # Properties
        recorder: the Recorder of its tensors.
    """

    name: ClassVar[str] = "tensorflow"
    capabilities: ClassVar[frozenset[str]] = CAPABILITIES - {"session", "devices"} | {"fused"}

    def __init__(self) -> None:
        super().__init__()
        self.recorder = Recorder(TensorFlowEngine(), Tensor)
        self._phase = self.recorder.phase
        raw.register(self.recorder)

    # Tensors and their values

    def owns(self, x: T) -> bool:
        """Tells whether `x` is a lazy tensor of this backend, or of TensorFlow itself."""
        return self.recorder.owns(x) or bool(tf.is_tensor(x))

    def placeholder(
        self, shape: T = None, ndim: T = None, dtype: T = None, sparse: T = False, name: T = None
    ) -> T:
        """Makes an input of a function; a sparse one is fed sparse matrices and computed with as dense."""
        if shape is None and ndim is None:
            raise ArgumentError("placeholder received neither `shape` nor `ndim`. Pass one: shape=(None, 3).")
        sizes = tuple(shape) if shape is not None else (None,) * ndim
        node: T = self.recorder.node("placeholder", Spec(sizes, _dtype(dtype)), name=name)
        node._sparse, node._keras_shape = bool(sparse), sizes
        return node

    def variable(self, value: T, dtype: T = None, name: T = None) -> T:
        """Makes a variable holding a copy of `value`."""
        if self.owns(value):
            raise ArgumentError(f"variable takes an array or a number, not {value!r:.200}. See K.eval(x).")
        sparse = hasattr(value, "toarray")
        array = np.array(value.toarray() if sparse else value, _dtype(dtype))
        name = name or f"Variable_{common.get_uid('Variable')}"
        spec = Spec(array.shape, str(array.dtype))
        node: T = self.recorder.node("variable", spec, name=name, data=Cell(array))
        node._sparse, node._keras_shape = sparse, array.shape
        return node

    def is_sparse(self, tensor: T) -> bool:
        """Tells whether `tensor` was made as a sparse one."""
        return bool(getattr(tensor, "_sparse", False))

    def shape(self, x: T) -> T:
        """Returns the shape as a tensor of integers."""
        result = self.recorder.record(tf.shape, (x,), label="K.shape")
        if self.recorder.owns(x):
            result.spec = replace(result.spec, known=x.shape)
        return result

    def int_shape(self, x: T) -> tuple[int | None, ...]:
        """Returns the shape as far as it is known."""
        shape = getattr(x, "_keras_shape", x.shape)
        if shape is None or (not isinstance(x, Node) and x.shape.rank is None):
            raise ArgumentError(f"Not even the rank of {x!r} is known. K.reshape gives it a shape.")
        return tuple(shape)

    def ndim(self, x: T) -> int:
        """Returns the number of axes."""
        return len(self.int_shape(x))

    def dtype(self, x: T) -> str:
        """Returns the type's name."""
        return x.dtype if isinstance(x, Node) else str(tf.as_dtype(x.dtype).name)

    def get_value(self, x: T) -> T:
        """Returns a copy of a variable's value."""
        return self._cell(x, "get_value").get()

    def set_value(self, x: T, value: T) -> None:
        """Sets a variable."""
        self._cell(x, "set_value").set(self.checked_value(x, value))

    def _cell(self, x: T, function: str) -> Cell:
        if not self.recorder.owns(x) or x.kind != "variable":
            raise ArgumentError(f"{function} takes a variable, not {x!r:.200}. K.eval(x) computes a tensor.")
        cell: Cell = x.data
        return cell

    def eval(self, x: T) -> T:
        """Returns the value of a tensor that depends on no placeholder."""
        if self.recorder.owns(x) and x.kind == "variable":
            return self.get_value(x)
        return self.function([], [x], jit_compile=False)([])[0]

    def apply(self, fn: Callable[..., Any], *tensors: T) -> T:
        """Returns `fn(*tensors)`, where `fn` is TensorFlow code."""
        return self.recorder.record(fn, tensors, wrap=False)

    # Randomness

    def random_uniform(self, shape: T, low: T = 0.0, high: T = 1.0, dtype: T = None, seed: T = None) -> T:
        """Draws from [low, high)."""
        return self._random("random_uniform", seed, shape, low, high, _dtype(dtype))

    def random_normal(self, shape: T, mean: T = 0.0, std: T = 1.0, dtype: T = None, seed: T = None) -> T:
        """Draws from a normal distribution."""
        return self._random("random_normal", seed, shape, mean, std, _dtype(dtype))

    def random_binomial(self, shape: T, p: T = 0.0, dtype: T = None, seed: int | None = None) -> T:
        """Draws 1 with probability `p`, else 0."""
        return self._random("random_binomial", seed, shape, p, _dtype(dtype))

    def _random(self, name: str, seed: int | None, *args: Any) -> T:
        key = self.recorder.stream(draw_seed(seed) % 2**31)
        return self.recorder.record(getattr(Draws, name), (key, *args), label=f"K.{name}")

    # Choices and graphs

    def _elementwise(self, x: T) -> tuple[Callable[..., T], list[T]] | None:
        """Returns how an operation that works element by element computes `x`, or a choice by the phase."""
        if not self.recorder.owns(x) or not (x.elementwise or x.kind == "select"):
            return None
        rebuild = self.recorder.select if x.kind == "select" else self.recorder.again(x)
        return rebuild, list(x.parents)

    def switch(self, condition: T, then_expression: T, else_expression: T) -> T:
        """Chooses element by element; by the learning phase, only the expression chosen is ever computed."""
        chosen = [x() if callable(x) else x for x in (then_expression, else_expression)]
        if condition is self.recorder.phase:
            return self.recorder.select(*chosen)
        return self.recorder.record(pinned(Operations.switch, True), (condition, *chosen), label="K.switch")

    def _scan(
        self, fn: Callable[..., Any], sequences: list[T], initial: list[T], go_backwards: bool = False
    ) -> tuple[list[T], list[T]]:
        states, outputs = self.recorder.loop(fn, sequences, initial, go_backwards)
        return states, [self.reverse(x, 0) for x in outputs] if go_backwards else outputs

    def _beam_search(self, logits: T, lengths: T, beam_width: int, top_paths: int) -> T:
        search = functools.partial(beam_search, beam_width=beam_width, top_paths=top_paths)
        return self.recorder.record(search, (logits, lengths), label="K.ctc_decode")

    def stop_gradient(self, variables: T) -> T:
        """Returns the tensor, or the list of tensors, as constants for `gradients`."""
        if isinstance(variables, (list, tuple)):
            return [self.stop_gradient(x) for x in variables]
        return self.recorder.record(tf.stop_gradient, (variables,), label="K.stop_gradient")

    def gradients(self, loss: T, variables: T) -> list[T]:
        """Returns the derivatives of `loss` by each of `variables`."""
        return list(self.recorder.gradients(loss, variables))

    def function(self, inputs: T, outputs: T, updates: T = [], **kwargs: T) -> Function:  # noqa: B006
        """Returns a compiled function.

        # Arguments
            inputs: list of placeholders; any other tensor works too: its value is then given, not computed.
            outputs: list of tensors.
            updates: list of (variable, new value) pairs.
            jit_compile: whether XLA compiles it; left out, the environment variable ONEIROS_TENSORFLOW_XLA
                decides (`on`, `off`), else the graph: XLA, except for convolutions on a CPU.
        """
        xla = kwargs.pop("jit_compile", None)
        if kwargs:
            raise ArgumentError(f"K.function got {min(kwargs)!r}; on TensorFlow it takes only jit_compile.")
        xla = xla_setting() if xla is None else xla
        return RecordedFunction(self, self.recorder, inputs, outputs, updates, xla=xla)


def _dtype(dtype: Any) -> str:
    return str(tf.as_dtype(dtype or common.floatx()).name)


def _recorded(fn: Callable[..., Any], label: str, of: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(of)
    def method(self: TensorFlowBackend, *args: Any, **kwargs: Any) -> Any:
        return self.recorder.record(pinned(fn, label in ELEMENTWISE), args, kwargs, label)

    return method


for _name in vars(Operations):
    if _name[0] != "_" and _name not in vars(TensorFlowBackend):
        _method = _recorded(getattr(Operations, _name), f"K.{_name}", getattr(Backend, _name))
        setattr(TensorFlowBackend, _name, _method)
for _name, (_fn, _label) in PRIMITIVES.items():
    setattr(TensorFlowBackend, _name, _recorded(_fn, _label, _fn))
