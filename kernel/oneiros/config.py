"""Builds objects from names and configurations, and enforces the rules for
configurations from files.

A file may only name objects that are registered under the kind expected at that place;
classes must also declare `loadable = True` themselves. Objects that you pass as
`custom_objects` come first and need no declaration. Nothing in a file is executed or
imported by its path, and nothing in it can relax these rules.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oneiros import load_context, modules, registry
from oneiros.errors import ConfigError, OneirosError, UnknownNameError, UnsafeFileError
from oneiros.load_context import BuildLimits
from oneiros.plugins import manager
from oneiros.typing import Config, Values

KERAS_VERSION = "1.2.2"
"""The version of Keras that defines these configurations and files."""

CLASS_KINDS = ("layer", "optimizer", "regularizer", "constraint")
"""Kinds of the registry whose classes have a base class, which plugins register, too:
`keras.optimizers.Optimizer` for `optimizer`."""

Objects = Values | None


class CustomObjectScope:
    """Context manager that makes names refer to your own objects.

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

    def __init__(self, *args: Values):
        self.custom_objects = args

    def __enter__(self) -> CustomObjectScope:
        self.backup = dict(get_custom_objects())
        objects = dict(self.backup)
        for each in self.custom_objects:
            objects.update(each)
        self._context = load_context.changed(custom_objects=objects)
        self._context.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(None, None, None)


custom_object_scope = CustomObjectScope


def get_custom_objects() -> Values:
    """Returns the dict of your own objects; what you add stays until the scope or the
    load ends in which you add it, or else for the rest of the process."""
    return load_context.current().custom_objects


def known_objects(custom_objects: Objects = None) -> Values:
    """Returns the custom objects of the current context, and those of a call."""
    return {**get_custom_objects(), **(custom_objects or {})}


def get_object(
    kind: str,
    identifier: Any,
    custom_objects: Objects = None,
    instantiate: bool = False,
    kwargs: Values | None = None,
) -> Any:
    """Returns the object that an identifier refers to; `activations.get` and similar
    functions call this.

    # Arguments
        kind: str, a kind of the registry, e.g. `"activation"`.
        identifier: a name; a configuration, `{"name": N, **arguments}` or
            `{"class_name": N, "config": arguments}`; or None or an object, which are
            returned unchanged.
        custom_objects: dict of names that take precedence over the registry's.
        instantiate: bool, whether to call the class or function that a name refers to.
        kwargs: dict, arguments of that call.

    # Raises
        UnknownNameError: if no plugin provides the name.
        ConfigError: for a number, a list or bytes, which can't refer to an object.
        UnsafeFileError: if a configuration names a class that a file may not use.
    """
    if isinstance(identifier, dict):
        name, arguments = _parts(kind, identifier)
        cls = _lookup(kind, name, custom_objects)
        check_loadable(cls, kind, custom_objects)
        with explained(kind, name):
            build = getattr(cls, "from_config", None)
            return build(arguments) if build else cls(**arguments)
    if isinstance(identifier, (int, float, bytes, list, tuple)):
        raise ConfigError(
            f"{identifier!r:.80} isn't a valid {kind}: pass a name, or the object."
        )
    if not isinstance(identifier, str):
        return identifier
    named_object = _lookup(kind, identifier, custom_objects)
    is_class = isinstance(named_object, type)
    if not instantiate or not (is_class or inspect.isroutine(named_object)):
        return named_object
    if is_class and load_context.current().limits is not None:
        check_loadable(named_object, kind, custom_objects)
    with explained(kind, identifier):
        return named_object(**(kwargs or {}))


