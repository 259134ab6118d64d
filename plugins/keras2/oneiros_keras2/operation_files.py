"""Operations on tensors in files of Keras 2, which has the names of TensorFlow, and of
Keras 3."""

import inspect
import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from oneiros.errors import ConfigError
from oneiros.migrations import Keras3Layer, Migration

from oneiros_keras2.operations import (
    INPUT,
    OPERANDS,
    OPERATION,
    OPERATIONS,
    SETTINGS,
    SLICE,
    Expression,
)

CONSTANT = "_CONSTANT_VALUE"
"""What stands in files of Keras 2 for the name of a layer, where a value is given."""
ELLIPSIS = "__ellipsis__"
"""The name of the class of an ellipsis in files."""
PREFIXES = ("compat.v1.", "math.", "nn.", "linalg.", "__operators__.")
"""What names of TensorFlow's functions begin with that are unique without it."""
OWN = "TensorOperation"
"""The name of the layer here, and in `oneiros_keras3`."""
KEYS = (OPERATION, OPERANDS, SETTINGS)
SUBSCRIPTS = "subscripts"
WITHOUT_EFFECT = ("autocast", "dtype", "name", "out_type", "output_type")
"""Arguments that results don't depend on, but for their type."""
NEUTRAL: dict[str, Any] = {
    "antialias": False,
    "axis": -1,
    "data_format": ("channels_last", "NHWC", "N...C"),
    "decimals": 0,
    "fill_mode": "constant",
    "fill_value": 0.0,
    "sorted": True,
}


def op(operation: str, *operands, **settings) -> Expression:
    """Returns the expression of an operation."""
    return {OPERATION: operation, OPERANDS: list(operands), SETTINGS: settings}


def _product(a, b, transpose_a=False, transpose_b=False) -> Expression:
    """Returns the product of matrices."""
    if transpose_a:
        a = op("swapaxes", a, -1, -2)
    if transpose_b:
        b = op("swapaxes", b, -1, -2)
    return op("matmul", a, b)


def _split(value, num_or_size_splits, axis=0) -> Expression:
    """Returns the parts of a tensor, by their number or their sizes."""
    parts = num_or_size_splits
    if isinstance(parts, list):
        *parts, _ = accumulate(parts)
    return op("split", value, indices_or_sections=parts, axis=axis)


def _gather(params, indices, axis=0, batch_dims=0) -> Expression:
    """Returns slices at indices."""
    if batch_dims:
        raise ConfigError("gather with batch_dims isn't known here.")
    return op("take", params, indices, axis=axis)


def _slices(input_, begin, size) -> Expression:
    """Returns a part of a tensor, by its first places and its sizes."""
    ends = [None if count == -1 else start + count for start, count in zip(begin, size)]
    return _strided(input_, begin, ends)


def _strided(input_, begin, end, strides=None) -> Expression:
    """Returns a part of a tensor, by its ends and steps."""
    steps = strides or [None] * len(begin)
    return op(
        "get_item", input_, [{SLICE: list(each)} for each in zip(begin, end, steps)]
    )


def _pool(operation: str) -> Callable[..., Expression]:
    """Returns the function of TensorFlow for a pooling."""

    def pool(input, ksize, strides, padding):
        window, steps = map(_of_images, (ksize, strides))
        return op(
            operation, input, pool_size=window, strides=steps, padding=padding.lower()
        )

    return pool


def _of_images(sizes):
    """Returns the sizes along rows and columns; four may stand for all axes."""
    if isinstance(sizes, list) and len(sizes) == 4:
        return sizes[1:3]
    return sizes


def _sum(inputs) -> Expression:
    """Returns the sum of tensors."""
    stacked = op("stack", inputs)
    return op("sum", stacked, axis=0)


def _batch_flatten(x) -> Expression:
    """Returns a tensor with an axis for all but the batch."""
    behind = {SLICE: [1, None, None]}
    sizes = op("get_item", op("shape", x), behind)
    count = op("prod", sizes)
    return op("reshape", x, [-1, count])


