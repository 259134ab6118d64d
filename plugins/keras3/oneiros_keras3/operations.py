"""`TensorOperation`: an operation on tensors by its name, which may hold others."""

import math
import operator
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import DescribedLayer, register

Function = Callable[..., Any]
INPUT, SLICE, OPERATION = "input", "slice", "operation"
"""Keys of dicts that stand for an input, a slice and the result of an operation."""
OF_LISTS = ("concatenate", "stack")
"""The operations whose first operand is a list of tensors."""
TUPLES = ("axis", "axes", "pool_size", "strides")
"""Arguments whose lists Keras takes as tuples."""


def get_item(x, key):
    """Returns a part of a tensor; `"..."` in the key is an ellipsis."""
    places = key if isinstance(key, list) else [key]
    return x[tuple(... if each == "..." else each for each in places)]


def joined(sizes: list[Any], axis: int = 0) -> list[Any]:
    """Returns sizes and lists of them as one list."""
    found: list[Any] = []
    for each in sizes:
        found += each if isinstance(each, list) else [each]
    return found


NAMES = (
    "absolute",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "average_pool",
    "broadcast_to",
    "cast",
    "ceil",
    "celu",
    "clip",
    "concatenate",
    "cos",
    "cosh",
    "convert_to_tensor",
    "count_nonzero",
    "cumsum",
    "depth_to_space",
    "divide_no_nan",
    "dot",
    "einsum",
    "elu",
    "equal",
    "erf",
    "exp",
    "expand_dims",
    "expm1",
    "flip",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "glu",
    "greater",
    "greater_equal",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "isnan",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "matmul",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mod",
    "moments",
    "moveaxis",
    "multiply",
    "negative",
    "norm",
    "normalize",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "power",
    "prod",
    "reciprocal",
    "relu6",
    "repeat",
    "reshape",
    "roll",
    "round",
    "rsqrt",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "space_to_depth",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "split",
    "sqrt",
    "square",
    "squareplus",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "tan",
    "tanh",
    "tanh_shrink",
    "tensordot",
    "threshold",
    "tile",
    "transpose",
    "true_divide",
    "unstack",
    "var",
    "where",
    "zeros",
    "zeros_like",
)
FUNCTIONS: dict[str, Function] = {
    **{name: getattr(ops, name) for name in NAMES},
    "gelu": keras.activations.gelu,
    "get_item": get_item,
    "mish": keras.activations.mish,
    "relu": keras.activations.relu,
    "resize": ops.image.resize,
    "rgb_to_grayscale": ops.image.rgb_to_grayscale,
}
"""The operations by their names."""
OF_TENSORS: dict[str, Function] = {
    "ndim": ops.ndim,
    "shape": lambda x: list(ops.shape(x)),
    "size": lambda x: math.prod(ops.shape(x)),
}
"""The operations that give sizes of tensors."""
OF_SIZES: dict[str, Function] = {
    "add": operator.add,
    "cast": lambda x, dtype: x,
    "concatenate": joined,
    "convert_to_tensor": lambda x: x,
    "floor_divide": operator.floordiv,
    "get_item": lambda x, key: x[key],
    "multiply": operator.mul,
    "prod": math.prod,
    "stack": joined,
    "subtract": operator.sub,
    "true_divide": operator.truediv,
    "unstack": lambda x, num=None, axis=0: x,
}
"""The operations that give sizes of others."""


@register
class TensorOperation(DescribedLayer):
    """An operation on tensors by its name.

    # Arguments
        operation: str, a name of `keras.ops`.
        operands: list, what the operation gets, with dicts: `{"input": 0}` stands for
            the first input of the layer, `{"slice": [start, stop, step]}` for a slice,
            and one with an operation and operands for its result.
        settings: dict, its arguments by name.
        **kwargs: as for `keras.layers.Layer`.
    """

    arguments = {"operation": "add", "operands": None, "settings": None}

    def call(self, inputs):
        """Returns the result."""
        tensors = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        operands = self.operands
        if operands is None:
            given = [{INPUT: place} for place, _ in enumerate(tensors)]
            operands = [given] if self.operation in OF_LISTS else given
        expression = {
            OPERATION: self.operation,
            "operands": operands,
            "settings": self.settings or {},
        }
        return computed(expression, tensors)


def computed(value, tensors) -> Any:
    """Returns an operand or an argument, which may hold operations."""
    if isinstance(value, (list, tuple)):
        return [computed(each, tensors) for each in value]
    if not isinstance(value, dict):
        return value
    if INPUT in value:
        return tensors[value[INPUT]]
    if SLICE in value:
        return slice(*computed(value[SLICE], tensors))
    name = value[OPERATION]
    operands = computed(value["operands"], tensors)
    settings = {}
    for key, argument in value.get("settings", {}).items():
        found = computed(argument, tensors)
        is_tuple = key in TUPLES and isinstance(found, list)
        settings[key] = tuple(found) if is_tuple else found
    is_of_sizes = name in OF_SIZES and are_sizes(operands)
    functions = OF_SIZES if is_of_sizes else {**FUNCTIONS, **OF_TENSORS}
    return functions[name](*operands, **settings)


def are_sizes(value) -> bool:
    """Returns whether a value is a size or a list of them."""
    if isinstance(value, list):
        return all(map(are_sizes, value))
    return len(getattr(value, "shape", ())) == 0
