"""`TensorOperation`: an operation on tensors by its name, as files of Keras 2 and 3
have between their layers. The names are a list; none is looked up anywhere else."""

import inspect
import math
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import activations
from oneiros import backend as K
from oneiros.arguments import check_choice
from oneiros.errors import ConfigError
from oneiros.migrations import Migration
from oneiros.typing import Shape, Tensor

from oneiros_keras2.base import Keras2Layer

FURTHER = ("x", "x1", "x2")
"""Operands that a file may give by name, in their order."""
INPUT = "input"
"""The key of a dict that stands for one of a layer's inputs."""
SLICE = "slice"
"""The key of a dict that stands for a slice: its start, stop and step."""
OPERANDS = "operands"
CONSTANT = "_CONSTANT_VALUE"
"""What stands in files of Keras 2 for the name of a layer, where a value is given."""
PROBES = (1009, 2003)
"""Sizes that are tried for unknown ones; a size of the output that both give alike is
known."""
NAMES_THERE = {
    "abs": "absolute",
    "concat": "concatenate",
    "div": "true_divide",
    "divide": "true_divide",
    "getitem": "get_item",
    "neg": "negative",
    "pow": "power",
    "reduce_all": "all",
    "reduce_any": "any",
    "reduce_max": "max",
    "reduce_mean": "mean",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_std": "std",
    "reduce_sum": "sum",
    "reduce_variance": "var",
    "swish": "silu",
    "truediv": "true_divide",
}
"""Names of TensorFlow's and Keras's operations that have another one here."""
ARGUMENTS_THERE = {
    "y": "x2",
    "b": "x2",
    "perm": "axes",
    "shape": "newshape",
    "multiples": "repeats",
    "clip_value_min": "x_min",
    "clip_value_max": "x_max",
    "slice_spec": "key",
    "alpha": "negative_slope",
}


# What the operations compute


def softmax(x, axis=-1):
    """Returns the exponentials, divided by their sum along an axis."""
    exponentials = K.exp(x - K.max(x, axis=axis, keepdims=True))
    return exponentials / K.sum(exponentials, axis=axis, keepdims=True)


def matmul(x1, x2):
    """Returns the products of the matrices in the last two axes."""
    rank = K.ndim(x1)
    if K.ndim(x2) == 2:
        return K.dot(x1, x2)
    if rank == 3:
        return K.batch_dot(x1, x2, axes=[2, 1])
    first, second = K.shape(x1), K.shape(x2)
    outer = [first[axis] for axis in range(rank - 2)]
    flat = K.batch_dot(
        K.reshape(x1, (-1, first[rank - 2], first[rank - 1])),
        K.reshape(x2, (-1, second[rank - 2], second[rank - 1])),
        axes=[2, 1],
    )
    return K.reshape(flat, (*outer, first[rank - 2], second[rank - 1]))


def transpose(x, axes=None):
    """Returns a tensor with its axes in another order."""
    return K.permute_dimensions(x, tuple(axes or reversed(range(K.ndim(x)))))


def stack(x, axis=0):
    """Returns tensors joined along a new axis."""
    return K.concatenate([expand_dims(each, axis) for each in x], axis=axis)


def expand_dims(x, axis):
    """Returns a tensor with a new axis of size 1."""
    return K.expand_dims(x, axis % (K.ndim(x) + 1))


def squeeze(x, axis):
    """Returns a tensor without axes of size 1."""
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    for each in sorted((each % K.ndim(x) for each in axes), reverse=True):
        x = K.squeeze(x, each)
    return x


def power(x1, x2):
    """Returns values raised to a power."""
    is_number = isinstance(x1, (int, float))
    return K.exp(x2 * math.log(x1)) if is_number else K.pow(x1, x2)


def activation(name: str) -> Callable[..., Tensor]:
    """Returns the operation that an activation function is."""

    def activated(x, **settings):
        function: Any = activations.get(name)
        return function(x, **settings)

    return activated


# The shapes of what they compute


def alike(x, *operands, **settings) -> Shape:
    """The shape of a value by value operation."""
    others = [np.shape(each) for each in (*operands, *settings.values())]
    return tuple(np.broadcast_shapes(np.shape(x), *others))


def same(x, *_, **settings) -> Shape:
    """The shape of the first operand."""
    return tuple(np.shape(x))


def reduced(x, axis=None, keepdims=False) -> Shape:
    """The shape without some axes, or with 1 for them."""
    rank = len(x.shape)
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    gone = range(rank) if axis is None else [each % rank for each in axes]
    if keepdims:
        return tuple(1 if n in gone else size for n, size in enumerate(x.shape))
    return tuple(size for n, size in enumerate(x.shape) if n not in gone)


