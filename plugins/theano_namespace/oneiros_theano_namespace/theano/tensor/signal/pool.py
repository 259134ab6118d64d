"""Pooling over the last axes of tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import pytensor.tensor as pt
from oneiros import backend as K
from oneiros_backend_theano.operations import sizes

from oneiros_theano_namespace.borders import padded
from oneiros_theano_namespace.theano_backend import on_theano

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")
FLOATS = ("float16", "float32", "float64")


def pool_2d(
    input: Any,
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Any:
    """Pools over rows and columns.

    # Arguments
        input: tensor, whose last two axes are rows and columns.
        ws, ds: pair of ints, the window.
        ignore_border: whether windows that reach beyond the border are left out. If
            not, they are pooled as far as they lie inside, and there is no padding.
        stride, st: pair of ints, the strides; None means those of the window.
        pad, padding: pair of ints, how much is put above and below, left and right.
        mode: `"max"`, `"sum"`, `"average_inc_pad"`, or `"average_exc_pad"`, an average
            that leaves the padding out.
    """
    pooling = _pooling(
        rank=2,
        window=ws or ds,
        ignores_border=ignore_border,
        strides=stride or st,
        zeros=padding or pad,
        mode=mode,
    )
    return _pooled(input, pooling)


def pool_3d(
    input: Any,
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Any:
    """Pools over the last three axes; see `pool_2d`."""
    pooling = _pooling(
        rank=3,
        window=ws or ds,
        ignores_border=ignore_border,
        strides=stride or st,
        zeros=padding or pad,
        mode=mode,
    )
    return _pooled(input, pooling)


class Pool:
    """Pooling over rows and columns as an object, as Theano's operation was one.

    `Pool(ds, ignore_border=True)(x)` and `Pool(ignore_border=True)(x, ws)` do what
    `pool_2d` does.

    # Arguments
        ds, ignore_border, st, padding, mode: as `pool_2d` takes them.
        ndim: int, over how many of the last axes it pools: 2 or 3.
        openmp: ignored.
    """

    def __init__(
        self,
        ds: Any = None,
        ignore_border: bool = False,
        st: Any = None,
        padding: Any = 0,
        mode: str = "max",
        openmp: Any = None,
        ndim: int = 2,
    ) -> None:
        self.ds = ds
        self.ignore_border = ignore_border
        self.st = st
        self.padding = padding
        self.mode = mode
        self.ndim = ndim

    def __call__(
        self, x: Any, ws: Any = None, stride: Any = None, pad: Any = None
    ) -> Any:
        """Pools a tensor; arguments count more than those of the constructor."""
        pooling = _pooling(
            rank=self.ndim,
            window=ws or self.ds,
            ignores_border=self.ignore_border,
            strides=stride or self.st,
            zeros=pad or self.padding,
            mode=self.mode,
        )
        return _pooled(x, pooling)

    @staticmethod
    def out_shape(
        imgshape: Sequence[Any],
        ds: Any = None,
        ignore_border: bool = False,
        st: Any = None,
        padding: Any = 0,
        ws: Any = None,
        stride: Any = None,
        pad: Any = None,
        ndim: int = 2,
    ) -> list[Any]:
        """Returns the shape of what pooling gives.

        # Arguments
            imgshape: shape of the images, of ints or scalar tensors.
            ds, ignore_border, st, padding: as the constructor takes them; `ws`,
                `stride` and `pad` are their later names.
        """
        pooling = _pooling(
            rank=ndim,
            window=ws or ds,
            ignores_border=ignore_border,
            strides=stride or st,
            zeros=pad or padding,
            mode="max",
        )
        return [*imgshape[:-ndim], *pooling.counts(imgshape[-ndim:])]


@dataclass(frozen=True)
class _Pooling:
    """How to pool.

    # Arguments
        window, strides, zeros: ints by axis; `zeros` stand on each side.
        partial: whether windows may reach beyond the border.
        mode: one of `MODES`.
    """

    window: tuple[int, ...]
    strides: tuple[int, ...]
    zeros: tuple[int, ...]
    partial: bool
    mode: str

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.window)

    def widths(self, x: Any) -> list[tuple[Any, Any]]:
        """Returns by axis how much stands before and behind a tensor."""
        return self._widths(sizes(x)[-self.rank :])

    def _widths(self, lengths: Sequence[Any]) -> list[tuple[Any, Any]]:
        if not self.partial:
            return [(count, count) for count in self.zeros]
        return [
            (0, _missing(length, window, stride))
            for length, window, stride in zip(
                lengths, self.window, self.strides, strict=True
            )
        ]

    def counts(self, lengths: Sequence[Any]) -> list[Any]:
        """Returns how many windows there are along axes of these lengths."""
        widths = self._widths(lengths)
        return [
            (before + length + behind - window) // stride + 1
            for (before, behind), length, window, stride in zip(
                widths, lengths, self.window, self.strides, strict=True
            )
        ]


def _pooling(
    rank: int,
    window: Any,
    ignores_border: bool | None,
    strides: Any,
    zeros: Any,
    mode: str,
) -> _Pooling:
    if mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}.")
    sizes_of_window = _ints(window, rank)
    padding = _ints(zeros, rank)
    if not ignores_border and any(padding):
        raise NotImplementedError(
            f"Padding {padding} needs ignore_border=True, as in Theano."
        )
    steps = sizes_of_window if strides is None else _ints(strides, rank)
    return _Pooling(
        window=sizes_of_window,
        strides=steps,
        zeros=padding,
        partial=not ignores_border,
        mode=mode,
    )


def _ints(values: Any, rank: int) -> tuple[int, ...]:
    if isinstance(values, Integral):
        return (int(values),) * rank
    ints = tuple(int(value) for value in values)
    if len(ints) != rank:
        raise ValueError(f"Pooling over {rank} axes takes {rank} ints, not {values}.")
    return ints


def _missing(length: Any, window: int, stride: int) -> Any:
    """Returns how much an axis lacks for its last window, which begins inside."""
    if stride >= window:
        steps = (length - 1) // stride
    elif isinstance(length, int):
        steps = max(0, (length - 1 - window + stride) // stride)
    else:
        steps = pt.maximum(0, (length - 1 - window + stride) // stride)
    needed = steps * stride + window
    if isinstance(length, int):
        return max(0, needed - length)
    return pt.maximum(0, needed - length)


@on_theano
def _pooled(x: Any, pooling: _Pooling) -> Any:
    x = pt.as_tensor_variable(x)
    if x.dtype not in FLOATS:
        x = pt.cast(x, K.floatx())
    outer = sizes(x)[: -pooling.rank]
    images = x.reshape((-1, 1, *sizes(x)[-pooling.rank :]))
    result = _pooled_images(images, pooling)
    return result.reshape([*outer, *sizes(result)[-pooling.rank :]])


def _pooled_images(images: Any, pooling: _Pooling) -> Any:
    widths = pooling.widths(images)
    if pooling.mode == "max":
        return _windows(padded(images, widths, -math.inf), pooling, "max")
    average = _windows(padded(images, widths, 0.0), pooling, "avg")
    if pooling.mode == "sum":
        return average * math.prod(pooling.window)
    counts_zeros = pooling.mode == "average_inc_pad" and not pooling.partial
    if counts_zeros or not (pooling.partial or any(pooling.zeros)):
        return average
    inside = padded(pt.ones_like(images), widths, 0.0)
    return average / _windows(inside, pooling, "avg")


def _windows(images: Any, pooling: _Pooling, mode: str) -> Any:
    pool = K.pool3d if pooling.rank == 3 else K.pool2d
    return pool(
        images,
        pooling.window,
        strides=pooling.strides,
        border_mode="valid",
        dim_ordering="th",
        pool_mode=mode,
    )


def max_pool_2d_same_size(input: Any, patch_size: Sequence[int]) -> Any:
    """Keeps the largest number of each window, and puts zeros in the place of the
    others.

    # Arguments
        input: tensor, whose last two axes are rows and columns.
        patch_size: pair of ints, the window.
    """
    largest = pool_2d(input, patch_size, ignore_border=True)
    for axis, length in zip((-2, -1), patch_size, strict=True):
        largest = pt.repeat(largest, length, axis=input.ndim + axis)
    return pt.switch(pt.eq(input, largest), input, 0)
