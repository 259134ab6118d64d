"""Looking names up in a module, and what Keras 1 did with bytecode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from oneiros.config import check_loadable, known_objects
from oneiros.errors import ConfigError, UnknownNameError, UnsafeFileError

_SUPPLY = (
    "A model's file holds a function's name; give the function when loading: "
    "load_model(path, functions={'layer name': function})."
)


def get_from_module(
    identifier: Any,
    module_params: dict[str, Any],
    module_name: str,
    instantiate: bool = False,
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """Looks a name up among custom objects, then among those of a module.

    # Arguments
        identifier: name; configuration `{"name": N, **arguments}`; None or an object,
            returned as they are.
        module_params: dict, the module's `globals()`.
        module_name: str, what messages call the thing looked for.
        instantiate: bool, whether to call what a name stands for.
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
        What the name stands for, or with `instantiate` what calling it returns.

    # Raises
        UnknownNameError: if the module has no such name.
        ConfigError: if a configuration has no name.
        UnsafeFileError: if a configuration names a class that may not be built from
            one.
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


def _named(name: str, module_params: dict[str, Any], module_name: str) -> Any:
    objects = {**module_params, **known_objects()}
    if name not in objects:
        raise UnknownNameError(
            f"Unknown {module_name} {name!r}. If it is your own, pass the object "
            f"itself, or look it up under `with custom_object_scope({{{name!r}: …}}):`."
        )
    return objects[name]


def make_tuple(*args: Any) -> tuple[Any, ...]:
    """Returns its arguments as a tuple.

    # Arguments
        *args: anything.

    # Returns
        Tuple of them.

    # Example
        ```python
        from oneiros.utils.generic_utils import make_tuple

        print(make_tuple(1, "a"))  # (1, 'a')
        ```
    """
    return args


def func_dump(func: Callable[..., Any]) -> NoReturn:
    """Raises UnsafeFileError: functions aren't written as bytecode.

    # Arguments
        func: function.

    # Raises
        UnsafeFileError: always; the message says how a loaded model gets the function.

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
        f"func_dump({name}) would write bytecode, which no file here holds. {_SUPPLY}"
    )


def func_load(
    code: Any, defaults: Any = None, closure: Any = None, globs: Any = None
) -> NoReturn:
    """Raises UnsafeFileError: bytecode isn't run.

    # Arguments
        code, defaults, closure, globs: what Keras 1 made a function of.

    # Raises
        UnsafeFileError: always; the message says how a loaded model gets the function.

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
