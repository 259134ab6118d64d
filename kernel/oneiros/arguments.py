"""Checks of arguments: made in one place, with one wording.

A check returns the value in the plain form that the code behind it works with, or
raises an `ArgumentError` that names the owner, the argument and what it takes:

    Dense 'dense_1' received output_dim=0. It takes a whole number of at least 1.

The owner is the object whose argument it is, or text. NumPy's numbers are numbers;
booleans aren't, but 0 and 1 stand for them. What is checked must not cost: these run
once per call of a method of a model or of a constructor, never per batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from oneiros.errors import ArgumentError


def label(owner: Any) -> str:
    """Returns how messages call an object, e.g. `Dense 'dense_1'`; text as it is.

    The model that a Sequential forms goes by the name of the Sequential.
    """
    if isinstance(owner, str):
        return owner
    owner = getattr(owner, "callback_model", None) or owner
    name = getattr(owner, "name", None)
    kind = type(owner).__name__
    return kind if name is None else f"{kind} {name!r}"


def shown(value: Any) -> str:
    """Returns how messages show a value: data in brief, anything else by its repr."""
    text = repr(value)
    if "\n" not in text or not hasattr(value, "__len__"):
        return f"{text:.80}"
    if hasattr(value, "shape"):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    return f"{type(value).__name__} of {len(value)} items"


def refusal(owner: Any, name: str, value: Any, expected: str) -> ArgumentError:
    """Returns the error to raise for an argument's value.

    # Arguments
        owner: the object whose argument it is, or text.
        name: str, the argument.
        value: what was received.
        expected: str, what the argument takes; may end in advice.
    """
    return ArgumentError(
        f"{label(owner)} received {name}={shown(value)}. It takes {expected}."
    )


def is_int(value: Any) -> bool:
    """Tells whether `value` is a whole number, of Python or of NumPy."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def int_if_whole(value: Any) -> Any:
    """Returns a float without a fraction as an int; anything else as it is.

    Code for Keras 1 passes numbers such as `2e4`, where it only compares with them:
    `check_int("Tokenizer", "nb_words", int_if_whole(nb_words))`.
    """
    if isinstance(value, (float, np.floating)) and value.is_integer():
        return int(value)
    return value


def check_int(owner: Any, name: str, value: Any, minimum: int | None = 1) -> int:
    """Returns a whole number as an int.

    # Raises
        ArgumentError: unless it is one, and at least `minimum`, if that isn't None.
    """
    if is_int(value) and (minimum is None or value >= minimum):
        return int(value)
    expected = "a whole number"
    if minimum is not None:
        expected += f" of at least {minimum}"
    if isinstance(value, (float, np.floating)):
        expected += "; write n // 2, not n / 2, to halve one"
    raise refusal(owner, name, value, expected)


def check_optional_int(
    owner: Any, name: str, value: Any, minimum: int = 0
) -> int | None:
    """Returns None, or a whole number as an int; the rest as for `check_int`."""
    return None if value is None else check_int(owner, name, value, minimum)


def check_ints(
    owner: Any, name: str, value: Any, count: int, minimum: int = 1
) -> tuple[int, ...]:
    """Returns `count` whole numbers, from a list or the like, as a tuple of int.

    # Raises
        ArgumentError: unless it is one, and each number at least `minimum`.
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
            f"{count} whole numbers of at least {minimum}, such as {(2,) * count}",
        )
    return tuple(map(int, items))


def check_number(owner: Any, name: str, value: Any) -> Any:
    """Returns a number, of Python or NumPy, or a tensor, as it is.

    # Raises
        ArgumentError: for a text, which may look like a number, for a boolean, and for
            anything else.
    """
    is_number = isinstance(value, (int, float)) or hasattr(value, "dtype")
    if is_number and not isinstance(value, (bool, np.bool_, str)):
        return value
    raise refusal(owner, name, value, "a number, such as 0.5")


def check_fraction(owner: Any, name: str, value: Any) -> float:
    """Returns a number between 0 and 1 as it is.

    # Raises
        ArgumentError: if it is anything else, a boolean too.
    """
    try:
        fits = not isinstance(value, (bool, np.bool_)) and 0.0 <= value <= 1.0
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise refusal(owner, name, value, "a fraction between 0 and 1")
    return value  # type: ignore[no-any-return]  # compares with floats


def check_bool(owner: Any, name: str, value: Any) -> bool:
    """Returns whether a value is true: 1 is, 0 and None aren't, as in Keras 1.

    # Raises
        ArgumentError: for a text: "no" would be true.
    """
    if isinstance(value, str):
        raise refusal(owner, name, value, "True or False")
    return bool(value)


def check_choice(owner: Any, name: str, value: Any, choices: Iterable[Any]) -> Any:
    """Returns a value that is one of `choices`.

    # Raises
        ArgumentError: if it is none of them.
    """
    accepted = list(choices)
    for choice in accepted:
        if np.ndim(value) == 0 and value == choice:
            return choice
    *others, last = map(repr, accepted)
    raise refusal(
        owner, name, value, f"{', '.join(others)} or {last}" if others else last
    )
