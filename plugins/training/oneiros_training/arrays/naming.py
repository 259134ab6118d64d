"""Values for several inputs or outputs: a list in their order, or a dict by name."""

from collections.abc import Iterable, Sequence
from typing import Any

from oneiros.errors import ArgumentError

Names = Sequence[str]
REQUIRED: Any = object()
"""The default of `spread` under which a dict must have every name."""


def listed(names: Iterable[Any]) -> str:
    """Returns names as a list for messages."""
    return ", ".join(map(repr, names)) or "none"


def name_of(function) -> str:
    """Returns the name of a loss or metric."""
    return str(getattr(function, "__name__", type(function).__name__))


def spread(
    argument: str,
    values,
    names: Names,
    default=REQUIRED,
    error: type[Exception] = ArgumentError,
) -> list[Any]:
    """Returns a list with one item per name, from a list in the order of the names or a
    dict.

    # Arguments
        argument: str, the name of the values in messages.
        values: list, tuple or dict.
        names: list of str.
        default: the value for a name that a dict lacks; without a default, that is an
            error.
        error: class of the error to raise.
    """
    if isinstance(values, dict):
        complete = default is not REQUIRED or len(values) == len(names)
        if complete and set(values) <= set(names):
            return [values.get(name, default) for name in names]
        received = f"the keys {listed(values)}"
    else:
        if isinstance(values, (list, tuple)) and len(values) == len(names):
            return list(values)
        received = f"{len(values)} items"
    raise error(
        f"{argument}: received {received}, expected {len(names)}: {listed(names)}. "
        "Pass a list with one item for each in this order, or a dict by name; for a "
        "single one, only the item."
    )
