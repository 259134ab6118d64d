"""Which backend answers: loading, choosing, and the dispatching functions that make up
`oneiros.backend`."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar, Token
from typing import Any, TypeVar

from oneiros import registry, settings
from oneiros.backend.contract import Backend, Required
from oneiros.errors import (
    BackendMissingError,
    BackendMixError,
    PluginLoadError,
    UnknownNameError,
)

PREFERENCE = ("theano", "tensorflow", "jax")
KEPT = {"owns", "is_learning_phase", "uses_learning_phase", "checked_value"}
"""Methods of a backend that are not functions of `K`."""

_loaded: dict[str, Backend] = {}
_used: ContextVar[Backend | None] = ContextVar("oneiros_backend", default=None)
_default: Backend | None = None
_only: Backend | None = None
"""The backend that answers every call, as long as no other one is loaded."""

_Method = TypeVar("_Method", bound=Callable[..., Any])


def load(name: str) -> Backend:
    """Returns the backend registered as `name`, loading its engine at the first call.

    # Raises
        BackendMissingError: if nothing installed provides it, or its engine can't be
            imported.
    """
    global _only
    if name not in _loaded:
        _loaded[name], _only = _resolve(name)(), None
    return _loaded[name]


def _resolve(name: str) -> Any:
    try:
        cls = registry.resolve("backend", name)
    except UnknownNameError as error:
        raise BackendMissingError(str(error)) from None
    except PluginLoadError as error:
        raise BackendMissingError(
            f"The backend {name!r} is installed but doesn't load. {error}"
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, Backend)):
        source = registry.find("backend", name)
        owner = source.distribution if source else "a plugin"
        raise BackendMissingError(
            f"The backend {name!r} of {owner} is {cls!r:.80}, no class of Backend."
        )
    names = [key for key in vars(Required) if key[0] != "_"]
    missing = [
        key for key in names if getattr(cls, key, None) is getattr(Required, key)
    ]
    if missing:
        raise BackendMissingError(
            f"The backend {name!r} lacks required functions: {', '.join(missing)}."
        )
    return cls


def loaded() -> list[str]:
    """Returns the names of the backends loaded so far."""
    return list(_loaded)


def current() -> Backend:
    """Returns the backend on which things are built now."""
    global _only
    backend = _used.get() or _default or _choose()
    if len(_loaded) == 1:
        _only = backend
    return backend


def backend() -> str:
    """Returns the current backend's name."""
    return current().name


def set_backend(name: str | Backend) -> None:
    """Makes a backend the current one of this process; what was built on another one
    goes on living there."""
    global _default
    _default = load(name) if isinstance(name, str) else name


def _choose() -> Backend:
    global _default
    asked = settings.candidates("backend")
    if asked[0][1] == "KERAS_BACKEND" and not registry.find("backend", asked[0][0]):
        meaningless, _ = asked.pop(0)
        print(
            f"oneiros: KERAS_BACKEND={meaningless!r} is no backend installed here, passed over",
            file=sys.stderr,
        )
    installed = (name for name in PREFERENCE if registry.find("backend", name))
    name = asked[0][0] or next(installed, None)
    if name is None:
        raise BackendMissingError(
            "No backend is installed. Type: pip install oneiros-backend-theano"
        )
    _default = load(name)
    return _default


class use:
    """Context manager under which a backend is the current one, in this thread or task
    alone."""

    __slots__ = ("_backend", "_token")

    def __init__(self, backend: str | Backend) -> None:
        self._backend = load(backend) if isinstance(backend, str) else backend

    def __enter__(self) -> Backend:
        self._token: Token[Backend | None] = _used.set(self._backend)
        return self._backend

    def __exit__(self, *error: object) -> None:
        _used.reset(self._token)


def bound(method: _Method) -> _Method:
    """Makes a method run under the backend its object was built on, `self._backend`."""

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._backend is _only:
            return method(self, *args, **kwargs)
        with use(self._backend):
            return method(self, *args, **kwargs)

    return run  # type: ignore[return-value]


def _owners(values: Iterable[Any], found: dict[str, Backend]) -> dict[str, Backend]:
    for value in values:
        if isinstance(value, (list, tuple)):
            _owners(value, found)
        elif isinstance(value, dict):
            _owners(value.values(), found)
        elif value is not None and not isinstance(value, (int, float, str)):
            found.update(
                (name, one) for name, one in _loaded.items() if one.owns(value)
            )
    return found


def _pick(function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Backend:
    if len(_loaded) < 2:
        return current()
    found = _owners(kwargs.values(), _owners(args, {}))
    if len(found) > 1:
        raise BackendMixError(
            f"K.{function} received tensors of the backends {' and '.join(map(repr, sorted(found)))}. An "
            f"operation stays on one: build both sides under `with K.use(name):`, or pass K.get_value(x)."
        )
    return next(iter(found.values()), None) or current()


def _dispatcher(name: str) -> Callable[..., Any]:
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        return getattr(_only or _pick(name, args, kwargs), name)(*args, **kwargs)

    method = getattr(Backend, name)
    signature = inspect.signature(method)
    shown = signature.replace(parameters=list(signature.parameters.values())[1:])
    functools.update_wrapper(dispatch, method, updated=())
    dispatch.__dict__["__signature__"] = shown
    dispatch.__module__, dispatch.__qualname__ = "oneiros.backend", name
    return dispatch


def dispatchers() -> dict[str, Callable[..., Any]]:
    """Returns the functions of `K` by name, each passing its call on to the backend it
    concerns."""
    names = {
        name
        for name in dir(Backend)
        if name[0] != "_" and callable(getattr(Backend, name))
    }
    return {name: _dispatcher(name) for name in sorted(names - KEPT)}
