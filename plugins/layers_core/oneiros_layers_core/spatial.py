"""Spatial axes of sequences, images and volumes, and windows that move over them.

For layers over 1, 2 or 3 such axes. Shapes have the samples first, and the channels
last (`dim_ordering` is `"tf"`) or before the spatial axes (`"th"`); in a sequence of
images the steps follow the samples. Sizes that aren't known are None.
"""

import functools
import inspect
from typing import Any

from oneiros import backend as K
from oneiros import load_context
from oneiros.arguments import label, refusal
from oneiros.engine.layer import Layer
from oneiros.errors import ShapeError
from oneiros.typing import Shape, Tensor
from oneiros.user_warnings import warn

Sizes = tuple[int, ...]

AXES = {1: ("steps",), 2: ("rows", "columns"), 3: ("d1", "d2", "d3")}
"""The names of the spatial axes, by their number."""


def check_dim_ordering(layer: Layer, dim_ordering) -> str:
    """Returns `"tf"` or `"th"`; for `"default"`, the value of `K.image_dim_ordering()`.

    # Raises
        ArgumentError: for anything else.
    """
    chosen = K.image_dim_ordering() if dim_ordering == "default" else dim_ordering
    if chosen not in ("tf", "th"):
        expected = "'tf' (channels last), 'th' (channels first) or 'default'"
        raise refusal(layer, "dim_ordering", dim_ordering, expected)
    return str(chosen)


