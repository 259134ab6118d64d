"""Loads and selects backends, and makes the dispatching functions of
`oneiros.backend`."""

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar
from weakref import WeakSet

from oneiros import registry, settings
from oneiros.backend import contract
from oneiros.backend.contract import Backend
from oneiros.errors import (
    BackendMissingError,
    BackendMixError,
    PluginLoadError,
    UnknownNameError,
)
from oneiros.typing import Values

__all__ = [
    "backend",
    "backend_of",
    "bound",
    "current",
    "load",
    "loaded",
    "set_backend",
    "use",
]

PREFERENCE = ("theano", "tensorflow", "jax")

_lock = threading.RLock()
"""Held while what follows changes."""
_loaded: dict[str, Backend] = {}
"""The backends that `load` made, by name."""
_known: WeakSet[Backend] = WeakSet()
"""All backends that can own tensors: loaded ones, and ones passed as objects. It is
replaced, not changed, so that other threads can go through it."""
_in_use: ContextVar[Backend | None] = ContextVar("oneiros_backend", default=None)
_default: Backend | None = None
_only: Backend | None = None
"""The backend that receives every call: the default one, as long as it is the only
one."""

_Method = TypeVar("_Method", bound=Callable[..., Any])


def load(name: str | Backend) -> Backend:
    """Returns the backend registered as `name`, and imports its engine at the first
    call.

    The current backend doesn't change; use `set_backend` or `use` for that.

    # Arguments
        name: str, `"theano"`, `"tensorflow"`, `"jax"` or that of another plugin; or the
            Backend itself.

    # Returns
        `Backend`, the same object at each call; its functions are those of `K`.

    # Raises
        BackendMissingError: if no installed plugin provides it, or its engine can't be
            imported.
    """
    global _known, _only
    with _lock:
        if isinstance(name, str):
            backend = _loaded[name] = _loaded.get(name) or _resolve(name)()
        else:
            backend = name
        if backend not in _known:
            _known = _known.union([backend])
            _only = None
        return backend


def _resolve(name: str) -> type[Backend]:
    try:
        cls = registry.resolve("backend", name)
    except (UnknownNameError, PluginLoadError) as error:
        raise BackendMissingError(str(error)) from error
    if not (isinstance(cls, type) and issubclass(cls, Backend)):
        entry = registry.find("backend", name)
        owner = entry.distribution if entry else "a plugin"
        raise BackendMissingError(
            f"The backend {name!r} of {owner} is {cls!r:.80}, not a Backend class."
        )
    missing = contract.missing(cls)
    if missing:
        raise BackendMissingError(
            f"The backend {name!r} lacks required functions: {', '.join(missing)}."
        )
    return cls


def loaded() -> list[str]:
    """Returns the names of the backends loaded so far."""
    return list(_loaded)


def offered(function: str) -> bool:
    """Returns whether a backend that can own tensors has an optional function."""
    return any(hasattr(backend, function) for backend in _known)


def current() -> Backend:
    """Returns the current backend, on which new objects are built."""
    global _only
    in_use = _in_use.get()
    if in_use is not None:
        return in_use
    with _lock:
        default = _default or _choose()
        if len(_known) == 1:
            _only = default
        return default


def backend() -> str:
    """Returns the current backend's name."""
    return current().name


def set_backend(name: str | Backend) -> None:
    """Makes a backend the current one of this process. Objects built on another backend
    stay there.

    # Arguments
        name: name of a backend, or the Backend itself.
    """
    global _default
    _default = load(name)


def _choose() -> Backend:
    global _default
    candidates = settings.candidates("backend")
    name, source = candidates[0]
    if source == "KERAS_BACKEND" and not registry.find("backend", name):
        print(
            f"oneiros: KERAS_BACKEND={name!r} isn't a backend here, and is ignored",
            file=sys.stderr,
        )
        name, _ = candidates[1]
    if not name:
        installed = (each for each in PREFERENCE if registry.find("backend", each))
        name = next(installed, None)
    if name is None:
        raise BackendMissingError(
            "No backend is installed. Type: pip install oneiros-backend-theano"
        )
    _default = load(name)
    return _default


class use:  # noqa: N801 - read as a verb, `with K.use(name):`
    """Context manager that makes a backend the current one, only in this thread or
    task.

    # Arguments
        backend: name of a backend, or the Backend itself.
    """

    def __init__(self, backend: str | Backend):
        self._backend = load(backend)

    def __enter__(self) -> Backend:
        self._token = _in_use.set(self._backend)
        return self._backend

    def __exit__(self, *error: object) -> None:
        _in_use.reset(self._token)


def backend_of(obj: Any, default: Any = None) -> Any:
    """Returns the backend that a layer, a model or an optimizer was built on."""
    return getattr(obj, "_backend", default)


def bound(method: _Method) -> _Method:
    """Makes a method of a layer, a model or an optimizer run under its backend.

    # Arguments
        method: function whose first argument is an object that remembers its backend,
            as layers, models and optimizers do.

    # Returns
        A function with the same arguments that runs under `use` of that backend.

    # Raises
        AttributeError: when you call it with an object that has no backend.
    """

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._backend is _only:
            return method(self, *args, **kwargs)
        with use(self._backend):
            return method(self, *args, **kwargs)

    return run  # type: ignore[return-value]  # run takes what method does


def _leaves(values: Iterable[Any]) -> Iterator[Any]:
    """Yields the arguments that may be tensors, at any depth of lists and dicts."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        elif isinstance(value, dict):
            yield from _leaves(value.values())
        elif value is not None and not isinstance(value, (int, float, str)):
            yield value


def _pick(function: str, args: tuple[Any, ...], kwargs: Values) -> Backend:
    owners = {
        backend
        for value in _leaves((args, kwargs))
        for backend in _known
        if backend.owns(value)
    }
    if not owners:
        return current()
    names = {repr(owner.name) for owner in owners}
    if len(names) > 1:
        raise BackendMixError(
            f"K.{function} received tensors of the backends "
            f"{' and '.join(sorted(names))}. An operation needs one: build both "
            "sides under `with K.use(name):`, or pass K.get_value(x)."
        )
    chosen = _in_use.get() or _default
    return chosen if chosen in owners else owners.pop()


def _dispatcher(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        return getattr(_only or _pick(name, args, kwargs), name)(*args, **kwargs)

    functools.update_wrapper(dispatch, method, updated=())
    without_self = functools.partial(method, None)
    vars(dispatch)["__signature__"] = inspect.signature(without_self)
    dispatch.__module__ = "oneiros.backend"
    dispatch.__qualname__ = name
    return dispatch


def dispatchers() -> dict[str, Callable[..., Any]]:
    """Returns the functions of `K` by name; each one forwards the call to the right
    backend."""
    return {
        name: _dispatcher(name, method) for name, method in contract.functions().items()
    }