TENSORFLOW: dict[str, Callable[..., Expression]] = {
    "accumulate_n": _sum,
    "add_n": _sum,
    "argmax": lambda input, axis=0: op("argmax", input, axis=axis),
    "argmin": lambda input, axis=0: op("argmin", input, axis=axis),
    "avg_pool": _pool("average_pool"),
    "avg_pool2d": _pool("average_pool"),
    "bias_add": lambda value, bias: op("add", value, bias),
    "clip_by_value": lambda t, clip_value_min, clip_value_max: op(
        "clip", t, clip_value_min, clip_value_max
    ),
    "cumsum": lambda x, axis=0: op("cumsum", x, axis),
    "ensure_shape": lambda x, shape: op("convert_to_tensor", x),
    "fill": lambda dims, value: op("full", dims, value),
    "gather": _gather,
    "image.adjust_brightness": lambda image, delta: op("add", image, delta),
    "image.flip_left_right": lambda image: op("flip", image, axis=-2),
    "image.flip_up_down": lambda image: op("flip", image, axis=-3),
    "image.resize": lambda images, size, method="bilinear": op(
        "resize", images, size, method
    ),
    "image.rgb_to_grayscale": lambda images: op("rgb_to_grayscale", images),
    "keras.backend.batch_flatten": _batch_flatten,
    "l2_normalize": lambda x, axis=None, epsilon=1e-12: op(
        "normalize", x, axis=axis, epsilon=epsilon**0.5
    ),
    "leaky_relu": lambda features, alpha=0.2: op("leaky_relu", features, alpha),
    "matmul": _product,
    "matrix_transpose": lambda a: op("swapaxes", a, -1, -2),
    "max_pool": _pool("max_pool"),
    "max_pool2d": _pool("max_pool"),
    "norm": lambda tensor, ord="euclidean", axis=None, keepdims=False: op(
        "norm",
        tensor,
        ord=None if ord == "euclidean" else ord,
        axis=axis,
        keepdims=keepdims,
    ),
    "one_hot": lambda indices, depth, axis=-1: op("one_hot", indices, depth, axis),
    "pad": lambda tensor, paddings, mode="CONSTANT", constant_values=0: op(
        "pad", tensor, paddings, mode.lower(), constant_values or None
    ),
    "range": lambda start, limit=None, delta=1: op("arange", start, limit, delta),
    "reshape": lambda tensor, shape: op("reshape", tensor, shape),
    "scalar_mul": lambda scalar, x: op("multiply", scalar, x),
    "slice": _slices,
    "split": _split,
    "squared_difference": lambda x, y: op("square", op("subtract", x, y)),
    "strided_slice": _strided,
    "tensordot": lambda a, b, axes: op("tensordot", a, b, axes),
    "tile": lambda input, multiples: op("tile", input, multiples),
    "transpose": lambda a, perm=None: op("transpose", a, perm),
    "where": lambda condition, x, y: op("where", condition, x, y),
}
"""TensorFlow's functions with other arguments than those here, and what they are
here."""
LISTED = (*("accumulate_n", "add_n", "concat", "ones", "stack", "zeros"),)
"""Those whose first operand may be a list."""
NAMES_THERE = {
    "abs": "absolute",
    "amax": "max",
    "amin": "min",
    "average": "mean",
    "concat": "concatenate",
    "copy": "convert_to_tensor",
    "div": "true_divide",
    "divide": "true_divide",
    "eq": "equal",
    "fabs": "absolute",
    "floor_div": "floor_divide",
    "floordiv": "floor_divide",
    "floormod": "mod",
    "getitem": "get_item",
    "hard_swish": "hard_silu",
    "identity": "convert_to_tensor",
    "is_nan": "isnan",
    "ne": "not_equal",
    "neg": "negative",
    "pow": "power",
    "rank": "ndim",
    "re_lu": "relu",
    "reduce_all": "all",
    "reduce_any": "any",
    "reduce_euclidean_norm": "norm",
    "reduce_logsumexp": "logsumexp",
    "reduce_max": "max",
    "reduce_mean": "mean",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_std": "std",
    "reduce_sum": "sum",
    "reduce_variance": "var",
    "reverse": "flip",
    "rgbto_grayscale": "rgb_to_grayscale",
    "rint": "round",
    "swish": "silu",
    "truediv": "true_divide",
}
"""Names of TensorFlow's and Keras's operations that have another one here."""
SECOND = "x2"
ARGUMENTS_THERE = {"slice_spec": "key", "y": SECOND}


