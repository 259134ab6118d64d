"""The context in which objects are built from a configuration that may be untrusted:
what a load supplies, and its limits."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from oneiros.errors import UnsafeFileError

MAX_PARAMETERS = 150_000_000
"""The number of weights that a configuration may have by default. VGG19 has 144
million."""

MAX_CALLS = 2**12
"""The number of calls in nested models and of unrolled steps that it may have by
default. Nested models that call each other twice would double it with each level."""


@dataclass
class BuildLimits:
    """Limits for all layers together, and how much has been built.

    # Arguments
        parameters: int, the number of scalars in weights.
        calls: int, the number of calls in nested models and of unrolled steps.
    """

    parameters: int = MAX_PARAMETERS
    calls: int = MAX_CALLS
    made: Counter[str] = field(default_factory=Counter)


def no_limit() -> None:
    """Lets a load take as long as it takes."""


@dataclass(frozen=True)
class LoadContext:
    """The objects that a load supplies, and its limits.

    # Arguments
        custom_objects: dict from names to the program's own classes and functions.
        functions: dict from layer name to the function, which files can't hold, or to a
            dict from argument to function.
        limits: `BuildLimits`, or None outside a load.
        permit: function that is called with each entry of the registry about to be
            imported, and may raise.
        check_time: function that is called before each layer, weight and call, and
            raises if the time that the caller gave is over.
        postponed: list to which initializations add values that are only drawn if the
            file doesn't hold them; None to draw immediately.
        manager: the `PluginManager` for the settings at the beginning of the build, so
            that settings are read once; None outside a build.
    """

    custom_objects: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    limits: BuildLimits | None = None
    permit: Callable[[Any], Any] = lambda entry: None
    check_time: Callable[[], None] = no_limit
    postponed: Any = None
    manager: Any = None


_OUTSIDE = LoadContext()
_current: ContextVar[LoadContext] = ContextVar("oneiros_load", default=_OUTSIDE)


def current() -> LoadContext:
    """Returns the active context."""
    return _current.get()


@contextmanager
def changed(**fields: Any) -> Iterator[LoadContext]:
    """Context manager that changes fields of the active context."""
    before = current()
    context = replace(before, **fields)
    try:
        _current.set(context)
        yield context
    finally:
        _current.set(before)


def count_weight(shape: tuple[int, ...], owner: str) -> None:
    """Counts a weight that is about to be made, if limits apply.

    # Arguments
        shape: tuple of int.
        owner: str, the layer, for the message.

    # Raises
        UnsafeFileError: if all weights together exceed the limit.
    """
    _count("parameters", prod(shape), f"{owner} ask for a weight of shape {shape}")


def count_calls(owner: str, number: int = 1) -> None:
    """Counts calls in a nested model, or unrolled steps, if limits apply.

    # Raises
        UnsafeFileError: if there are too many.
    """
    _count("calls", number, f"{owner} ask for a call")


def _count(kind: str, number: int, request: str) -> None:
    context = current()
    context.check_time()
    if context.limits is None:
        return
    made = context.limits.made
    made[kind] += number
    limit = getattr(context.limits, kind)
    if made[kind] > limit:
        raise UnsafeFileError(
            f"The configuration makes {request}. The limit is {limit:,} {kind}. "
            f"To allow more, use oneiros.saving.parameter_budget(n, calls=m)."
        )
