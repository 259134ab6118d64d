"""Python's operators on PyTensor's variables under the rule of types of K.

PyTensor makes float64 of int32 and float32, and int16 of uint8 and a number. Under the
rule of `oneiros.backend.contract` the first is float32 and the second uint8, as on
every other backend. A tensor of K is a variable of PyTensor's own class, and so is what
raw PyTensor code makes of it. So the rule is added to the operators of that class, once
a process, when the backend is loaded. Where PyTensor's own type is that of the rule,
and for what PyTensor's functions (`pytensor.tensor.add`) are called on, nothing
changes. `-x` and `abs(x)` of booleans, too, count them as int32. `&`, `|` and `^` are
of bits: booleans stay booleans there.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros.backend.common import floatx
from oneiros.errors import OneirosError
from oneiros_backend_toolkit.explained import SIGNS, operator_refusal
from oneiros_backend_toolkit.types import check_has_bits
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.scalar.basic import upcast
from pytensor.tensor.basic import as_tensor_variable, tensor_copy
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import _tensor_py_operators

NAMES = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
BIT_NAMES = ("and", "or", "xor")
COMPARISONS = ("lt", "le", "gt", "ge")
UNARY_NAMES = ("neg", "abs")
NUMERIC = "biufc"
SMALL = 2**15
"""Numbers below this are int8 or int16 in PyTensor, which float32 can represent."""
FLOATS = ("float16", "float32", "float64")
STATE = ("_keras_shape", "_keras_history", "_uses_learning_phase")
"""The attributes that Keras 1 sets on tensors."""

Adapt = Callable[..., Sequence[Any]]


def own_type(values: Sequence[Any]) -> str:
    """Returns the type that PyTensor would choose for a result computed from values."""
    return str(upcast(*(as_tensor_variable(x).dtype for x in values)))


def install(adapt: Adapt, convert: Adapt) -> None:
    """Has the operators of PyTensor's variables adapt their operands' types.

    # Arguments
        adapt: function of operands that returns them under the rule of types, as they
            are where PyTensor keeps to it.
        convert: function that returns them in the type of the rule in any case.
    """
    for name in NAMES:
        _extend(name, functools.partial(_under_the_rule, adapt))
        _extend(f"r{name}", functools.partial(_under_the_rule, adapt))
    for name in BIT_NAMES:
        _extend(name, functools.partial(_on_bits, convert))
        _extend(f"r{name}", functools.partial(_on_bits, convert))
    for name in COMPARISONS:
        _extend(name, _as_it_is)
    for name in UNARY_NAMES:
        _extend(name, functools.partial(_on_numbers, adapt))
    _extend("invert", _inverting)
    _tensor_py_operators.__copy__ = _copied


def _copied(x):
    """Returns a tensor of the same value for `copy.copy`.

    Python's own copy would be a second output of the node that computes the first one,
    which knows nothing of it. Shared variables, which keep values, are themselves.
    """
    if isinstance(x, SharedVariable):
        return x
    copied = tensor_copy(x)
    tensor_state = {name: value for name, value in vars(x).items() if name in STATE}
    vars(copied).update(tensor_state)
    return copied


def _extend(
    name: str, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    method = f"__{name}__"
    original = getattr(_tensor_py_operators, method)
    if not hasattr(original, "__wrapped__"):
        operate = _explained(name, wrapped(original))
        setattr(_tensor_py_operators, method, operate)


def _under_the_rule(adapt: Adapt, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def operate(self, other):
        if _agrees(self, other) or not _is_operand(other):
            return original(self, other)
        return original(*adapt(self, other))

    return operate


def _as_it_is(original: Callable[..., Any]) -> Callable[..., Any]:
    return original


def _explained(name: str, operate: Callable[..., Any]) -> Callable[..., Any]:
    """Makes an operator's errors name the shapes that it can't combine, as `K` does.

    # Arguments
        name: str, the name of its method, with `r` in front where the tensor is on the
            right.
    """

    @functools.wraps(operate)
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
    return getattr(x, "_keras_shape", None) or getattr(x.type, "shape", "unknown")


def _on_bits(convert: Adapt, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def operate(self, other):
        if not _is_operand(other):
            return original(self, other)
        operands = convert(self, other, arithmetic=False)
        check_has_bits(np.dtype(own_type(operands)))
        return original(*operands)

    return operate


def _inverting(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def operate(self):
        check_has_bits(np.dtype(self.dtype))
        return original(self)

    return operate


def _on_numbers(adapt: Adapt, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def operate(self):
        return original(*adapt(self)) if self.dtype == "bool" else original(self)

    return operate


def _agrees(x, other) -> bool:
    """Tells of the usual pairs that PyTensor's type is that of the rule.

    A number of NumPy's, which may derive from `float`, has a type of its own.
    """
    if type(other) is float:
        return bool(x.dtype == floatx())
    if type(other) is int:
        return x.dtype in ("float32", "float64") and abs(other) < SMALL
    if isinstance(other, Variable):
        return getattr(other, "dtype", None) == x.dtype and x.dtype in FLOATS
    return False


def _is_operand(x) -> bool:
    if isinstance(x, Variable):
        return isinstance(x.type, TensorType)
    return np.asarray(x).dtype.kind in NUMERIC
