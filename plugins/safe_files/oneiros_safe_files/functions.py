"""Functions in configurations: those that plugins register, such as activations, and
those that this process wrote.

A configuration contains a function's name and a digest of its code, never the code. In
the process that wrote it, the function still exists and is found by the digest; a name
alone isn't enough. Functions with their own values, in a closure or as defaults, aren't
remembered, because two of them may differ with the same code.
"""

import hashlib
from contextlib import suppress
from types import CodeType, FunctionType
from weakref import WeakValueDictionary

from oneiros import registry
from oneiros.discovery import Entry
from oneiros.errors import NameConflictError

FUNCTION_KINDS = ("activation", "objective", "metric", "initialization")
"""Kinds of the registry whose objects are functions."""
DIGEST = "code_sha256"
"""The key of the digest in a configuration."""

_written: WeakValueDictionary[str, FunctionType] = WeakValueDictionary()


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


def marker(function) -> dict[str, str]:
    """Returns the marker of a function for a configuration, and remembers the function
    as long as the program keeps it."""
    name = getattr(function, "__qualname__", type(function).__name__)
    described = {"class_name": "__function__", "name": name}
    if not isinstance(function, FunctionType):
        return described
    if function.__closure__ or function.__defaults__ or function.__kwdefaults__:
        return described
    code = (function.__module__, _described(function.__code__))
    digest = hashlib.sha256(repr(code).encode()).hexdigest()
    _written[digest] = function
    return {**described, DIGEST: digest}


def written(stored) -> FunctionType | None:
    """Returns the function of a marker, if this process wrote it and still has it."""
    digest = stored.get(DIGEST) if isinstance(stored, dict) else None
    return _written.get(digest) if isinstance(digest, str) else None


def _described(code: CodeType):
    """Returns a description of code that doesn't depend on its location."""
    constants = [
        _described(constant) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
    ]
    return code.co_code, code.co_names, code.co_varnames, constants
