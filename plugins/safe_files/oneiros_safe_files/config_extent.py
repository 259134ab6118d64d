"""Limits how much a configuration asks for, before anything of it is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oneiros.errors import UnsafeFileError

from oneiros_safe_files.budget import Budget, checked
from oneiros_safe_files.model_state import ModelState

OF_OTHER_KINDS = ("_initializer", "_regularizer", "_constraint", "dtype")
"""How the names of arguments end that are objects and no layers in files of Keras 2 and
3."""
TENSOR = "__keras_tensor__"
"""What a reference to a tensor has for a class in files of Keras 3."""


def check_extent(state: ModelState, budget: Budget | None, source: object) -> None:
    """Checks the number of layers and of names that a file has.

    # Arguments
        state: what was read.
        budget: the limits for reading it; None for the default ones.
        source: the file, for messages.

    # Raises
        UnsafeFileError: if there are more than the budget allows.
        ArgumentError: if the budget isn't one.
    """
    limit = checked(budget).layers
    counts = {
        "layers": sum(map(_may_be_layer, _dicts(state.model_config))),
        "names in the arguments of compile": _names(state.training_config),
        "recorded origins": len(state.provenance),
    }
    for what, count in counts.items():
        if count > limit:
            raise UnsafeFileError(
                f"{source}: {count:,} {what} are over the limit of {limit:,} "
                "(Budget.layers). Nothing was built. If you trust this file, pass a "
                f"larger limit: budget=oneiros.saving.Budget(layers={count})."
            )


def _may_be_layer(part: dict[Any, Any]) -> bool:
    return "class_name" in part and part["class_name"] != TENSOR


def _dicts(config: Any) -> Iterator[dict[Any, Any]]:
    """Yields the dicts in plain data, except in arguments that can't be layers."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += [
                item
                for key, item in value.items()
                if not str(key).endswith(OF_OTHER_KINDS)
            ]
        elif isinstance(value, (list, tuple)):
            waiting += value


def _names(config: Any) -> int:
    """Returns the number of texts in plain data."""
    count = 0
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            count += 1
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, (list, tuple)):
            waiting += value
    return count