def reshaped(x, newshape) -> Shape:
    """The shape with the open size filled in."""
    known = math.prod(size for size in newshape if size != -1)
    return tuple(x.size // max(known, 1) if size == -1 else size for size in newshape)


def stacked(x, axis=0) -> Shape:
    """The shape of tensors along a new axis."""
    sizes = list(np.expand_dims(x[0], axis).shape)
    sizes[axis] = len(x)
    return tuple(sizes)


def joined(tensors, axis=-1) -> Shape:
    """The shape of tensors side by side."""
    sizes = list(tensors[0].shape)
    sizes[axis] = sum(each.shape[axis] for each in tensors)
    return tuple(sizes)


def multiplied(x1, x2) -> Shape:
    """The shape of products of matrices."""
    return (*x1.shape[:-1], x2.shape[-1])


def repeated(x, repeats, axis) -> Shape:
    """The shape with one size multiplied."""
    sizes = list(x.shape)
    sizes[axis] *= repeats
    return tuple(sizes)


def tiled(x, repeats) -> Shape:
    """The shape with each size multiplied."""
    return tuple(map(operator.mul, x.shape, repeats))


Operation = tuple[Callable[..., Any], Callable[..., Any]]
"""What computes it, and what gives its shape for arrays of the operands' shapes."""
_OF_TWO: dict[str, Callable[..., Tensor]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "true_divide": operator.truediv,
    "power": power,
    "maximum": K.maximum,
    "minimum": K.minimum,
    "equal": K.equal,
    "not_equal": K.not_equal,
    "greater": K.greater,
    "greater_equal": K.greater_equal,
    "less": K.lesser,
    "less_equal": K.lesser_equal,
    "squared_difference": lambda x1, x2: K.square(x1 - x2),
}
_OF_ONE: dict[str, Callable[..., Tensor]] = {
    "absolute": K.abs,
    "negative": operator.neg,
    "exp": K.exp,
    "log": K.log,
    "log1p": lambda x: K.log(1 + x),
    "expm1": lambda x: K.exp(x) - 1,
    "sqrt": K.sqrt,
    "rsqrt": lambda x: 1 / K.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "square": K.square,
    "sign": K.sign,
    "sin": K.sin,
    "cos": K.cos,
    "round": K.round,
    "erf": K.erf,
    "relu": K.relu,
    "leaky_relu": lambda x, negative_slope=0.2: K.relu(x, alpha=negative_slope),
    "softmax": softmax,
    "cast": K.cast,
    "clip": lambda x, x_min, x_max: K.clip(x, x_min, x_max),
    "flip": lambda x, axis: K.reverse(x, axis),
    "identity": lambda x: x,
    "stop_gradient": K.stop_gradient,
    **{
        name: activation(name)
        for name in (
            *("sigmoid", "tanh", "softplus", "softsign", "elu", "selu", "gelu"),
            *("silu", "mish", "relu6"),
        )
    },
}
_REDUCING: dict[str, Callable[..., Tensor]] = {
    "mean": K.mean,
    "sum": K.sum,
    "max": K.max,
    "min": K.min,
    "prod": K.prod,
    "var": K.var,
    "std": K.std,
    "any": K.any,
    "all": K.all,
    "argmax": K.argmax,
}
OPERATIONS: dict[str, Operation] = {
    **{name: (function, alike) for name, function in _OF_TWO.items()},
    **{name: (function, same) for name, function in _OF_ONE.items()},
    **{name: (function, reduced) for name, function in _REDUCING.items()},
    "where": (lambda condition, x1, x2: K.switch(condition, x1, x2), alike),
    "matmul": (matmul, multiplied),
    "reshape": (lambda x, newshape: K.reshape(x, tuple(newshape)), reshaped),
    "transpose": (transpose, lambda x, axes=None: x.transpose(axes).shape),
    "expand_dims": (expand_dims, lambda x, axis: np.expand_dims(x, axis).shape),
    "squeeze": (squeeze, lambda x, axis: np.squeeze(x, tuple(np.ravel(axis))).shape),
    "concatenate": (K.concatenate, joined),
    "stack": (stack, stacked),
    "get_item": (lambda x, key: x[key], lambda x, key: x[key].shape),
    "repeat": (lambda x, repeats, axis: K.repeat_elements(x, repeats, axis), repeated),
    "tile": (lambda x, repeats: K.tile(x, repeats), tiled),
}
OF_LISTS = ("concatenate", "stack")
"""The operations whose first operand is a list of tensors."""


class TensorOperation(Keras2Layer):
    """An operation on tensors by its name.

    # Example
        ```python
        from oneiros.layers import Input, TensorOperation

        x = Input(shape=(4, 6))
        TensorOperation("mean", settings={"axis": 1})(x)._keras_shape  # (None, 6)
        ```

    # Arguments
        operation: str, a name of `keras.ops`, such as `"add"`.
        operands: list, what the operation gets, with `{"input": 0}` for the first input
            of the layer and `{"slice": [start, stop, step]}` for a slice; the inputs if
            None.
        settings: dict, its arguments by name.

    # Input shape
        That of the operation, or a list of them.

    # Output shape
        That of the operation.
    """

    loadable = True
    supports_masking = True

    def __init__(self, operation: str, operands=None, settings=None, **kwargs):
        super().__init__(**kwargs)
        self.operation = check_choice(self, "operation", operation, OPERATIONS)
        self.operands = operands
        self.settings = dict(settings or {})

    def call(self, x, mask=None):
        """Returns the result."""
        function, _ = OPERATIONS[self.operation]
        operands, settings = self._filled(x, K.variable)
        return function(*operands, **settings)

    def _filled(self, x, constant: Callable[[Any], Any]) -> Any:
        """Returns operands and settings with the inputs in place; lists of numbers in
        the place of a tensor become what a function makes of them."""
        inputs = x if isinstance(x, list) else [x]
        operands = self.operands
        if operands is None:
            operands = [inputs] if self.operation in OF_LISTS else inputs
        filled = [filled_in(each, inputs) for each in operands]
        settings = {
            name: filled_in(value, inputs) for name, value in self.settings.items()
        }
        _, rule = OPERATIONS[self.operation]
        if rule is not alike:
            return filled, settings
        return [
            constant(each) if isinstance(each, list) else each for each in filled
        ], settings

    def get_output_shape_for(self, input_shape) -> Shape:
        """Returns the shape of the result."""
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        _, rule = OPERATIONS[self.operation]
        results = []
        for probe in PROBES:
            arrays = [
                np.broadcast_to(
                    np.float32(0), [probe if size is None else size for size in shape]
                )
                for shape in shapes
            ]
            operands, settings = self._filled(arrays, np.asarray)
            results.append(rule(*operands, **settings))
        return tuple(
            one if one == other else None for one, other in zip(*results, strict=True)
        )

    def compute_mask(self, input, mask=None):
        """Returns None: masks end at operations."""
        return None

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument, which is plain data."""
        return {argument: getattr(self, argument)}


def filled_in(value, inputs: list[Any]) -> Any:
    """Returns a value with the inputs and slices that dicts in it stand for."""
    if isinstance(value, dict):
        if INPUT in value:
            return inputs[value[INPUT]]
        return slice(*value[SLICE])
    if isinstance(value, (list, tuple)):
        filled = [filled_in(each, inputs) for each in value]
        is_key = any(isinstance(each, slice) for each in filled)
        return tuple(filled) if is_key else filled
    return value


# Files


class OperationMigration(Migration):
    """An operation of a graph of Keras 2 or 3."""

    def translated(self, name: str, config):
        """Returns the layer with the operation's name here.

        # Raises
            ConfigError: if the operation isn't known.
        """
        if self.origin.keras < 2 or "operation" in config:
            return name, config
        there = str(config.get("function", "getitem"))
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", there.split(".")[-1]).lower()
        known = NAMES_THERE.get(words, words)
        if known not in OPERATIONS:
            raise ConfigError(
                f"{config.get('name')!r} is the operation {there} on tensors, which "
                f"isn't known here. Known are: {', '.join(sorted(OPERATIONS))}."
            )
        return "TensorOperation", {
            "name": config.get("name"),
            "operation": known,
            "settings": config.get("settings") or {},
        }

    def called(self, config, inputs, arguments):
        """Puts the call's arguments into the configuration."""
        references: list[Any] = []
        operands = arguments.get(OPERANDS)
        if operands is None:
            operands = [_operand(each, references) for each in inputs]
            if config["operation"] in OF_LISTS:
                operands = [operands]
        else:
            references += inputs
        settings = {
            ARGUMENTS_THERE.get(name, name): _operand(value, references)
            for name, value in arguments.items()
            if name not in (OPERANDS, "name") and value not in (None, False)
        }
        given = {
            name: value
            for name, value in config["settings"].items()
            if value not in (None, False)
        }
        settings = given | settings
        operands += [settings.pop(name) for name in FURTHER if name in settings]
        _check_arguments(config, operands, settings)
        config |= {"operands": operands, "settings": settings}
        return references


def _check_arguments(config, operands, settings) -> None:
    """Raises ConfigError if the operation here lacks an argument."""
    function, _ = OPERATIONS[config["operation"]]
    try:
        inspect.signature(function).bind(*operands, **settings)
    except TypeError as error:
        raise ConfigError(
            f"{config.get('name')!r} is the operation {config['operation']} on tensors "
            f"with arguments that aren't known here: {error}."
        ) from error


def _operand(value, references: list[Any]) -> Any:
    """Returns an argument of a call in a file of Keras 2; references to tensors are
    collected, and dicts stand for them."""
    if isinstance(value, dict):
        return {SLICE: [value.get(key) for key in ("start", "stop", "step")]}
    if not isinstance(value, (list, tuple)):
        return value
    is_named = len(value) == 3 and isinstance(value[0], str)
    if is_named and value[0] == CONSTANT:
        return value[2]
    if is_named:
        references.append(list(value))
        return {INPUT: len(references) - 1}
    return [_operand(each, references) for each in value]
