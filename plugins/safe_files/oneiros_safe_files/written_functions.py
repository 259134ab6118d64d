"""Functions that this process has written into configurations.

A configuration holds a function's name and a digest of its code, never the code. In the
process that wrote it the function is still there, and is found again by that digest; a
name alone finds none. Functions that hold values of their own, in a closure or as
defaults, aren't kept: two of them may differ and have the same code.
"""

from __future__ import annotations

import hashlib
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakValueDictionary

DIGEST = "code_sha256"
"""The key of the digest in a configuration."""

_written: WeakValueDictionary[str, FunctionType] = WeakValueDictionary()


def marker(function: Any) -> dict[str, str]:
    """Returns what stands for a function in a configuration, and remembers it as long
    as the program keeps it."""
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


def written(stored: Any) -> FunctionType | None:
    """Returns the function that a marker stands for, if this process wrote it and still
    has it."""
    digest = stored.get(DIGEST) if isinstance(stored, dict) else None
    return _written.get(digest) if isinstance(digest, str) else None


def _described(code: CodeType) -> Any:
    """Returns what code does, wherever it stands."""
    constants = [
        _described(constant) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
    ]
    return code.co_code, code.co_names, code.co_varnames, constants
