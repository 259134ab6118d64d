"""The Theano backend of Oneiros, which computes what old code builds."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytensor
from oneiros import backend as K

NAME = "theano"

_Function = TypeVar("_Function", bound=Callable[..., Any])


def on_theano(function: _Function) -> _Function:
    """Has a function run while the Theano backend is the current one.

    # Arguments
        function: function that calls functions of `K`.
    """

    @functools.wraps(function)
    def run(*args, **kwargs):
        with K.use(NAME):
            return function(*args, **kwargs)

    return run  # type: ignore[return-value]  # run takes what the function does


def load() -> None:
    """Loads the backend."""
    with K.use(NAME):
        pass


@contextmanager
def building_step(number) -> Iterator[None]:
    """Block in which a step of a loop is built.

    # Arguments
        number: the step's number, a scalar tensor.
    """
    with K.use(NAME) as backend:
        loops: Any = backend
        with loops.inside_loop(number):
            yield


def follow_floatx() -> None:
    """Makes the default float type of `K` that of PyTensor, too."""
    if pytensor.config.floatX != K.floatx():
        pytensor.config.floatX = K.floatx()
