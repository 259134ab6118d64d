"""Weights of Keras 0.x; its files number layers and weights instead of naming them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oneiros.errors import FileFormatError

WAY_OUT = """
It has the layout of Keras 0.x, which doesn't name layers: arrays can only be matched
with weights by their order. Build the model of the file; or compare the shapes, and set
the weights, with h5py:
    with h5py.File(path) as f:
        groups = [f[f"layer_{k}"] for k in range(f.attrs["nb_layers"])]
        arrays = [
            g[f"param_{p}"][()] for g in groups for p in range(g.attrs["nb_params"])
        ]
    model.set_weights(arrays)
For convolutions trained on Theano, then call
oneiros.utils.layer_utils.convert_all_kernels_in_model(model)."""


@contextmanager
def explained(weights: list[tuple[str, Any]]) -> Iterator[None]:
    """Context manager that adds the solution to errors about weights of Keras 0.x.

    # Arguments
        weights: list of layer names in a file, with their arrays.
    """
    try:
        yield
    except FileFormatError as error:
        numbered = [f"layer_{number}" for number in range(len(weights))]
        if not weights or [name for name, _ in weights] != numbered:
            raise
        raise FileFormatError(f"{error}{WAY_OUT}") from None
