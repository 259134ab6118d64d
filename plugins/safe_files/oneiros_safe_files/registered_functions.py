"""Functions that plugins register, such as activations, in configurations."""

from contextlib import suppress
from types import FunctionType

from oneiros import registry
from oneiros.errors import NameConflictError
from oneiros.plugins import Entry

FUNCTION_KINDS = ("activation", "objective", "metric", "initialization")
"""Kinds of the registry whose objects are functions."""


def registered(function) -> Entry | None:
    """Returns the entry under which a function is registered, or None."""
    if not isinstance(function, FunctionType):
        return None
    reference = f"{function.__module__}:{function.__qualname__}"
    for kind in FUNCTION_KINDS:
        with suppress(NameConflictError):
            entry = registry.find(kind, function.__name__)
            if entry and entry.reference == reference:
                return entry
    return None
