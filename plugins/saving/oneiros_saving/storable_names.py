"""Names under which layers and weights can be stored and loaded again."""

from __future__ import annotations

from typing import Any

from oneiros.errors import ArgumentError
from oneiros_safe_files.model_state import LayerWeights
from oneiros_safe_files.names import is_visible
from oneiros_training.sequential import Sequential

MAX_BYTES = 32_000
"""The maximum length of a name."""

MAX_STEPS = 16
"""The maximum number of parts separated by `/`."""


def check_names(weights: LayerWeights) -> None:
    """Checks that the name of each layer and each weight is a separate path in a file.

    # Raises
        ArgumentError: if it isn't; names the layers.
    """
    arrays: dict[str, str] = {}
    groups: dict[str, str] = {}
    for layer, named in weights:
        names = [name for name, _ in named]
        paths = [f"{layer}/{name}" for name in names]
        reasons = [problem(name) for name in (layer, *names)]
        for path in (layer, *paths):
            starts = [start for start in _starts(path) if start in arrays]
            reasons += [_taken_by(arrays[start]) for start in starts]
        reasons += [_taken_by(groups[path]) for path in paths if path in groups]
        reason = next(filter(None, reasons), None)
        if reason is not None:
            raise ArgumentError(
                f"The layer {layer!r:.80} can't be saved under that name: {reason}. "
                "Rename it and save again: model.layers[…].name = '…'."
            )
        arrays.update(dict.fromkeys(paths, layer))
        groups.update((start, layer) for path in paths for start in _starts(path)[:-1])


def check_sequentials(model: Any, outer: dict[str, Any] | None = None) -> None:
    """Checks that layers with the same name in a Sequential and its inner Sequentials
    are the same layer.

    Keras 1 makes them one shared layer when it builds the model again.

    # Raises
        ArgumentError: if it isn't; names the layers.
    """
    if not isinstance(model, Sequential):
        return
    layers_by_name = {} if outer is None else outer
    for layer in model.layers:
        if layers_by_name.setdefault(layer.name, layer) is not layer:
            raise ArgumentError(
                f"{model.name!r} has two layers named {layer.name!r:.80}, one in a "
                "Sequential inside: loading would turn them into one layer. "
                "Rename one: layer.name = '…'."
            )
        check_sequentials(layer, layers_by_name)


def problem(name: str) -> str | None:
    """Returns why a name can't be stored; None if it can."""
    steps = name.split("/")
    if not name or "\0" in name:
        return "it is empty, or has a character of code 0"
    if not all(steps) or {".", ".."} & set(steps) or len(steps) > MAX_STEPS:
        return (
            f"'/' divides it into parts, which are at most {MAX_STEPS} and neither "
            f"empty nor '.' or '..'"
        )
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "it contains half a character, which a text can't hold"
    if length > MAX_BYTES:
        return f"it is longer than {MAX_BYTES:,} bytes"
    if not is_visible(name):
        return "it has a character that isn't shown as it is, such as a line's end"
    return None


def _taken_by(layer: str) -> str:
    return f"its path in the file is that of a weight of the layer {layer!r:.80}"


def _starts(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[: i + 1]) for i in range(len(steps))]
