"""Python's operators on PyTensor's variables under the rule of types of K.

PyTensor makes float64 of int32 and float32, and int16 of uint8 and a number. Under the
rule of `oneiros.backend.contract` the first is float32 and the second uint8, as on
every other backend. A tensor of K is a variable of PyTensor's own class, and so is what
raw PyTensor code makes of it. So the rule is added to the operators of that class, once
a process, when the backend is loaded. For what PyTensor's functions
(`pytensor.tensor.add`) are called on, nothing changes. `-x` and `abs(x)` of booleans,
too, count them as int32. `&`, `|` and `^` are of bits: booleans stay booleans there.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.errors import OneirosError
from oneiros_backend_toolkit.explained import SIGNS, operator_refusal
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.tensor.basic import tensor_copy
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import _tensor_py_operators

from oneiros_backend_theano.operations import FUNCTIONS

NAMES = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
BIT_NAMES = ("and", "or", "xor")
COMPARISONS = ("lt", "le", "gt", "ge")
NUMERIC = "biufc"
STATE = ("_keras_shape", "_keras_history", "_uses_learning_phase")
"""The attributes that Keras 1 sets on tensors."""

Method = Callable[..., Any]


def install() -> None:
    """Has the operators of PyTensor's variables adapt their operands' types."""
    for name in NAMES:
        _extend(name, _under_the_rule)
        _extend(f"r{name}", _under_the_rule)
    for name in BIT_NAMES:
        _extend(name, _on_bits)
        _extend(f"r{name}", _on_bits)
    for name in COMPARISONS:
        _extend(name, lambda original: original)
    for name in ("neg", "abs"):
        _extend(name, _on_number)
    _extend("invert", _on_bits)
    _tensor_py_operators.__copy__ = _copied


def _copied(x):
    """Returns a tensor of the same value for `copy.copy`.

    Python's own copy would be a second output of the node that computes the first one,
    which knows nothing of it. Shared variables, which keep values, are themselves.
    """
    if isinstance(x, SharedVariable):
        return x
    copied = tensor_copy(x)
    for name in STATE:
        if name in vars(x):
            setattr(copied, name, getattr(x, name))
    return copied


def _extend(name: str, wrapped: Callable[[Method], Method]) -> None:
    method = f"__{name}__"
    original = getattr(_tensor_py_operators, method)
    if not hasattr(original, "__wrapped__"):
        operate = _explained(name, original, wrapped(original))
        setattr(_tensor_py_operators, method, operate)


def _explained(name: str, original: Method, operate: Method) -> Method:
    """Makes an operator's errors name the shapes that it can't combine, as `K` does.

    # Arguments
        name: str, the name of its method, with `r` in front where the tensor is on the
            right.
    """

    @functools.wraps(original)
    def run(self, *others):
        try:
            return operate(self, *others)
        except (NotImplementedError, ValueError) as error:
            if isinstance(error, OneirosError) or not others:
                raise
            refusal = _refusal(name, self, others[0], error)
        raise refusal

    return run


def _refusal(name: str, x, other, error: Exception) -> Exception:
    if name in SIGNS:
        return operator_refusal(name, (x, other), _static_shape, error)
    plain_name = name.removeprefix("r")
    return operator_refusal(plain_name, (other, x), _static_shape, error)


def _static_shape(x):
    """Returns the shape of a tensor as far as it is known, None for anything else."""
    if not isinstance(x, Variable):
        return None
    keras_shape = getattr(x, "_keras_shape", None)
    return keras_shape or getattr(x.type, "shape", "unknown")


def _under_the_rule(original: Method) -> Method:
    def operate(self, other):
        if not _is_operand(other):
            return original(self, other)
        operands = FUNCTIONS.paired(self, other)
        return original(*operands)

    return operate


def _on_bits(original: Method) -> Method:
    def operate(self, *others):
        if not all(map(_is_operand, others)):
            return original(self, *others)
        operands = FUNCTIONS.bits(self, *others)
        return original(*operands)

    return operate


def _on_number(original: Method) -> Method:
    def operate(self):
        number = FUNCTIONS.countable(self)
        return original(number)

    return operate


def _is_operand(x) -> bool:
    if isinstance(x, Variable):
        return isinstance(x.type, TensorType)
    return np.asarray(x).dtype.kind in NUMERIC