def layer_from_config(config: Config, custom_objects: Objects = None) -> Any:
    """Builds a layer or a model from `{"class_name": …, "config": …}`.

    # Arguments
        config: dict as above, or a legacy one with the class under `name`.
        custom_objects: dict from names to your own classes and functions, for this call
            only.

    # Raises
        ConfigError: if the configuration doesn't fit the class.
        UnknownNameError, UnsafeFileError: as in `get_object`.
    """
    load_context.current().check_time()
    name, arguments = _parts("layer", config)
    with building("layer", name, custom_objects):
        cls = _lookup("layer", name)
        check_loadable(cls, "layer")
        if "custom_objects" in inspect.signature(cls.from_config).parameters:
            return cls.from_config(arguments, custom_objects=custom_objects)
        return cls.from_config(arguments)


def check_loadable(cls: Any, kind: str, custom_objects: Objects = None) -> None:
    """Raises UnsafeFileError if a configuration may not build an object of this class.

    # Arguments
        cls: the object that the configuration's name refers to.
        kind: str, the expected kind.
        custom_objects: dict of objects that the caller trusts.
    """
    name = getattr(cls, "__qualname__", repr(cls))
    base = _base_class(kind)
    if not isinstance(cls, type) or not issubclass(cls, base):
        raise UnsafeFileError(
            f"A configuration names {name} as its {kind}; it isn't a subclass of "
            f"{base.__name__}."
        )
    own_objects = [
        *known_objects(custom_objects).values(),
        modules.patched(kind, cls.__name__),
    ]
    if vars(cls).get("loadable") is not True and not any(cls is v for v in own_objects):
        raise UnsafeFileError(
            f"A configuration uses {cls.__module__}.{name}, which doesn't declare "
            f"that files may use it. Pass custom_objects={{{name!r}: {name}}}; "
            f"or, if its constructor only stores arguments, write `loadable = True` "
            f"into the class (a base class's declaration doesn't count)."
        )


def _base_class(kind: str) -> type:
    """Returns the class that all classes of a kind derive from."""
    if kind not in CLASS_KINDS:
        return object
    base: type = modules.attribute(f"oneiros.{kind}s", kind.capitalize())
    return base


@contextmanager
def building(kind: str, name: str, custom_objects: Objects = None) -> Iterator[None]:
    """Context manager for building an object from its configuration.

    Inside it, custom objects are known, limits apply, and errors name the object that
    couldn't be built.
    """
    context = load_context.changed(
        custom_objects=known_objects(custom_objects),
        limits=load_context.current().limits or BuildLimits(),
        manager=manager(),
    )
    with context, explained(kind, name):
        yield


@contextmanager
def explained(kind: str, name: str) -> Iterator[None]:
    """Context manager that turns errors about arguments into ConfigErrors."""
    try:
        yield
    except (OneirosError, Warning):
        raise
    except Exception as error:  # whatever a constructor or an engine raises
        raise ConfigError(
            f"The {kind} {name!r} can't be built from its arguments: "
            f"{type(error).__name__}: {error}"
        ) from error


def _parts(kind: str, config: Any) -> tuple[str, Any]:
    """Splits a configuration into the class's name and a copy of its arguments."""
    arguments: Any = dict(config) if isinstance(config, dict) else {}
    if "class_name" in arguments:
        name = arguments["class_name"]
        arguments = arguments.get("config", {})
    else:
        name = arguments.pop("name", None)
        if kind == "layer":
            arguments["name"] = arguments.pop("custom_name", None)
    if not isinstance(name, str) or not isinstance(arguments, (dict, list)):
        raise ConfigError(
            f"The configuration of the {kind} looks like "
            f'{{"class_name": "…", "config": {{…}}}}; received {config!r:.200}.'
        )
    return name, arguments.copy()


def _lookup(kind: str, name: str, custom_objects: Objects = None) -> Any:
    objects = known_objects(custom_objects)
    if name in objects:
        return objects[name]
    if (patch := modules.patched(kind, name)) is not None:
        return patch
    try:
        return registry.resolve(kind, name)
    except UnknownNameError as error:
        raise UnknownNameError(
            f"{error} If it is your own, pass custom_objects={{{name!r}: …}} when "
            f"loading, or the object itself otherwise."
        ) from None
