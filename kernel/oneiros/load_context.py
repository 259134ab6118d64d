"""What holds while objects are built from a configuration that a stranger may have
written: one context, which whoever loads enters once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from oneiros.errors import UnsafeFileError

MAX_PARAMETERS = 2**28
"""How many weights a configuration may ask for where nothing else is said."""

MAX_CALLS = 2**12
"""How many calls in nested models and unrolled steps it may ask for: models in models,
each called twice, would double them with each level."""


@dataclass
class BuildLimits:
    """How much may be built, all layers together, and how much has been.

    # Arguments
        parameters: int, number of scalars in weights.
        calls: int, number of calls in nested models and of unrolled steps.
    """

    parameters: int = MAX_PARAMETERS
    calls: int = MAX_CALLS
    made_parameters: int = 0
    made_calls: int = 0

    def count_weight(self, shape: tuple[int, ...], owner: str) -> None:
        """Counts a weight that is about to be made; raises UnsafeFileError if it is too
        much."""
        self.made_parameters += prod(shape)
        if self.made_parameters > self.parameters:
            limit = f"{self.parameters:,} parameters"
            raise _refusal(owner, f"a weight of shape {shape}", limit)

    def count_call(self, owner: str) -> None:
        """Counts a call or a step that is about to be recorded; raises UnsafeFileError
        if it is too much."""
        self.made_calls += 1
        if self.made_calls > self.calls:
            raise _refusal(owner, "a call", f"{self.calls:,} inner calls and steps")


def _refusal(owner: str, request: str, limit: str) -> UnsafeFileError:
    return UnsafeFileError(
        f"The configuration makes {owner} ask for {request}: more than the {limit} "
        f"that it may have. Meant? Use oneiros.saving.parameter_budget(n, calls=m)."
    )


def permit_all(entry: Any) -> None:
    """Lets every entry of the registry be imported."""


@dataclass(frozen=True)
class LoadContext:
    """What a load supplies, and what it may cost.

    # Arguments
        custom_objects: dict from names to the caller's own classes and functions.
        functions: dict from layer name to the function that no file holds, or to a dict
            from argument to function.
        limits: `BuildLimits`, or None outside of a load.
        permit: function that is called with each entry of the registry about to be
            imported, and may raise.
        postponed: list to which initializations add what to draw if a file turns out
            not to hold it; None to draw at once.
        manager: the `PluginManager` of the settings when building began, so that they
            are read once; None outside of it.
    """

    custom_objects: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    limits: BuildLimits | None = None
    permit: Callable[[Any], Any] = permit_all
    postponed: Any = None
    manager: Any = None


_OUTSIDE = LoadContext()
_current: ContextVar[LoadContext] = ContextVar("oneiros_load", default=_OUTSIDE)


def current() -> LoadContext:
    """Returns the context in force."""
    return _current.get()


@contextmanager
def entered(context: LoadContext) -> Iterator[LoadContext]:
    """Context manager under which a context is in force."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def changed(**fields: Any) -> Iterator[LoadContext]:
    """Context manager under which the context in force has other values of these
    fields."""
    with entered(replace(current(), **fields)) as context:
        yield context