class OperationMigration(Migration):
    """An operation of a graph of Keras 2 or 3."""

    def translated(self, name: str, config):
        """Returns the layer with the operation's name there."""
        if OPERATION in config:
            known = {key: config.get(key) for key in ("name", *KEYS)}
            return OWN, known if self.origin.keras > 1 else config
        there = str(config.get("function", "getitem"))
        for prefix in PREFIXES:
            there = there.removeprefix(prefix)
        if self.origin.keras > 2:
            there = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", there).lower()
        return OWN, {
            "name": config.get("name"),
            OPERATION: there,
            SETTINGS: config.get(SETTINGS) or {},
        }

    def called(self, config, inputs, arguments):
        """Puts the call's operands and arguments into the configuration.

        # Raises
            ConfigError: if the operation isn't known, or not with these arguments.
        """
        if OPERANDS in config:
            return super().called(config, inputs, arguments)
        there = config[OPERATION]
        references: list[Any] = []
        operands = arguments.pop(OPERANDS, None)
        if operands is None:
            operands = [_operand(each, references) for each in inputs]
            if there in LISTED and isinstance(inputs, list):
                operands = [operands]
        else:
            operands = _constants(operands)
            references += inputs
        settings = config[SETTINGS] | {
            name: _operand(value, references) for name, value in arguments.items()
        }
        label = f"{config.get('name')!r} is the operation {there} on tensors"
        if not references:
            raise ConfigError(
                f"{label}, and the file doesn't say on which ones: Keras 2 leaves them "
                "out for this function, and can't read the file either."
            )
        config |= self._here(label, there, operands, settings)
        return references

    def to_keras3(self, config, arrays):
        """Returns the layer of `oneiros_keras3` with the same arguments."""
        arguments = {key: config.get(key) for key in KEYS}
        return Keras3Layer(f"oneiros_keras3>{OWN}", arguments, arrays)

    def _here(self, label: str, there: str, operands, settings) -> Expression:
        """Returns the expression of an operation with its arguments."""
        rewritten = None
        if self.origin.keras == 2:
            rewritten = TENSORFLOW.get(there)
        known = NAMES_THERE.get(there, there)
        function = rewritten or OPERATIONS.get(known)
        if function is None:
            raise ConfigError(
                f"{label}, which isn't known here. If it is a layer of yours, pass "
                "its class in custom_objects. Otherwise rewrite the model without it, "
                "and call load_weights(path, by_name=True)."
            )
        if SUBSCRIPTS in settings:
            operands = [settings.pop(SUBSCRIPTS), *operands]
        parameters = inspect.signature(function).parameters
        given = {
            name if name in parameters else ARGUMENTS_THERE.get(name, name): value
            for name, value in settings.items()
            if name in parameters or not _is_neutral(name, value)
        }
        given = {name: value for name, value in given.items() if value is not None}
        if SECOND in given:
            operands = [*operands, given.pop(SECOND)]
        try:
            inspect.signature(function).bind(*operands, **given)
        except TypeError as error:
            raise ConfigError(
                f"{label} with arguments that aren't known here: {error}."
            ) from error
        if rewritten:
            return rewritten(*operands, **given)
        return op(known, *operands, **given)


def _is_neutral(name: str, value) -> bool:
    """Returns whether an argument has no effect."""
    if value is None or value is False or name in WITHOUT_EFFECT:
        return True
    neutral = NEUTRAL.get(name)
    if isinstance(neutral, tuple):
        return value in neutral
    return bool(value == neutral)


def _constants(value) -> Any:
    """Returns operands in a file of Keras 3 with the values of constants."""
    if isinstance(value, list):
        return list(map(_constants, value))
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    if value["class_name"] == ELLIPSIS:
        return "..."
    return value["config"]["value"]


def _operand(value, references: list[Any]) -> Any:
    """Returns an argument of a call in a file of Keras 2; references to tensors are
    collected, and dicts stand for them."""
    is_dict = isinstance(value, dict)
    if is_dict and value.get("class_name") == ELLIPSIS:
        return "..."
    if is_dict:
        keys = ("start", "stop", "step")
        ends = [value.get(key) for key in keys]
        return {SLICE: [_operand(each, references) for each in ends]}
    if not isinstance(value, (list, tuple)):
        return value
    is_named = len(value) == 3 and isinstance(value[0], str)
    if is_named and value[0] == CONSTANT:
        return value[2]
    if is_named:
        references.append(list(value))
        return {INPUT: len(references) - 1}
    return [_operand(each, references) for each in value]
