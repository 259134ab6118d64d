"""What a backend may leave out."""

import inspect
from collections.abc import Callable
from typing import Any

from oneiros.errors import CapabilityError

FLAGS = {
    "sparse": "sparse placeholders",
    "loop": "many steps of a function in one compiled call",
    "float16": "half precision",
    "devices": "placing computations on named devices",
}
"""The capabilities without functions, which a backend declares."""


class Lacking:
    """Stands for a function of the contract that a backend doesn't implement.

    `hasattr` doesn't find it on a backend, and calling it raises CapabilityError.
    """

    def __init__(self, function: Callable[..., Any], reason: str):
        self.function = function
        self.reason = reason

    def __get__(self, backend: Any, cls: type) -> Callable[..., Any]:
        if backend is None:
            return self.function
        offered = ", ".join(sorted(backend.capabilities)) or "none"
        raise CapabilityError(
            f"The backend {backend.name!r} doesn't offer K.{self.function.__name__}: "
            f"it lacks {self.reason}. Its capabilities: {offered}."
        )


def leave_out(cls: type, reason: str) -> list[str]:
    """Makes the functions of a class ones that a backend lacks; returns their names.

    # Arguments
        cls: class of the contract.
        reason: str, completes the error "it lacks …" for a backend without these
            functions.
    """
    functions = inspect.getmembers_static(cls, inspect.isfunction)
    for name, function in functions:
        setattr(cls, name, Lacking(function, reason))
    return [name for name, _ in functions]
