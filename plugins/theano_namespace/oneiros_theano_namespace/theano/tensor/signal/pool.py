"""Pooling over the last two axes of tensors."""

import math
from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from oneiros import backend as K
from oneiros_backend_theano.operations import sizes

from oneiros_theano_namespace.borders import padded
from oneiros_theano_namespace.theano_backend import on_theano

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")
FLOATS = ("float16", "float32", "float64")


@on_theano
def pool_2d(
    input,
    ds=None,
    ignore_border: bool | None = None,
    st=None,
    padding=(0, 0),
    mode: str = "max",
    ws=None,
    stride=None,
    pad=None,
):
    """Pools over rows and columns.

    # Arguments
        input: tensor, whose last two axes are rows and columns.
        ds, ws: pair of ints, the window.
        ignore_border: whether windows that reach beyond the border are left out. If
            not, they are pooled as far as they lie inside, and there is no padding.
        st, stride: pair of ints, the strides; None means those of the window.
        padding, pad: pair of ints, how much is put above and below, left and right.
        mode: `"max"`, `"sum"`, `"average_inc_pad"`, or `"average_exc_pad"`, an average
            that leaves the padding out.
    """
    window = tuple(ws or ds)
    strides = tuple(stride or st or window)
    zeros = tuple(pad or padding)
    if mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}.")
    if not ignore_border and any(zeros):
        raise NotImplementedError(
            f"Padding {zeros} needs ignore_border=True, as in Theano."
        )
    x = pt.as_tensor_variable(input)
    if x.dtype not in FLOATS:
        x = pt.cast(x, K.floatx())
    images = x.reshape((-1, 1, *sizes(x)[-2:]))
    widths = [(count, count) for count in zeros]
    if not ignore_border:
        widths = _widths_of_partial(sizes(images)[2:], window, strides)
    result = _pooled(images, window, strides, widths, mode)
    return result.reshape([*sizes(x)[:-2], *sizes(result)[2:]])


def _widths_of_partial(
    lengths: Sequence[Any], window: Sequence[int], strides: Sequence[int]
) -> list[tuple[Any, Any]]:
    """Returns by axis what the last window lacks, which begins inside."""
    widths = []
    for length, size, stride in zip(lengths, window, strides, strict=True):
        maximum = max if isinstance(length, int) else pt.maximum
        steps = maximum(0, (length - 1 - max(0, size - stride)) // stride)
        widths.append((0, maximum(0, steps * stride + size - length)))
    return widths


def _pooled(
    images,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    widths: Sequence[tuple[Any, Any]],
    mode: str,
):
    def windows(x, value: float, pool_mode: str):
        framed = padded(x, widths, value)
        return K.pool2d(framed, window, strides, "valid", "th", pool_mode)

    if mode == "max":
        return windows(images, -math.inf, "max")
    average = windows(images, 0.0, "avg")
    if mode == "sum":
        return average * math.prod(window)
    is_partial = any(before != behind for before, behind in widths)
    if mode == "average_inc_pad" and not is_partial:
        return average
    return average / windows(pt.ones_like(images), 0.0, "avg")
