"""Objects from names and configurations, and the policy for configurations that come
from a file.

A file may name only what is registered under the kind expected at that place, and of
classes only those that declare `loadable = True` themselves. What the caller passes as
`custom_objects` comes first and needs no declaration. Nothing in a file is executed or
imported by its path, and nothing in it can relax these rules.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from types import FunctionType
from typing import Any

from oneiros import registry
from oneiros.errors import (
    ConfigError,
    NameConflictError,
    OneirosError,
    UnknownNameError,
    UnsafeFileError,
)
from oneiros.plugins import Entry

KERAS_VERSION = "1.2.2"
"""The version of Keras whose configurations and files these are."""

MAX_PARAMETERS, MAX_CALLS = 2**28, 2**12
"""How many weights a configuration may ask for unless `parameter_budget` says
otherwise, and how many calls
in nested models and unrolled steps: models in models, each called twice, would double
    them."""

FUNCTION_KINDS = ("activation", "objective", "metric", "initialization")

_custom: dict[str, Any] = {}
_functions: ContextVar[dict[str, Any]] = ContextVar("oneiros_functions", default={})
_budget: ContextVar[list[float] | None] = ContextVar(
    "oneiros_parameter_budget", default=None
)


class CustomObjectScope:
    """Context manager under which names mean the caller's own objects.

    # Arguments
        args: dicts from names to objects.

    # Example
        ```python
        from oneiros.config import CustomObjectScope
        from oneiros.layers import Dense
        from oneiros.models import Sequential, model_from_json


        class MyLayer(Dense):
            pass


        text = Sequential([MyLayer(3, input_dim=2)]).to_json()
        with CustomObjectScope({"MyLayer": MyLayer}):
            model = model_from_json(text)
        ```
    """

    def __init__(self, *args: dict[str, Any]) -> None:
        self.custom_objects = args

    def __enter__(self) -> CustomObjectScope:
        self.backup = dict(_custom)
        _custom.update(
            pair for objects in self.custom_objects for pair in objects.items()
        )
        return self

    def __exit__(self, *error: object) -> None:
        _custom.clear()
        _custom.update(self.backup)


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """Returns the dict of the caller's own objects, which may be added to for the rest
    of the process."""
    return _custom


def get_object(
    kind: str,
    identifier: Any,
    custom_objects: dict[str, Any] | None = None,
    instantiate: bool = False,
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """Returns the object that an identifier stands for; this is what `activations.get`
    and its like call.

    # Arguments
        kind: str, a kind of the registry, e.g. `"activation"`.
        identifier: a name; a configuration, `{"name": N, **arguments}` or
            `{"class_name": N, "config": arguments}`; None or an object, returned as
            they are.
        custom_objects: dict, names that come before the registry's.
        instantiate: bool, whether to call the class or the function that a name stands
            for.
        kwargs: dict, arguments of that call.

    # Raises
        UnknownNameError: if nothing provides the name.
        ConfigError: for a number, a list or bytes, which stand for no object.
        UnsafeFileError: if a configuration names a class that may not be built from
            one.
    """
    if isinstance(identifier, dict):
        name, arguments = _parts(kind, identifier)
        cls = _lookup(kind, name, custom_objects)
        check_loadable(cls, kind, custom_objects)
        with _explained(kind, name):
            return (
                cls.from_config(arguments)
                if hasattr(cls, "from_config")
                else cls(**arguments)
            )
    if not isinstance(identifier, str):
        if isinstance(identifier, (int, float, bytes, list, tuple)):
            raise ConfigError(
                f"{identifier!r:.80} is no {kind}: pass a name, or the object itself."
            )
        return identifier
    found = _lookup(kind, identifier, custom_objects)
    if not instantiate or not (isinstance(found, type) or inspect.isroutine(found)):
        return found
    if isinstance(found, type) and _budget.get() is not None:
        check_loadable(found, kind, custom_objects)
    with _explained(kind, identifier):
        return found(**(kwargs or {}))


def layer_from_config(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> Any:
    """Builds a layer or a model from `{"class_name": …, "config": …}`.

    # Arguments
        config: dict as above, or a legacy one with the class under `name`.
        custom_objects: dict from names to the caller's own classes and functions, valid
            during this call.

    # Raises
        ConfigError: if the configuration doesn't fit the class.
        UnknownNameError, UnsafeFileError: as in `get_object`.
    """
    name, arguments = _parts("layer", config)
    with loading("layer", name, custom_objects):
        cls = _lookup("layer", name)
        check_loadable(cls, "layer")
        takes_them = "custom_objects" in inspect.signature(cls.from_config).parameters
        return cls.from_config(
            arguments, **({"custom_objects": custom_objects} if takes_them else {})
        )


def check_loadable(
    cls: Any, kind: str, custom_objects: dict[str, Any] | None = None
) -> None:
    """Raises UnsafeFileError unless a configuration may have an object of this class
    built.

    # Arguments
        cls: what the configuration's name stands for.
        kind: str, the kind expected where it was named.
        custom_objects: dict, objects that the caller vouches for.
    """
    from oneiros import bases
    from oneiros.engine.layer import Layer

    name = getattr(cls, "__qualname__", repr(cls))
    base = Layer if kind == "layer" else getattr(bases, kind.capitalize(), object)
    if not isinstance(cls, type) or not issubclass(cls, base):
        raise UnsafeFileError(
            f"A configuration names {name} where it needs a {kind}; it is no subclass of {base.__name__}."
        )
    vouched = any(
        cls is known for known in [*_custom.values(), *(custom_objects or {}).values()]
    )
    if not vouched and vars(cls).get("loadable") is not True:
        raise UnsafeFileError(
            f"A configuration asks for {cls.__module__}.{name}, which doesn't declare that files may have it "
            f"built. Pass custom_objects={{{name!r}: {name}}}; or, if its constructor only keeps arguments, "
            f"write `loadable = True` into the class (a base class's declaration doesn't count)."
        )


def parameter_budget(
    limit: int = MAX_PARAMETERS, calls: int = 0
) -> AbstractContextManager[None]:
    """Returns a context manager that bounds how many weights may be made, all layers
    together.

    # Arguments
        limit: int, number of scalars; loading passes how many the file holds.
        calls: int, number of calls in nested models and of unrolled steps; 0 leaves the
            bound that holds.
    """
    most = calls or (_budget.get() or [MAX_CALLS])[-1]
    return _setting(_budget, [limit, most, limit, most])


def spend_parameters(shape: tuple[int, ...] | None, owner: str) -> None:
    """Counts a weight about to be made, or with None a call or a step, against the
    budget if one holds."""
    budget = _budget.get() or [math.inf, math.inf, 0, 0]
    budget[shape is None] -= 1 if shape is None else math.prod(shape)
    if min(budget) < 0:
        most = (
            f"{budget[3]:,} inner calls and steps"
            if shape is None
            else f"{budget[2]:,} parameters"
        )
        raise UnsafeFileError(
            f"The configuration makes {owner} ask for {f'a weight of shape {shape}' if shape else 'a call'}: "
            f"more than the {most} that it may have. Meant? Use oneiros.config.parameter_budget(n, calls=m)."
        )


def function_scope(functions: dict[str, Any]) -> AbstractContextManager[None]:
    """Returns a context manager that supplies the functions that a file can't hold.

    # Arguments
        functions: dict, layer name → function, or → `{argument: function}`.
    """
    return _setting(_functions, {**_functions.get(), **functions})


def get_function(value: Any, layer: str, argument: str) -> Any:
    """Returns the function that a layer's configuration stands for.

    # Arguments
        value: the function itself; a name; a marker that `dumps` wrote; or bytecode,
            which is refused.
        layer: str, the layer's name, under which `function_scope` may hold the
            function.
        argument: str, e.g. `"function"`, `"mode"`, `"output_shape"`.

    # Raises
        UnsafeFileError: unless the caller supplied the function or the name is that of
            a registered one.
    """
    given = _functions.get().get(layer, {})
    supplied = {"function": given, "mode": given} if callable(given) else given
    name = value.get("name") if isinstance(value, dict) else value
    found = value if callable(value) else supplied.get(argument)
    if found is None and isinstance(name, str):
        entries = (registry.find(kind, name) for kind in FUNCTION_KINDS)
        own = _custom.get(name) or _custom.get(name.rpartition(".")[2])
        found = own or next((registry.load(entry) for entry in entries if entry), None)
    if callable(found):
        return found
    what = (
        f"names the function {name!r:.80}"
        if isinstance(name, str)
        else "is stored as Python bytecode"
    )
    supply = f"{{{layer!r}: {{{argument!r}: fn}}}}"
    raise UnsafeFileError(
        f"The argument `{argument}` of layer {layer!r} {what}. Loading runs no code from a file. Supply it: "
        f"load_model(path, functions={supply}), or `with oneiros.config.function_scope({supply}):`."
    )


def registered(function: Any) -> Entry | None:
    """Returns the entry under which a function is registered, or None."""
    if not isinstance(function, FunctionType):
        return None
    reference = f"{function.__module__}:{function.__qualname__}"
    for kind in FUNCTION_KINDS:
        with suppress(NameConflictError):
            entry = registry.find(kind, function.__name__)
            if entry is not None and entry.reference == reference:
                return entry
    return None


def dumps(obj: Any, **kwargs: Any) -> str:
    """Returns JSON text; NumPy values become plain ones, functions their name or a
    marker, never bytecode.

    # Arguments
        obj: dicts, lists, numbers, strings, …
        kwargs: passed on to `json.dumps`.

    # Raises
        ConfigError: for anything else, and for NaN and infinity.
    """
    try:
        return json.dumps(obj, **{"default": _plain, "allow_nan": False, **kwargs})
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"A configuration can't be written as JSON: {error}"
        ) from None


@contextmanager
def loading(
    kind: str, name: str, custom_objects: dict[str, Any] | None = None
) -> Iterator[None]:
    """Context manager for building from a configuration: custom objects are known,
    weights bounded."""
    bounded = nullcontext() if _budget.get() else parameter_budget()
    with custom_object_scope(custom_objects or {}), bounded, _explained(kind, name):
        yield


@contextmanager
def _explained(kind: str, name: str) -> Iterator[None]:
    """Context manager under which errors of the arguments become ConfigErrors."""
    try:
        yield
    except OneirosError:
        raise
    except Exception as error:  # whatever a constructor or an engine raises
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"The {kind} {name!r} can't be built from its arguments: {reason}"
        ) from error


@contextmanager
def _setting(variable: ContextVar[Any], value: Any) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def _parts(kind: str, config: Any) -> tuple[str, Any]:
    """Splits a configuration into the class's name and a copy of its arguments."""
    found = dict(config) if isinstance(config, dict) else {}
    if "class_name" in found:
        name, arguments = found["class_name"], found.get("config", {})
    else:
        name, arguments = found.pop("name", None), found
        if kind == "layer":
            arguments["name"] = arguments.pop("custom_name", None)
    if not isinstance(name, str) or not isinstance(arguments, (dict, list)):
        raise ConfigError(
            f'The configuration of a {kind} looks like {{"class_name": "…", "config": {{…}}}}; '
            f"received {config!r:.200}."
        )
    return name, arguments.copy()


def _lookup(kind: str, name: str, custom_objects: dict[str, Any] | None = None) -> Any:
    if name in (own := {**_custom, **(custom_objects or {})}):
        return own[name]
    try:
        return registry.resolve(kind, name)
    except UnknownNameError as error:
        hint = f"If it is your own, pass custom_objects={{{name!r}: …}} when loading, else the object itself."
        raise UnknownNameError(f"{error} {hint}") from None


def _plain(obj: Any) -> Any:
    if hasattr(obj, "tolist"):
        return obj.tolist()
    if not callable(obj):
        raise TypeError(
            f"{type(obj).__name__} {obj!r:.80} is no number, text, list, dict or function"
        )
    entry = registered(obj)
    if entry is not None:
        return f"{entry.distribution}:{entry.name}"
    name = getattr(obj, "__qualname__", type(obj).__name__)
    return {"class_name": "__function__", "name": name}
