"""Draws the filters of layers, and their activations for an input."""

import math
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int, label, refusal
from oneiros.engine.container import Container
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError
from oneiros.models import Model
from oneiros.typing import Array

from oneiros_visualization.figures import panel_for

GAP = 1
"""Pixels between two images."""
LIMIT = 256
"""Default maximum number of images in a picture."""
MOSAIC = (7.0, 6.5)
WIDE = (7.0, 4.0)
"""Sizes of figures in inches."""
AROUND_ZERO = "RdBu_r"
"""Colour map of weights: red above zero, blue below."""
FROM_LOW_TO_HIGH = "viridis"
"""Colour map of activations."""


def mosaic(images: Array) -> Array:
    """Arranges images in rows that form roughly a square.

    # Arguments
        images: array `(n, rows, columns)`, or `(n, rows, columns, 3)` for RGB.

    # Returns
        Float array `(rows, columns)` or `(rows, columns, 3)`. The gaps between images
        are NaN, or, for RGB, ones (white).
    """
    count, height, width, *channels = images.shape
    across = math.ceil(math.sqrt(count * height / width))
    across = min(max(across, 1), count)
    down = math.ceil(count / across)
    shape = (down * (height + GAP) - GAP, across * (width + GAP) - GAP, *channels)
    canvas = np.full(shape, 1.0 if channels else np.nan)
    for index, image in enumerate(images):
        row, column = divmod(index, across)
        top = row * (height + GAP)
        left = column * (width + GAP)
        canvas[top : top + height, left : left + width] = image
    return canvas


def plot_filters(layer: Layer, limit: int = LIMIT, figure: Any = None):
    """Draws the filters of a convolution as small images.

    Filters on three channels appear in colour, with grey for zero. Other filters are
    averaged over their channels, and appear red above zero and blue below. For a
    `Convolution1D`, time runs from left to right and channels from top to bottom.

    # Arguments
        layer: a layer with a kernel `W` of four axes, such as `Convolution2D`, in
            either `dim_ordering`.
        limit: int, the maximum number of filters to draw.
        figure: a `matplotlib.figure.Figure` to draw on; by default, a new one.

    # Returns
        The figure.

    # Raises
        ArgumentError: if the layer has no such kernel.
        PluginLoadError: if matplotlib isn't installed.

    # Example
        ```python
        from oneiros.layers import Convolution2D
        from oneiros.models import Sequential
        from oneiros.visualization import plot_filters

        convolution = Convolution2D(8, 3, 3, input_shape=(16, 16, 3), dim_ordering="tf")
        model = Sequential([convolution])
        plot_filters(convolution).savefig("filters.png")
        ```
    """
    limit = check_int("plot_filters", "limit", limit)
    filters = _filters(layer)
    channels = filters.shape[-1]
    title = f"{layer.name}\n{_extent('filter', filters, limit)}"
    largest = _largest(filters)
    if channels == 3:
        colours = (filters[:limit] / largest + 1) / 2
        return _show(mosaic(colours), title, figure)
    if channels > 1:
        title = f"{title}, mean over channels"
    images = filters[:limit].mean(axis=-1)
    largest = _largest(images)
    return _show(
        mosaic(images), title, figure, cmap=AROUND_ZERO, vmin=-largest, vmax=largest
    )


