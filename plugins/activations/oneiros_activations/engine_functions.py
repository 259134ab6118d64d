"""Functions of an engine that tensors of the current backend can't be given to."""

from dataclasses import dataclass
from typing import Any

from oneiros import backend as K
from oneiros import registry
from oneiros.errors import ArgumentError

ENGINES = {"jax": "jax", "pytensor": "theano", "tensorflow": "tensorflow"}
"""Packages of engines, and the backends that compute with them."""

ON_VALUES = {"jax"}
"""Packages whose functions need values; `K.apply` calls them when a function runs."""


@dataclass(frozen=True)
class Place:
    """Where a program passes a function.

    # Arguments
        subject: str, how a sentence about the function begins.
        with_name: str, the code to write with an activation's name for `{}`.
        with_function: str, the code to write with a function for `{}`.
    """

    subject: str
    with_name: str
    with_function: str


def check_engine(function: Any, place: Place) -> None:
    """Checks that tensors of the current backend can be given to a function.

    # Arguments
        function: any function; those of other packages aren't checked.
        place: the Place where a program passes it.

    # Raises
        ArgumentError: for a function of another backend's engine, or one that needs
            values.
    """
    package = str(getattr(function, "__module__", "")).partition(".")[0]
    if package not in ENGINES or _takes_tensors(package):
        return
    name = getattr(function, "__name__", "function")
    subject = f"{place.subject} is a function of {package}"
    recorded = place.with_function.format(f"lambda x: K.apply({name}, x)")
    backend = ENGINES[package]
    if backend == K.backend():
        raise ArgumentError(
            f"{subject}, which needs values, and tensors have none until a function "
            f"runs. Write {recorded}."
        )
    advice = "Pass a function of K"
    if name in registry.names("activation"):
        advice = f"Write {place.with_name.format(repr(name))}, pass a function of K"
    choice = f"choose the backend first: K.set_backend({backend!r})"
    if package in ON_VALUES:
        choice = f"{choice}, and write {recorded}"
    raise ArgumentError(
        f"{subject}, but the current backend is {K.backend()!r}. {advice}, or {choice}."
    )


def _takes_tensors(package: str) -> bool:
    """Returns whether a package's functions take the current backend's tensors."""
    return ENGINES[package] == K.backend() and package not in ON_VALUES
