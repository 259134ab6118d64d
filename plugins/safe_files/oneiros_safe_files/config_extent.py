"""Limits how much a configuration asks for, before anything of it is built."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from oneiros.errors import UnsafeFileError

from oneiros_safe_files.budget import Budget, checked
from oneiros_safe_files.model_state import ModelState

OF_OTHER_KINDS = ("_initializer", "_regularizer", "_constraint", "dtype")
"""How the names of arguments end that are objects and no layers in files of Keras 2 and
3."""
CONNECTIONS_PER_LAYER = 5
"""How many tensors the layers may receive in the mean."""
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
    calls, connections = _graph_size(state.model_config)
    counts = {
        "layers and their calls": calls,
        "names in the arguments of compile": _names(state.training_config),
        "recorded origins": len(state.provenance),
    }
    for what, count in counts.items():
        if count > limit:
            raise _refusal(source, f"{count:,} {what}", f"{limit:,}", count)
    if connections > CONNECTIONS_PER_LAYER * limit:
        raise _refusal(
            source,
            f"{connections:,} connections between layers",
            f"{CONNECTIONS_PER_LAYER} times {limit:,}",
            math.ceil(connections / CONNECTIONS_PER_LAYER),
        )


def _refusal(source: object, what: str, limit: str, layers: int) -> UnsafeFileError:
    return UnsafeFileError(
        f"{source}: {what} are over the limit of {limit} (Budget.layers). Nothing was "
        "built. If you trust this file, pass a larger limit: "
        f"budget=oneiros.saving.Budget(layers={layers})."
    )


def _graph_size(config: Any) -> tuple[int, int]:
    """Returns how often layers are called, at least once each, and how many tensors
    these calls receive."""
    calls = 0
    connections = 0
    for part in _dicts(config):
        if "class_name" not in part or part["class_name"] == TENSOR:
            continue
        inputs = [
            len(call) if isinstance(call, list) else 1
            for call in _list_of(part.get("inbound_nodes"))
        ]
        calls += max(1, len(inputs))
        connections += sum(inputs)
    return calls, connections


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


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
