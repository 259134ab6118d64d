"""Weights in NumPy's archives, which every program with NumPy reads."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, ConfigError, FileFormatError
from oneiros.saving import Budget, Format, ModelState
from oneiros_safe_files import json_text, names
from oneiros_safe_files.npy import read_npz

LAYERS = "layers"
"""The archive's first array: the layers and the names of their weights, as JSON."""


class ArchiveFormat(Format):
    """Weights as the arrays of an `.npz` file: `dense_1/0` is the first one that
    `get_weights()` of the layer `dense_1` returns."""

    name = "npz"
    suffixes = (".npz",)

    def recognises(self, head: bytes) -> bool:
        """Returns whether a file begins as an archive whose first array is `LAYERS`."""
        is_zip = head.startswith(b"PK\3\4")
        return is_zip and head[30:].startswith(f"{LAYERS}.npy".encode())

    def write(self, path: Path, state: ModelState) -> None:
        """Writes weights; refuses a whole model."""
        if state.model_config is not None:
            raise ArgumentError(
                "An .npz file holds only weights: model.save_weights('….npz')."
            )
        layers = []
        arrays: dict[str, Any] = {LAYERS: None}
        for layer, named in state.weights:
            layers.append((layer, [name for name, _ in named]))
            for place, (_, array) in enumerate(named):
                arrays[f"{layer}/{place}"] = array
        arrays[LAYERS] = np.array(json.dumps(layers))
        for name in arrays:
            if problem := names.problem(name):
                raise ArgumentError(
                    f"{name!r} {problem}. Give the layer another name, or save the "
                    "weights as ….h5."
                )
        with path.open("wb") as file:
            np.savez(file, **arrays)

    def read(self, path: Path, budget: Budget) -> ModelState:
        """Reads weights that `write` wrote.

        # Raises
            FileFormatError: if the file is damaged.
            UnsafeFileError: if it exceeds the budget.
        """
        arrays = read_npz(path, budget)
        try:
            layers = json_text.loads(str(arrays.pop(LAYERS)))
            weights = [(layer, _named(layer, names, arrays)) for layer, names in layers]
        except (ConfigError, KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"{path} is damaged: {error!s:.200}.") from None
        return ModelState(weights=weights)


def _named(layer: str, names: list[str], arrays: dict[str, Any]) -> list[Any]:
    return [(name, arrays[f"{layer}/{place}"]) for place, name in enumerate(names)]
