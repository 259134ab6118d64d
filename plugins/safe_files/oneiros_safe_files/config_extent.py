"""Limits how much a configuration asks for, before anything of it is built."""

from collections.abc import Iterator
from typing import Any

from oneiros.errors import UnsafeFileError

from oneiros_safe_files.budget import Budget, check_time, checked
from oneiros_safe_files.model_state import ModelState
from oneiros_safe_files.names import is_visible

OF_OTHER_KINDS = ("_initializer", "_regularizer", "_constraint", "dtype")
"""How the names of arguments end that are objects and no layers in files of Keras 2 and
3."""
NAMING = ("activation", "init", "initializer", "regularizer", "constraint", "_type")
"""How the names of arguments end whose values name functions and objects."""
NAMES = ("name", "custom_name", "class_name")
"""Arguments whose values become parts of places and messages."""
MAX_NAME = 300
"""The maximum number of characters in them."""
SHOWN_NAME = 60
"""The number of characters of a refused name to show."""
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
        _check_names(config, source)
    names = [isinstance(part, str) for part in parts_of(state.training_config)]
    counts = {
        "layers and their calls": sum(
            map(_calls, parts_of(state.model_config, OF_OTHER_KINDS))
        ),
        "layers with weights": len(state.weights),
        "names in the arguments of compile": sum(names),
        "recorded origins": len(state.provenance),
    }
    for what, count in counts.items():
        if count > limit:
            raise UnsafeFileError(
                f"{source}: {count:,} {what} are over the limit of {limit:,} "
                "(Budget.layers). Nothing was built. If you trust this file, pass a "
                f"larger limit: budget=oneiros.saving.Budget(layers={count})."
            )


def _calls(part) -> int:
    """Returns how often a layer is called, at least once; 0 for what is no layer."""
    if not isinstance(part, dict) or part.get("class_name", TENSOR) == TENSOR:
        return 0
    inbound = part.get("inbound_nodes")
    return max(1, len(inbound)) if isinstance(inbound, list) else 1


def _check_names(config, source: object) -> None:
    """Refuses long names, as the place of each layer in a model repeats the model's,
    and names and keys that aren't shown as they are."""
    for part in parts_of(config):
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


def parts_of(config, omitted: tuple[str, ...] = ()) -> Iterator[Any]:
    """Yields plain data and everything in it, without items whose key ends with one of
    the texts in `omitted`."""
    waiting = [config]
    while waiting:
        check_time()
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            value = [
                item for key, item in value.items() if not str(key).endswith(omitted)
            ]
        if isinstance(value, (list, tuple)):
            waiting += reversed(value)