def plot_activations(
    model: Container,
    layer: Layer,
    x: Any,
    sample: int = 0,
    dim_ordering: str | None = None,
    limit: int = LIMIT,
    figure: Any = None,
):
    """Draws the activations of a layer for one sample.

    For images, it draws each channel as an image, all with the same colour scale. For
    sequences, it draws features from top to bottom and steps from left to right. For
    vectors, it draws a bar per feature.

    # Arguments
        model: a model.
        layer: a layer of the model that is called once, its name, or its index as for
            `get_layer`.
        x: input of the model as for `predict`: array, or list of arrays.
        sample: int, the row of `x`.
        dim_ordering: `"th"` or `"tf"`; by default, that of the layer or of the nearest
            layer before it that has one.
        limit: int, the maximum number of image channels to draw.
        figure: a `matplotlib.figure.Figure` to draw on; by default, a new one.

    # Returns
        The figure.

    # Raises
        ArgumentError: if the layer or sample doesn't exist, or the output has more than
            three axes besides the batch.
        PluginLoadError: if matplotlib isn't installed.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Convolution2D
        from oneiros.models import Sequential
        from oneiros.visualization import plot_activations

        convolution = Convolution2D(8, 3, 3, input_shape=(16, 16, 1), dim_ordering="tf")
        model = Sequential([convolution])
        images = np.random.random((4, 16, 16, 1))
        plot_activations(model, convolution, images).savefig("activations.png")
        ```
    """
    limit = check_int("plot_activations", "limit", limit)
    drawn = _layer(model, layer)
    values = _activations(model, drawn, x, sample)
    title = f"{drawn.name} ({type(drawn).__name__})"
    if values.ndim == 1:
        return _show_bars(values, title, figure)
    if values.ndim == 2:
        return _show_steps(values.T, title, figure)
    if values.ndim > 3:
        raise ArgumentError(
            f"plot_activations: the output of {label(drawn)} has {values.ndim} axes "
            "besides the batch. It can draw one, two or three."
        )
    ordering = dim_ordering or _ordering(drawn)
    images = np.moveaxis(values, -1, 0) if ordering == "tf" else values
    title = f"{title}\n{_extent('channel', images, limit)}"
    return _show(mosaic(images[:limit]), title, figure, cmap=FROM_LOW_TO_HIGH)


def _extent(noun: str, images: Array, limit: int) -> str:
    """Describes the number of images and their size in words."""
    count, *sizes = images.shape
    plural = "" if count == 1 else "s"
    text = f"{count} {noun}{plural} of {' x '.join(map(str, sizes))}"
    return text if count <= limit else f"{text}, the first {limit}"


def _filters(layer) -> Array:
    """Returns a kernel as `(filters, rows, columns, channels)`."""
    kernel = getattr(layer, "W", None)
    if kernel is None or len(K.get_variable_shape(kernel)) != 4:
        raise ArgumentError(
            f"plot_filters received {label(layer)}, which has no kernel `W` of four "
            "axes. Expected a convolution that belongs to a model, such as "
            "model.get_layer('convolution2d_1')."
        )
    weights: Array = K.get_value(kernel)
    if layer.dim_ordering == "th":
        return weights.transpose(0, 2, 3, 1)
    filters = weights.transpose(3, 0, 1, 2)
    is_line = len(layer.inbound_nodes[0].input_shapes[0]) == 3
    return filters.transpose(0, 3, 1, 2) if is_line else filters


def _largest(values: Array) -> float:
    """Returns the largest absolute value; 1 if all values are zero."""
    return float(np.abs(values).max()) or 1.0


def _layer(model, layer):
    if isinstance(layer, str):
        return model.get_layer(layer)
    return model.get_layer(index=layer) if isinstance(layer, int) else layer


def _activations(model, layer, x, sample: int) -> Array:
    """Returns a layer's activations for one row of an input."""
    batch = Model(input=model.inputs, output=layer.output).predict(x)
    if not isinstance(batch, np.ndarray):
        raise ArgumentError(
            f"plot_activations: {label(layer)} has {len(batch)} outputs. Pass a "
            "layer with one output."
        )
    if not -len(batch) <= sample < len(batch):
        raise refusal(
            "plot_activations", "sample", sample, f"the number of one of {len(batch)}"
        )
    return np.asarray(batch[sample])


def _ordering(layer):
    """Returns the `dim_ordering` of a layer, or of the nearest layer before it that has
    one."""
    while not hasattr(layer, "dim_ordering"):
        sources = layer.inbound_nodes[0].inbound_layers
        if not sources:
            return K.image_dim_ordering()
        layer = sources[0]
    return layer.dim_ordering


def _show(picture: Array, title: str, figure, **colours):
    """Draws a mosaic; one of numbers has a colour scale."""
    figure, panel = panel_for(figure, MOSAIC, title)
    image = panel.imshow(picture, interpolation="nearest", **colours)
    if colours:
        figure.colorbar(image, ax=panel, shrink=0.8)
    panel.set_axis_off()
    return figure


def _show_steps(values: Array, title: str, figure):
    figure, panel = panel_for(figure, WIDE, title)
    image = panel.imshow(values, aspect="auto", interpolation="nearest")
    figure.colorbar(image, ax=panel)
    panel.set(xlabel="step", ylabel="feature")
    return figure


def _show_bars(values: Array, title: str, figure):
    figure, panel = panel_for(figure, WIDE, title)
    panel.bar(np.arange(len(values)), values)
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.set(xlabel="feature", ylabel="value")
    return figure
