"""Functions that configurations name and the caller supplies on loading."""

from contextlib import AbstractContextManager
from typing import Any

from oneiros import load_context, registry
from oneiros.config import known_objects
from oneiros.errors import UnsafeFileError
from oneiros_safe_files.functions import FUNCTION_KINDS, written


def function_scope(functions: dict[str, Any]) -> AbstractContextManager[Any]:
    """Returns a context manager that supplies functions that a file can't contain.

    # Arguments
        functions: dict from layer name to function, or to `{argument: function}`.
    """
    supplied = {**load_context.current().functions, **functions}
    return load_context.changed(functions=supplied)


def get_function(value, layer: str, argument: str):
    """Returns the function for a layer's configuration.

    # Arguments
        value: the function itself, a name, a marker from `dumps`, or bytecode, which is
            refused.
        layer: str, the layer's name, for the lookup in `function_scope`.
        argument: str, e.g. `"function"`, `"mode"`, `"output_shape"`.

    # Raises
        UnsafeFileError: unless the caller supplied the function, a function is
            registered under the name, or this process wrote the configuration.
    """
    function = value if callable(value) else _supplied(layer, argument)
    name = value.get("name") if isinstance(value, dict) else value
    if function is None and isinstance(name, str):
        function = _named_function(name)
    if function is None:
        function = written(value)
    if callable(function):
        return function
    if isinstance(name, str):
        stored = f"names the function {name!r:.80}"
    elif isinstance(value, dict) and value.get("class_name") == "function":
        stored = f"names the function {value.get('config')!r:.80} of Keras 3"
    else:
        stored = "is stored as Python bytecode"
    supply = f"{{{layer!r}: {{{argument!r}: fn}}}}"
    raise UnsafeFileError(
        f"The argument `{argument}` of layer {layer!r} {stored}. Loading runs no code "
        f"from a file. Supply it: load_model(path, functions={supply}), "
        f"model_from_json(text, functions={supply}), or "
        f"`with oneiros.saving.function_scope({supply}):`."
    )


def _supplied(layer: str, argument: str):
    """Returns the function that the caller supplied for a layer's argument, or None."""
    supplied = load_context.current().functions.get(layer, {})
    if callable(supplied):
        return supplied if argument in ("function", "mode") else None
    return supplied.get(argument)


def _named_function(name: str):
    """Returns the caller's function with a name, or the registered one, or None."""
    objects = known_objects()
    *_, last_name = name.split(".")
    function = objects.get(name) or objects.get(last_name)
    if function is not None:
        return function
    for kind in FUNCTION_KINDS:
        entry = registry.find(kind, name)
        if entry is not None:
            return registry.load(entry)
    return None
