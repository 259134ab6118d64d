"""Names under which layers and weights can be stored, so that what is saved can be
loaded."""

from __future__ import annotations

from typing import Any

from oneiros.errors import ArgumentError
from oneiros_safe_files.model_state import LayerWeights
from oneiros_sequential.sequential import Sequential

MAX_BYTES = 32_000
"""How long a name may be."""

MAX_STEPS = 16
"""How many parts `/` may divide it into."""


def check_names(weights: LayerWeights) -> None:
    """Checks that each layer's name, and each weight's, is a path of its own inside a
    file.

    # Raises
        ArgumentError: naming the layer.
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
    """Checks that layers of one name in a Sequential, and in those inside it, are one
    layer.

    Keras 1 shares them when it builds the model again.

    # Raises
        ArgumentError: naming the layers.
    """
    if not isinstance(model, Sequential):
        return
    layers_by_name = {} if outer is None else outer
    for layer in model.layers:
        if layers_by_name.setdefault(layer.name, layer) is not layer:
            raise ArgumentError(
                f"{model.name!r} has two layers named {layer.name!r:.80}, one in a "
                "Sequential inside: they would be one layer when the model is loaded. "
                "Rename one: layer.name = '…'."
            )
        check_sequentials(layer, layers_by_name)


def problem(name: str) -> str | None:
    """Says why a name can't be stored; None if it can."""
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
        return "it has half a character, which no text can hold"
    if length > MAX_BYTES:
        return f"it is longer than {MAX_BYTES:,} bytes"
    return None


def _taken_by(layer: str) -> str:
    return f"its place in the file is that of a weight of the layer {layer!r:.80}"


def _starts(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[: i + 1]) for i in range(len(steps))]
