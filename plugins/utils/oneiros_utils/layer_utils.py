"""The table of `model.summary()`, parameter counts, and kernel flipping."""

import shutil
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.engine.layer import Layer
from oneiros.engine.node import origins, unique
from oneiros_old_files.convolution_kernels import FITTED_WHEN_LOADED, flipped

HEADER = ("Layer (type)", "Output Shape", "Param #", "Connected to")
COLUMN_ENDS = (0.33, 0.55, 0.67, 1.0)
"""Positions of the column ends, as fractions of the width."""

LEAST_LENGTH = 60
"""Minimum width of a table in narrow terminals."""

FLIPPED = frozenset({"Convolution1D", "Convolution2D", "Convolution3D"})
"""Layers with a kernel `W` that Theano's convolution flips; also their subclasses."""


def print_summary(
    layers: list[Layer],
    relevant_nodes: Collection[str] | None = None,
    line_length: int = 100,
    positions: Sequence[float] | None = None,
    *,
    print_fn: Callable[[str], Any] | None = None,
) -> None:
    """Prints a table of layers with names, output shapes, parameters and connections.

    It adapts to a narrower terminal.

    # Arguments
        layers: list of layers.
        relevant_nodes: `container_nodes` of the model, to show only its connections;
            None shows all.
        line_length: int, width of the table.
        positions: list of column ends, as fractions of the width or numbers of
            characters.
        print_fn: function to call with each line instead of printing it.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.utils.layer_utils import print_summary

        model = Sequential([Dense(3, input_dim=2)])
        lines = []
        print_summary(model.layers, line_length=80, print_fn=lines.append)
        print(lines[5])  # Total params: 9
        ```
    """
    if print_fn is None:
        line_length = _fitting(line_length)
    column_ends = positions or COLUMN_ENDS
    widths = _widths([end * line_length if end <= 1 else end for end in column_ends])
    thin = "_" * line_length
    thick = "=" * line_length
    lines = [thin, _row(HEADER, widths)]
    rule = thick
    for layer in layers:
        lines.append(rule)
        lines += [_row(fields, widths) for fields in _described(layer, relevant_nodes)]
        rule = thin
    trainable, frozen = count_total_params(layers)
    lines += [
        thick,
        f"Total params: {trainable + frozen:,}",
        f"Trainable params: {trainable:,}",
        f"Non-trainable params: {frozen:,}",
        thin,
    ]
    for line in lines:
        (print_fn or print)(line)


def _fitting(line_length: int) -> int:
    """Returns the width that fits the terminal."""
    if not sys.stdout.isatty():
        return line_length
    return min(line_length, max(LEAST_LENGTH, shutil.get_terminal_size().columns))


def _widths(ends: Iterable[float]) -> list[int]:
    """Returns the column widths for these ends."""
    widths = []
    start = 0
    for end in map(int, ends):
        widths.append(end - start)
        start = end
    return widths


def _row(fields: Iterable[Any], widths: list[int]) -> str:
    """Formats the fields in their columns, and truncates those that don't fit."""
    cells = []
    for field, width in zip(fields, widths, strict=True):
        text = str(field)[: width - 1]
        cells.append(text.ljust(width))
    return "".join(cells).rstrip()


def _described(
    layer: Layer, relevant_nodes: Collection[str] | None
) -> list[tuple[Any, ...]]:
    """Returns a layer's rows: one, plus one for each connection after the first."""
    name = f"{layer.name} ({type(layer).__name__})"
    shape = getattr(layer, "output_shape", "multiple")
    sources = connections(layer, relevant_nodes) or [""]
    first_row = (name, shape, layer.count_params(), sources[0])
    return [first_row, *(("", "", "", source) for source in sources[1:])]


def connections(
    layer: Layer, relevant_nodes: Collection[str] | None = None
) -> list[str]:
    """Returns the sources of a layer's inputs as `name[node index][tensor index]`."""
    calls = [
        node
        for node in layer.inbound_nodes
        if not relevant_nodes or node.key in relevant_nodes
    ]
    inputs = [
        tensor for node in calls if node.inbound_layers for tensor in node.input_tensors
    ]
    return [
        f"{source.name}[{call}][{index}]"
        for source, call, index in zip(*origins(inputs), strict=True)
    ]


def count_total_params(
    layers: list[Layer], layer_set: set[Layer] | None = None
) -> tuple[int, int]:
    """Returns the numbers of trainable and non-trainable parameters.

    # Arguments
        layers: list of layers and models; a shared weight counts once.
        layer_set: set of layers that are already counted; it is updated.

    # Returns
        Two int.

    # Example
        ```python
        from oneiros.layers import BatchNormalization, Dense
        from oneiros.models import Sequential
        from oneiros.utils.layer_utils import count_total_params

        model = Sequential([Dense(3, input_dim=2), BatchNormalization()])
        print(count_total_params(model.layers))  # (15, 6)
        ```
    """
    counted = set() if layer_set is None else layer_set
    fresh = [layer for layer in layers if layer not in counted]
    counted.update(fresh)

    def count(weights: Iterable[Any]) -> int:
        return int(sum(K.count_params(weight) for weight in unique(weights)))

    trainable = [weight for layer in fresh for weight in layer.trainable_weights]
    frozen = [weight for layer in fresh for weight in layer.non_trainable_weights]
    return count(trainable), count(frozen)


def convert_all_kernels_in_model(model: Container) -> None:
    """Flips the kernels of all convolutions in a model along their windows.

    This includes nested models.

    Use it for weights that Keras 1 trained on Theano, whose convolution flips kernels,
    to get the same results here. Calling it again undoes the conversion. Kernels that
    were already converted when their file was loaded stay unchanged the first time,
    with a warning; so do all kernels on Theano, unless `K.set_convolution('theano')`
    was called.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Convolution2D
        from oneiros.models import Sequential
        from oneiros.utils.layer_utils import convert_all_kernels_in_model

        layer = Convolution2D(1, 3, 3, dim_ordering="tf", input_shape=(8, 8, 1))
        model = Sequential([layer])
        before = model.get_weights()[0]
        convert_all_kernels_in_model(model)
        np.array_equal(model.get_weights()[0], before[::-1, ::-1])  # True
        ```

    # Arguments
        model: a Model or Sequential.
    """
    converted = list(_convolutions(model))
    fitted = FITTED_WHEN_LOADED.intersection(converted)
    if fitted:
        names = ", ".join(sorted(layer.name for layer in fitted))
        warnings.warn(
            f"The kernels of {names:.200} were converted when they were loaded, so "
            "they stay unchanged. Remove the conversion.",
            stacklevel=2,
        )
    for layer in converted:
        if layer in fitted:
            FITTED_WHEN_LOADED.discard(layer)
        else:
            ordering = getattr(layer, "dim_ordering", "tf")
            K.set_value(layer.W, flipped(K.get_value(layer.W), ordering))


def _convolutions(model) -> Iterator[Any]:
    """Yields the layers in a model with kernels that Theano flips."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _convolutions(layer)
        elif not FLIPPED.isdisjoint(cls.__name__ for cls in type(layer).__mro__):
            yield layer
