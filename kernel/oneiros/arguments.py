"""Checks of arguments, in one place and with the same wording everywhere.

A check returns the value in the plain form that later code works with, or raises an
`ArgumentError` that names the owner, the argument and the expected value:

    Dense 'dense_1' received output_dim=0. Expected an integer of at least 1.

The owner is the object that received the argument, or a text. NumPy's numbers count as
numbers; booleans don't, but 0 and 1 are accepted for booleans. Checks must be cheap:
they run once per call of a constructor or of a model's method, never per batch.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

import numpy as np

from oneiros import services
from oneiros.errors import ArgumentError, UnknownNameError
from oneiros.plugins import did_you_mean

Function = TypeVar("Function", bound=Callable[..., Any])


def label(owner: Any) -> str:
    """Returns an object's name for messages, e.g. `Dense 'dense_1'`; text is returned
    unchanged."""
    if isinstance(owner, str):
        return owner
    name = getattr(owner, "name", None)
    kind = type(owner).__name__
    return kind if name is None else f"{kind} {name!r}"


def shown(value: Any) -> str:
    """Returns a value as messages show it: a short description for data, else its
    repr."""
    text = repr(value)
    if "\n" not in text or not hasattr(value, "__len__"):
        return f"{text:.80}"
    if hasattr(value, "shape"):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    return f"{type(value).__name__} of {len(value)} items"


def refusal(owner: Any, name: str, value: Any, expected: str) -> ArgumentError:
    """Returns the error to raise for an invalid argument.

    # Arguments
        owner: the object that received the argument, or a text.
        name: str, the argument.
        value: the value received.
        expected: str, the expected value; may end with advice.
    """
    return ArgumentError(
        f"{label(owner)} received {name}={shown(value)}. Expected {expected}."
    )


def is_int(value: Any) -> bool:
    """Returns whether `value` is an integer of Python or NumPy."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def int_if_whole(value: Any) -> Any:
    """Returns a float without a fraction as an int, anything else unchanged.

    Code for Keras 1 passes floats such as `2e4` where Keras 1 only compared with them:
    `check_int("Tokenizer", "nb_words", int_if_whole(nb_words))`.
    """
    if isinstance(value, (float, np.floating)) and value.is_integer():
        return int(value)
    return value


def check_int(owner: Any, name: str, value: Any, minimum: int | None = 1) -> int:
    """Returns an integer as an int.

    # Raises
        ArgumentError: if `value` isn't an integer, or is less than `minimum` (unless
            that is None).
    """
    if is_int(value) and (minimum is None or value >= minimum):
        return int(value)
    expected = "an integer"
    if minimum is not None:
        expected += f" of at least {minimum}"
    if isinstance(value, (float, np.floating)):
        expected += "; write n // 2, not n / 2, to halve one"
    raise refusal(owner, name, value, expected)


def check_optional_int(
    owner: Any, name: str, value: Any, minimum: int = 0
) -> int | None:
    """Returns None or an integer as an int; otherwise like `check_int`."""
    return None if value is None else check_int(owner, name, value, minimum)


def check_ints(
    owner: Any, name: str, value: Any, count: int, minimum: int = 1
) -> tuple[int, ...]:
    """Returns `count` integers from a list or another sequence, as a tuple of int.

    # Raises
        ArgumentError: if `value` isn't such a sequence, or a number is less than
            `minimum`.
    """
    try:
        items = tuple(value)
    except TypeError:
        items = ()
    if len(items) != count or not all(is_int(x) and x >= minimum for x in items):
        raise refusal(
            owner,
            name,
            value,
            f"{count} integers of at least {minimum}, such as {(2,) * count}",
        )
    return tuple(map(int, items))


def check_number(owner: Any, name: str, value: Any) -> Any:
    """Returns a number of Python or NumPy, or a tensor, unchanged.

    # Raises
        ArgumentError: for anything else, including a boolean and a text that looks like
            a number.
    """
    is_number = isinstance(value, (int, float)) or hasattr(value, "dtype")
    if is_number and not isinstance(value, (bool, np.bool_, str)):
        return value
    raise refusal(owner, name, value, "a number, such as 0.5")


def check_fraction(owner: Any, name: str, value: Any) -> float:
    """Returns a number between 0 and 1 unchanged.

    # Raises
        ArgumentError: for anything else, including a boolean.
    """
    is_number = isinstance(value, (int, float, np.number, np.ndarray))
    number = np.asarray(value if is_number else None)
    if number.dtype.kind in "iuf" and number.ndim == 0 and 0.0 <= number <= 1.0:
        return value  # type: ignore[no-any-return]  # a number
    raise refusal(owner, name, value, "a fraction between 0 and 1")


def check_bool(owner: Any, name: str, value: Any) -> bool:
    """Returns whether a value is true: 1 is, 0 and None aren't, as in Keras 1.

    # Raises
        ArgumentError: for a text, because Python counts "no" as true.
    """
    if isinstance(value, str):
        raise refusal(owner, name, value, "True or False")
    return bool(value)


def check_choice(owner: Any, name: str, value: Any, choices: Iterable[Any]) -> Any:
    """Returns a value that is one of `choices`.

    # Raises
        ArgumentError: if it isn't.
    """
    accepted = list(choices)
    for choice in accepted:
        if np.ndim(value) == 0 and value == choice:
            return choice
    *others, last = map(repr, accepted)
    expected = f"{', '.join(others)} or {last}" if others else last
    raise refusal(owner, name, value, expected)


def known_arguments(
    where: str, arguments: Any, accepted: Collection[str], shown: Collection[str] = ()
) -> Any:
    """Returns keyword arguments without those that Keras removed, which get a warning.

    # Arguments
        where: str, the function or class that received them.
        arguments: dict.
        accepted: the names that it accepts.
        shown: other names that an error may suggest.

    # Raises
        TypeError: for an argument that it doesn't accept.
    """
    if set(accepted).issuperset(arguments):
        return arguments
    names = [*accepted, *shown]
    try:
        return services.old_code.known_arguments(where, arguments, accepted, names)
    except UnknownNameError as error:
        name = next(name for name in arguments if name not in accepted)
        raise TypeError(
            f"{where} received the unknown argument {name!r}."
            f"{did_you_mean(name, names)} {error}"
        ) from None


def open_to_old_code(function: Function) -> Function:
    """Decorator for what code for other versions of Keras calls with other keyword
    arguments: `model.fit(x, y, epochs=5)` then asks "Did you mean 'nb_epoch'?"."""
    names = inspect.signature(function).parameters

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if kwargs and not kwargs.keys() <= names.keys():
            where = function.__name__
            if "self" in names:
                where = f"{type(args[0]).__name__}.{where}".removesuffix(".__init__")
            kwargs = known_arguments(where, kwargs, names)
        return function(*args, **kwargs)

    return run  # type: ignore[return-value]  # run takes what function does