class FlippedOnTheano(Layer):
    """Base class of layers whose kernels Keras 1 flipped on Theano."""

    dim_ordering: str

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the weights, as for any layer."""
        self.warn_of_flip()
        super().set_weights(weights)

    def warn_of_flip(self) -> None:
        """Warns once a program that sets kernels itself, as they may come from
        Theano."""
        orderings = (self.dim_ordering, K.image_dim_ordering())
        if "th" not in orderings or K.backend_of(self).name != "theano":
            return
        is_building = load_context.current().manager is not None
        if not is_building and K.convolution() == "tensorflow":
            _warn_of_flip()


@functools.cache
def _warn_of_flip() -> None:
    warn(
        "This sets kernels by hand. Keras 1 flipped kernels on Theano, but Oneiros "
        "doesn't. If they come from Theano, write K.set_convolution('theano') before "
        "you build the model, or set ONEIROS_CONVOLUTION=theano. Files that load_model "
        "and load_weights read need neither."
    )


def axis_names(rank: int, dim_ordering: str, sequence: bool = False) -> str:
    """Returns the names of all axes, such as `(samples, rows, columns, channels)`.

    # Arguments
        rank: int, the number of spatial axes.
        dim_ordering: `"tf"` or `"th"`.
        sequence: bool, whether it is a sequence of images.
    """
    return f"({', '.join(_axes(rank, dim_ordering, sequence))})"


def spatial_sizes(
    layer: Layer, shape: Shape, rank: int, dim_ordering: str, sequence: bool = False
) -> Shape:
    """Returns the spatial sizes of a shape.

    # Arguments
        layer: the layer to name in an error.
        shape: tuple, of the layer's input.
        rank: int, the number of spatial axes.
        dim_ordering: `"tf"` or `"th"`.
        sequence: bool, whether it is a sequence of images.

    # Raises
        ShapeError: if the shape has another number of axes.
    """
    axes = len(_axes(rank, dim_ordering, sequence))
    if len(shape) != axes:
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}; it must have "
            f"{axes} axes, {axis_names(rank, dim_ordering, sequence)}. Put a "
            "Reshape(…) before it."
        )
    if dim_ordering == "tf":
        return tuple(shape[-1 - rank : -1])
    return tuple(shape[-rank:])


def sizes_of(x: Tensor) -> list[Any]:
    """Returns the sizes of a tensor, ints where they are known."""
    sizes: list[Any] = list(K.int_shape(x))
    for axis, size in enumerate(sizes):
        if size is None:
            sizes[axis] = K.shape(x)[axis]
    return sizes


def check_nonempty(layer: Layer, shape: Shape, rank: int, dim_ordering: str) -> None:
    """Raises ShapeError if one of the spatial sizes is 0."""
    if 0 in spatial_sizes(layer, shape, rank, dim_ordering):
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}, read as "
            f"{axis_names(rank, dim_ordering)}; its {', '.join(AXES[rank])} must be 1 "
            "or more. Give it a larger input."
        )


def with_sizes(
    shape: Shape, sizes: Shape, dim_ordering: str, channels: int | None = None
) -> Shape:
    """Returns a shape with other spatial sizes.

    # Arguments
        shape: tuple.
        sizes: tuple, the new spatial sizes.
        dim_ordering: `"tf"` or `"th"`.
        channels: int, the new number of channels; None keeps that of `shape`.
    """
    if dim_ordering == "tf":
        return (shape[0], *sizes, channels or shape[-1])
    return (shape[0], channels or shape[1], *sizes)


def known_channels(
    layer: Layer, shape: Shape, rank: int, dim_ordering: str, sequence: bool = False
) -> int:
    """Returns the number of channels of a shape, for a layer that makes weights from
    it.

    # Arguments
        all: as for `spatial_sizes`.

    # Raises
        ShapeError: if it is unknown, or the shape has another number of axes.
    """
    spatial_sizes(layer, shape, rank, dim_ordering, sequence)
    channels = shape[_axes(rank, dim_ordering, sequence).index("channels")]
    if channels is None:
        example = _example(rank, dim_ordering, sequence)
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}, read as "
            f"{axis_names(rank, dim_ordering, sequence)}; the number of channels must "
            "be known to make the weights. Pass it at the origin of the input, as in "
            f"input_shape={example}{_other_ordering(rank, dim_ordering)}."
        )
    return channels


def check_channels(
    layer: Layer, shape: Shape, dim_ordering: str, expected: int
) -> None:
    """Raises ShapeError if the number of channels differs from that of the weights.

    # Arguments
        layer: the layer to name in an error.
        shape: tuple, of the layer's input.
        dim_ordering: `"tf"` or `"th"`.
        expected: int, the number of channels of the weights.
    """
    rank = len(shape) - 2
    channels = shape[-1] if dim_ordering == "tf" else shape[1]
    if channels not in (None, expected):
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}, read as "
            f"{axis_names(rank, dim_ordering)}; it has {channels} channels, and the "
            f"weights were made for {expected}. Give the layer such an input, or make "
            "another layer for it."
        )


def length_after(
    length: int | None,
    window: int,
    border_mode: str,
    stride: int = 1,
    dilation: int = 1,
) -> int | None:
    """Returns the number of positions of a window along an axis.

    0 or less means that the window is too long for the axis.

    # Arguments
        length: int, size of the axis; for None, the result is None.
        window: int, number of values that the window sees.
        border_mode: `"valid"`, `"same"` or `"full"`.
        stride: int, from one position to the next.
        dilation: int, spacing of the values that the window sees.
    """
    if length is None:
        return None
    reach = dilation * (window - 1)
    positions = length + {"valid": -reach, "same": 0, "full": reach}[border_mode]
    return (positions + stride - 1) // stride


def windowed_sizes(
    layer: Layer,
    shape: Shape,
    dim_ordering: str,
    *,
    window: Sizes,
    border_mode: str,
    strides: Sizes,
    dilation: Sizes | None = None,
    sequence: bool = False,
) -> Shape:
    """Returns the spatial sizes after a window has moved over a shape.

    # Arguments
        layer: the layer to name in an error.
        shape: tuple, of the layer's input.
        dim_ordering: `"tf"` or `"th"`.
        window: tuple of ints, the window's size on each spatial axis.
        border_mode: `"valid"`, `"same"` or `"full"`.
        strides: tuple of ints, its steps along each axis.
        dilation: tuple of ints, the spacing of the values that it sees; 1 if None.
        sequence: bool, whether it is a sequence of images; the window then moves over
            each image.

    # Raises
        ShapeError: if the window is larger than the input.
    """
    rank = len(window)
    sizes = spatial_sizes(layer, shape, rank, dim_ordering, sequence)
    rates = dilation or (1,) * rank
    lengths = tuple(
        length_after(size, width, border_mode, stride, rate)
        for size, width, stride, rate in zip(sizes, window, strides, rates, strict=True)
    )
    if all(length is None or length >= 1 for length in lengths):
        return lengths
    spread = ""
    if dilation and max(dilation) > 1:
        pairs = zip(rates, window, strict=True)
        reach = tuple(rate * (width - 1) + 1 for rate, width in pairs)
        spread = f" (with the holes of atrous_rate={rates}: {reach})"
    raise ShapeError(
        f"{label(layer)} received an input of shape {tuple(shape)}, read as "
        f"{axis_names(rank, dim_ordering, sequence)}; its window {window}{spread} is "
        f"larger than {sizes}, the input's {', '.join(AXES[rank])}. Make the window "
        f"smaller, or the input larger{_other_ordering(rank, dim_ordering)}."
    )


def kernel_shape(
    window: Sizes, channels: int, nb_filter: int, dim_ordering: str
) -> Sizes:
    """Returns the shape of a convolution's kernel.

    # Arguments
        window: tuple of ints, its sizes along the spatial axes.
        channels: int, the number of input channels.
        nb_filter: int, the number of output channels.
        dim_ordering: `"tf"` or `"th"`.
    """
    if dim_ordering == "tf":
        return (*window, channels, nb_filter)
    return (nb_filter, channels, *window)


def kernel_init(init, dim_ordering: str):
    """Returns an initialization that knows which axes of a kernel form the window.

    # Arguments
        init: function `(shape, name=None, dim_ordering='th')`; a function without that
            argument is returned unchanged.
        dim_ordering: `"tf"` or `"th"`.
    """
    if "dim_ordering" not in inspect.signature(init).parameters:
        return init
    return functools.partial(init, dim_ordering=dim_ordering)


def _axes(rank: int, dim_ordering: str, sequence: bool) -> tuple[str, ...]:
    samples = ("samples", "steps") if sequence else ("samples",)
    if dim_ordering == "tf":
        return (*samples, *AXES[rank], "channels")
    return (*samples, "channels", *AXES[rank])


def _example(rank: int, dim_ordering: str, sequence: bool) -> str:
    sizes = (10,) if rank == 1 else (32,) * rank
    shape = (*sizes, 3) if dim_ordering == "tf" else (3, *sizes)
    return str((10, *shape) if sequence else shape)


def _other_ordering(rank: int, dim_ordering: str) -> str:
    if rank == 1:
        return ""
    if dim_ordering == "tf":
        return "; or dim_ordering='th', if the channels come first"
    return "; or dim_ordering='tf', if the channels come last"
