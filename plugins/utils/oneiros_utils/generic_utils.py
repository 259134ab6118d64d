"""Looks up names in a module, and refuses Keras 1's bytecode functions."""

from collections.abc import Callable
from typing import Any, NoReturn

from oneiros.config import check_loadable, known_objects
from oneiros.errors import ConfigError, UnknownNameError, UnsafeFileError

_SUPPLY = (
    "A model file holds only a function's name. Pass the function when loading: "
    "load_model(path, functions={'layer name': function})."
)


def get_from_module(
    identifier,
    module_params: dict[str, Any],
    module_name: str,
    instantiate: bool = False,
    kwargs: dict[str, Any] | None = None,
):
    """Looks up a name in the custom objects, then in a module.

    # Arguments
        identifier: name, or configuration `{"name": N, **arguments}`. None and other
            objects are returned unchanged.
        module_params: dict, the module's `globals()`.
        module_name: str, the kind of object, for messages.
        instantiate: bool, whether to call the object.
        kwargs: dict, arguments of that call.

    # Example
        ```python
        from oneiros.utils.generic_utils import get_from_module

        def twice(x):
            return 2 * x

        def get(identifier):
            return get_from_module(identifier, globals(), "reward")

        print(get("twice")(3))  # 6
        ```

    # Returns
        The object with this name; with `instantiate`, the result of calling it.

    # Raises
        UnknownNameError: if the module doesn't have the name.
        ConfigError: if a configuration has no name.
        UnsafeFileError: if a configuration names a class that isn't loadable.
    """
    if isinstance(identifier, dict):
        arguments = dict(identifier)
        name = arguments.pop("name", None)
        if not isinstance(name, str):
            raise ConfigError(
                f'The configuration of a {module_name} is {{"name": "…", …}}; '
                f"got {identifier!r:.200}."
            )
        cls = _named(name, module_params, module_name)
        check_loadable(cls, module_name)
        return cls(**arguments)
    if not isinstance(identifier, str):
        return identifier
    named_object = _named(identifier, module_params, module_name)
    return named_object(**(kwargs or {})) if instantiate else named_object


def _named(name: str, module_params: dict[str, Any], module_name: str):
    objects = {**module_params, **known_objects()}
    if name not in objects:
        raise UnknownNameError(
            f"Unknown {module_name} {name!r}. If it is yours, pass the object "
            f"itself, or look it up under `with custom_object_scope({{{name!r}: …}}):`."
        )
    return objects[name]


def make_tuple(*args) -> tuple[Any, ...]:
    """Returns its arguments as a tuple.

    # Arguments
        *args: anything.

    # Returns
        Tuple of the arguments.

    # Example
        ```python
        from oneiros.utils.generic_utils import make_tuple

        print(make_tuple(1, "a"))  # (1, 'a')
        ```
    """
    return args


def func_dump(func: Callable[..., Any]) -> NoReturn:
    """Raises UnsafeFileError, because functions aren't saved as bytecode.

    # Arguments
        func: function.

    # Raises
        UnsafeFileError: always; the message says how to pass a function to a loaded
            model.

    # Example
        ```python
        from oneiros.errors import UnsafeFileError
        from oneiros.utils.generic_utils import func_dump

        try:
            func_dump(len)
        except UnsafeFileError as error:
            print(str(error)[:35])  # func_dump(len) would write bytecode
        ```
    """
    name = getattr(func, "__name__", repr(func))
    raise UnsafeFileError(
        f"func_dump({name}) would write bytecode, which isn't supported. {_SUPPLY}"
    )


def func_load(code, defaults=None, closure=None, globs=None) -> NoReturn:
    """Raises UnsafeFileError, because bytecode isn't executed.

    # Arguments
        code, defaults, closure, globs: as in Keras 1.

    # Raises
        UnsafeFileError: always; the message says how to pass a function to a loaded
            model.

    # Example
        ```python
        from oneiros.errors import UnsafeFileError
        from oneiros.utils.generic_utils import func_load

        try:
            func_load(b"")
        except UnsafeFileError as error:
            print(str(error)[:28])  # func_load would run bytecode
        ```
    """
    raise UnsafeFileError(
        f"func_load would run bytecode, which can do anything. {_SUPPLY}"
    )
