"""What layers have learned, and what they make of an input, as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int, label, refusal
from oneiros.engine.node import to_list
from oneiros.errors import ArgumentError
from oneiros.models import Model

from oneiros_visualization.figures import figure_for
from oneiros_visualization.mosaics import mosaic, size_of

Array = Any
LIMIT = 256
"""Images in a picture, at most, unless the caller asks for more."""
APART = 64
"""Features up to which there is a gap between bars."""
AROUND_ZERO = "RdBu_r"
"""The colours of weights: red above zero, blue below it."""
FROM_LOW_TO_HIGH = "viridis"
"""The colours of activations."""


def plot_filters(layer: Any, limit: int = LIMIT, figure: Any = None) -> Any:
    """Draws the filters of a convolution, each as a small image.

    Filters on three channels are drawn in colours, grey being zero. Otherwise red is
    above zero and blue below it; filters on several channels are shown by the mean over
    them. Filters of a `Convolution1D` are drawn with time from left to right and
    channels from top to bottom.

    # Arguments
        layer: a layer with a kernel `W` of four axes, such as `Convolution2D`, in
            either `dim_ordering`.
        limit: int, the number of filters that are drawn.
        figure: a `matplotlib.figure.Figure` to draw into; a new one by default.

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
    model: Any,
    layer: Any,
    x: Any,
    sample: int = 0,
    dim_ordering: str | None = None,
    limit: int = LIMIT,
    figure: Any = None,
) -> Any:
    """Draws what a layer makes of one sample.

    Of images each channel is drawn as an image of its own; all have one scale of
    colours. Of sequences the features are drawn from top to bottom and the steps from
    left to right, and of single features each is a bar.

    # Arguments
        model: a model.
        layer: a layer of the model that was called once, its name, or its index as
            for `get_layer`.
        x: input of the model as for `predict`: array, or list of arrays.
        sample: int, which row of `x`.
        dim_ordering: `"th"` or `"tf"`, where the channels are; by default as in the
            layer, or in the nearest before it that has an ordering.
        limit: int, the number of channels of images that are drawn.
        figure: a `matplotlib.figure.Figure` to draw into; a new one by default.

    # Returns
        The figure.

    # Raises
        ArgumentError: if there is no such layer or sample, or the output has more than
            three axes beside the batch.
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
            "beside the batch. It draws outputs of one, two or three."
        )
    ordering = dim_ordering or _ordering(drawn)
    images = np.moveaxis(values, -1, 0) if ordering == "tf" else values
    title = f"{title}\n{_extent('channel', images, limit)}"
    return _show(mosaic(images[:limit]), title, figure, cmap=FROM_LOW_TO_HIGH)


def _extent(noun: str, images: Array, limit: int) -> str:
    """Returns how many images there are, and of what size, in words."""
    count, *sizes = images.shape
    plural = "" if count == 1 else "s"
    text = f"{count} {noun}{plural} of {' x '.join(map(str, sizes))}"
    return text if count <= limit else f"{text}, the first {limit}"


def _filters(layer: Any) -> Array:
    """Returns a kernel as `(filters, rows, columns, channels)`."""
    kernel = getattr(layer, "W", None)
    if kernel is None or len(K.get_variable_shape(kernel)) != 4:
        raise ArgumentError(
            f"plot_filters received {label(layer)}, which has no kernel `W` of four "
            "axes. Expected a convolution that belongs to a model, such as "
            "model.get_layer('convolution2d_1')."
        )
    weights = K.get_value(kernel)
    if layer.dim_ordering == "th":
        return weights.transpose(0, 2, 3, 1)
    filters = weights.transpose(3, 0, 1, 2)
    is_line = len(layer.inbound_nodes[0].input_shapes[0]) == 3
    return filters.transpose(0, 3, 1, 2) if is_line else filters


def _largest(values: Array) -> float:
    """Returns the largest distance from zero; 1 if all are zero."""
    return float(np.abs(values).max()) or 1.0


def _layer(model: Any, layer: Any) -> Any:
    if isinstance(layer, str):
        return model.get_layer(layer)
    return model.get_layer(index=layer) if isinstance(layer, int) else layer


def _activations(model: Any, layer: Any, x: Any, sample: int) -> Array:
    """Returns what a layer makes of one row of an input."""
    batch = Model(input=model.inputs, output=layer.output).predict(x)
    if not isinstance(batch, np.ndarray):
        raise ArgumentError(
            f"plot_activations: {label(layer)} has {len(batch)} outputs. It draws a "
            "layer of one output."
        )
    if not -len(batch) <= sample < len(batch):
        raise refusal(
            "plot_activations", "sample", sample, f"the number of one of {len(batch)}"
        )
    return batch[sample]


def _ordering(layer: Any) -> Any:
    """Returns where a layer's output has its channels: as it says, or the nearest layer
    before it that says so."""
    while not hasattr(layer, "dim_ordering"):
        sources = layer.inbound_nodes[0].inbound_layers
        if not sources:
            return K.image_dim_ordering()
        layer = to_list(sources)[0]
    return layer.dim_ordering


def _show(picture: Array, title: str, figure: Any, **colours: Any) -> Any:
    """Draws a picture; with a scale of colours if that is asked for."""
    figure = figure_for(figure, *size_of(picture, has_scale=bool(colours)))
    panel = figure.subplots()
    image = panel.imshow(picture, interpolation="nearest", **colours)
    if colours:
        figure.colorbar(image, ax=panel, shrink=0.8)
    panel.set_axis_off()
    panel.set_title(title, fontsize="medium")
    return figure


def _show_steps(values: Array, title: str, figure: Any) -> Any:
    """Draws features by steps."""
    figure = figure_for(figure, 7.0, 4.0)
    panel = figure.subplots()
    image = panel.imshow(values, aspect="auto", interpolation="nearest")
    figure.colorbar(image, ax=panel)
    panel.set(xlabel="step", ylabel="feature")
    panel.set_title(title, fontsize="medium")
    return figure


def _show_bars(values: Array, title: str, figure: Any) -> Any:
    """Draws features as bars."""
    figure = figure_for(figure, 7.0, 3.4)
    panel = figure.subplots()
    width = 0.8 if len(values) <= APART else 1.0
    panel.bar(np.arange(len(values)), values, width=width)
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.set(xlabel="feature", ylabel="value")
    panel.set_title(title, fontsize="medium")
    return figure
