"""Limits how much a configuration asks for, before anything of it is built."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from oneiros.errors import UnsafeFileError

from oneiros_safe_files.budget import Budget, checked
from oneiros_safe_files.model_state import ModelState
from oneiros_safe_files.names import is_visible

OF_OTHER_KINDS = ("_initializer", "_regularizer", "_constraint", "dtype")
"""How the names of arguments end that are objects and no layers in files of Keras 2 and
3."""
CONNECTIONS_PER_LAYER = 5
"""How many tensors the layers may receive in the mean."""
ARRAYS_PER_LAYER = 10
"""How many arrays a file may hold for each layer that it may have: LSTMs have 12,
optimizers keep one to three for each weight, and most layers have few or none."""
NAMING = ("activation", "init", "initializer", "regularizer", "constraint", "_type")
"""How the names of arguments end whose values name functions and objects."""
NAMES_PER_LAYER = 10
"""How many such arguments the layers may have in the mean."""
NAMES = ("name", "custom_name", "class_name")
"""Arguments whose values become parts of places and messages."""
MAX_NAME = 300
"""The maximum number of characters in them."""
SHOWN_NAME = 60
"""The number of characters of a refused name to show."""
MAX_TEXT = 1 << 20
"""The maximum number of characters in a text, such as the code of a function."""
MAX_TEXTS = 7_500_000
"""The maximum number of characters in all of them."""
TENSOR = "__keras_tensor__"
"""What a reference to a tensor has for a class in files of Keras 3."""


def check_extent(state: ModelState, budget: Budget | None, source: object) -> None:
    """Checks the number of layers, of arrays and of names that a file has.

    # Arguments
        state: what was read.
        budget: the limits for reading it; None for the default ones.
        source: the file, for messages.

    # Raises
        UnsafeFileError: if there are more than the budget allows, or one is too long.
        ArgumentError: if the budget isn't one.
    """
    limit = checked(budget).layers
    for config in (state.model_config, state.training_config, state.provenance):
        _check_texts(config, source)
        _check_names(config, source)
    _check_lengths(state.model_config, limit, source)
    calls, connections = _graph_size(state.model_config)
    counts = {
        "layers and their calls": calls,
        "layers with weights": len(state.weights),
        "names in the arguments of compile": _names(state.training_config),
        "recorded origins": len(state.provenance),
    }
    for what, count in counts.items():
        if count > limit:
            raise _refusal(source, f"{count:,} {what}", f"{limit:,}", count)
    per_layer = {
        "connections between layers": (connections, CONNECTIONS_PER_LAYER),
        "arrays": (_arrays(state), ARRAYS_PER_LAYER),
        "arguments that name functions and objects": (
            _naming(state.model_config),
            NAMES_PER_LAYER,
        ),
    }
    for what, (count, factor) in per_layer.items():
        if count > factor * limit:
            raise _refusal(
                source,
                f"{count:,} {what}",
                f"{factor} times {limit:,}",
                math.ceil(count / factor),
            )


def _arrays(state: ModelState) -> int:
    """Returns the number of arrays in a file."""
    _, of_training = state.training_state or (None, [])
    of_optimizer = state.optimizer_weights or []
    of_layers = sum(len(arrays) for _, arrays in state.weights)
    return of_layers + len(of_optimizer) + len(of_training)


def _naming(config: Any) -> int:
    """Returns the number of arguments whose values name functions and objects."""
    objects = [part for part in _parts(config) if isinstance(part, dict)]
    return sum(
        value is not None and str(key).endswith(NAMING)
        for arguments in objects
        for key, value in arguments.items()
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
    for part in _parts(config, OF_OTHER_KINDS):
        if not _may_be_layer(part):
            continue
        inputs = [
            len(call) if isinstance(call, list) else 1
            for call in _list_of(part.get("inbound_nodes"))
        ]
        calls += max(1, len(inputs))
        connections += sum(inputs)
    return calls, connections


def _may_be_layer(part: Any) -> bool:
    return isinstance(part, dict) and part.get("class_name", TENSOR) != TENSOR


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_lengths(config: Any, limit: int, source: object) -> None:
    """Refuses lists and objects that are longer than those of layers and their
    connections can be."""
    longest = CONNECTIONS_PER_LAYER * limit
    for part in _parts(config):
        if isinstance(part, (dict, list, tuple)) and len(part) > longest:
            raise _refusal(
                source,
                f"{len(part):,} parts of a list or an object",
                f"{CONNECTIONS_PER_LAYER} times {limit:,}",
                math.ceil(len(part) / CONNECTIONS_PER_LAYER),
            )


def _check_names(config: Any, source: object) -> None:
    """Refuses long names, as the place of each layer in a model repeats the model's,
    and names and keys that aren't shown as they are."""
    for part in _parts(config):
        if not isinstance(part, dict):
            continue
        names = [
            value
            for key, value in part.items()
            if isinstance(value, str) and str(key).endswith((*NAMES, *NAMING))
        ]
        for name in names:
            if len(name) > MAX_NAME:
                raise _refused_name(
                    name, f"{len(name):,} characters. The limit is {MAX_NAME}", source
                )
        for name in (*names, *part):
            if isinstance(name, str) and not is_visible(name):
                raise _refused_name(
                    name,
                    "characters that control a terminal or the direction of writing, "
                    "break lines or have no width",
                    source,
                )


def _refused_name(name: str, problem: str, source: object) -> UnsafeFileError:
    return UnsafeFileError(
        f"{source}: the configuration has a name of {problem}; it begins with "
        f"{name[:SHOWN_NAME]!r}. Nothing was built. Give it a shorter name of plain "
        "characters where the model is made, and save it again."
    )


def _check_texts(config: Any, source: object) -> None:
    """Refuses texts that are longer than any in a model."""
    total = 0
    for part in _parts(config):
        texts = part if isinstance(part, dict) else [part]
        for text in texts:
            length = len(text) if isinstance(text, str) else 0
            total += length
            if length > MAX_TEXT or total > MAX_TEXTS:
                raise UnsafeFileError(
                    f"{source}: the configuration has a text of {length:,} characters, "
                    f"which begins with {text[:SHOWN_NAME]!r}, and {total:,} in all. "
                    f"The limits are {MAX_TEXT:,} and {MAX_TEXTS:,}; no model's "
                    "configuration has more. Nothing was built."
                )


def _names(config: Any) -> int:
    """Returns the number of texts in plain data."""
    return sum(isinstance(part, str) for part in _parts(config))


def _parts(config: Any, omitted: tuple[str, ...] = ()) -> Iterator[Any]:
    """Yields plain data and everything in it, without items whose key ends with one of
    the texts in `omitted`."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting += [
                item for key, item in value.items() if not str(key).endswith(omitted)
            ]
        elif isinstance(value, (list, tuple)):
            waiting += value
