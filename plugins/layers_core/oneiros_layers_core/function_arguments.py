"""Functions as arguments: their configuration, and how they are called."""

import inspect
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from oneiros import backend as K
from oneiros import services
from oneiros.arguments import is_int, label


def function_config(argument: str, value) -> dict[str, Any]:
    """Returns the configuration of an argument that may be a function.

    It holds the live object and its kind.

    The kinds are those of Keras 1: `"lambda"` for any Python function, `"function"` for
    other callables, `"raw"` otherwise.
    """
    kind = "raw"
    if isinstance(value, FunctionType):
        kind = "lambda"
    elif callable(value):
        kind = "function"
    return {argument: value, f"{argument}_type": kind}


def plain_shape(shape):
    """Returns a shape as a tuple of Python's numbers; a function or None unchanged."""
    if not isinstance(shape, (list, tuple)):
        return shape
    return tuple(int(size) if is_int(size) else size for size in shape)


def with_functions(config: dict[str, Any], *names: str) -> dict[str, Any]:
    """Returns a configuration with the functions themselves instead of their names.

    # Raises
        UnsafeFileError: if the function isn't available; bytecode is never run.
    """
    arguments = dict(config)
    for name in names:
        if arguments.pop(f"{name}_type", "raw") != "raw":
            arguments[name] = services.configurations.stored_function(
                arguments.get(name), str(config.get("name")), name
            )
    return arguments


def takes_mask(function: Callable[..., Any]) -> bool:
    """Returns whether a function has an argument `mask`."""
    try:
        return "mask" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def call_function(
    function: Callable[..., Any], inputs, arguments: dict[str, Any], mask
):
    """Calls a function on the inputs, with the mask if it accepts one."""
    extra = {"mask": mask} if takes_mask(function) else {}
    return function(inputs, **{**arguments, **extra})


def function_shape(layer, function: Callable[..., Any], input_shape):
    """Returns the shape of a function's result that its layer declares; if there is
    none, the shape of the result for placeholders.

    # Arguments
        layer: Lambda or Merge; its attributes `_output_shape`, `arguments` and
            `_input_dtypes` are read.
        function: function that computes the layer's output.
        input_shape: shape of the input, or list of them.
    """
    shapes = input_shape if isinstance(input_shape, list) else [input_shape]
    declared = layer._output_shape
    if isinstance(declared, tuple):
        return (shapes[0][0], *declared)
    if declared is not None:
        shape = declared(input_shape)
        if isinstance(shape, Iterable):
            return tuple(shape)
        raise TypeError(
            f"{label(layer)}: its function output_shape returned {shape!r} for the "
            f"input shape {input_shape}. It must return a tuple that includes the "
            "batch."
        )
    dtypes = layer._input_dtypes or [K.floatx()] * len(shapes)
    pairs = zip(shapes, dtypes, strict=True)
    inputs = [K.placeholder(shape=shape, dtype=dtype) for shape, dtype in pairs]
    x = inputs if isinstance(input_shape, list) else inputs[0]
    output = call_function(function, x, layer.arguments, None)
    if isinstance(output, (list, tuple)):
        return [_shape_of(part, shapes[0]) for part in output]
    return _shape_of(output, shapes[0])


def _shape_of(output, input_shape):
    has_rank = getattr(output, "shape", ()) is not None
    return K.int_shape(output) if has_rank else input_shape
