"""Where windows lie on an axis: sizes and paddings of convolutions and pooling."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from oneiros.errors import ArgumentError, ShapeError
from pytensor.graph.basic import Constant
from pytensor.graph.op import Op

Border = str | tuple[tuple[int, int], ...]
"""`"valid"`, `"same"`, `"full"`, or a pair of widths per axis."""


def checked_border(border: Any, rank: int) -> Border:
    """Returns a border mode in a form that can be hashed."""
    if isinstance(border, str):
        if border not in ("valid", "same", "full"):
            raise ArgumentError(f"border_mode is 'valid', 'same' or 'full', not {border!r}.")
        return border
    pairs = tuple((int(low), int(high)) for low, high in border)
    if len(pairs) != rank:
        raise ArgumentError(f"A padding of {len(pairs)} pairs doesn't fit {rank} spatial axes.")
    return pairs


def widths(border: Any, axis: int, size: int, window: int, stride: int, dilation: int) -> tuple[int, int]:
    """Returns how many cells are added before and after an axis of known size."""
    reach = (window - 1) * dilation + 1
    if border == "valid":
        return 0, 0
    if border == "full":
        return reach - 1, reach - 1
    if border == "same":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2
    low, high = border[axis]
    return low, high


def length(border: Any, axis: int, size: Any, window: Any, stride: int, dilation: int) -> Any:
    """Returns how many windows fit an axis; sizes may be ints, scalar tensors or None for unknown."""
    if size is None or (window is None and border != "same"):
        return None
    if border == "same":
        return (size + stride - 1) // stride
    reach = (window - 1) * dilation + 1
    if border == "valid":
        added = 0
    elif border == "full":
        added = 2 * (reach - 1)
    else:
        added = sum(border[axis])
    return (size + added - reach) // stride + 1


class Windowed(Op):  # type: ignore[misc]
    """An Op that moves windows along spatial axes: batch first, channels last.

    # Arguments
        strides: a stride per spatial axis.
        border: see `Border`.
        dilation: the distance of a window's cells, per spatial axis.

    # Properties
        converted_by: the module that registers the conversion to JAX.
    """

    converted_by: str
    strides: tuple[int, ...]
    border: Border
    dilation: tuple[int, ...]

    def compiled(self) -> Any:
        """Returns the computation as a function for numba; its `py_func` needs no compilation of its own."""
        raise NotImplementedError

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """Computes with NumPy arrays."""
        results = self.compiled().py_func(*inputs)
        results = results if isinstance(results, tuple) else (results,)
        for storage, value in zip(output_storage, results, strict=True):
            storage[0] = value

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.strides)

    def lengths(self, sizes: Sequence[Any], window: Sequence[Any]) -> tuple[Any, ...]:
        """Returns the number of windows along each spatial axis."""
        axes = enumerate(zip(sizes, window, self.strides, self.dilation, strict=True))
        found = tuple(length(self.border, axis, *numbers) for axis, numbers in axes)
        if any(isinstance(n, int) and n < 1 for n in found):
            raise ShapeError(
                f"Windows of {tuple(window)} with dilation {self.dilation} don't fit spatial sizes of "
                f"{tuple(sizes)} with border_mode {self.border!r}. Make the window smaller, or pad."
            )
        return found

    def paddings(self, sizes: Sequence[int], window: Sequence[int]) -> list[tuple[int, int]]:
        """Returns the cells added before and after each spatial axis."""
        axes = enumerate(zip(sizes, window, self.strides, self.dilation, strict=True))
        return [widths(self.border, axis, *numbers) for axis, numbers in axes]


def known(sizes: Sequence[Any]) -> tuple[int | None, ...]:
    """Returns sizes as far as they are constants."""
    return tuple(int(n.data) if isinstance(n, Constant) else n if isinstance(n, int) else None for n in sizes)


def scalars(sizes: Sequence[Any]) -> list[Any]:
    """Returns sizes as inputs of a node."""
    return [pt.constant(n, dtype="int64") if isinstance(n, int) else n.astype("int64") for n in sizes]


def sizes_of(x: Any, axes: slice) -> list[Any]:
    """Returns the sizes of some axes: an int where it is known, else a scalar tensor."""
    return [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape)][axes]


@functools.cache
def register_with_numba() -> None:
    """Tells PyTensor's numba linker about these Ops."""
    from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

    from oneiros_backend_theano.convolution_numba import VERSION

    @register_funcify_default_op_cache_key(Windowed)  # type: ignore[untyped-decorator]
    def funcify(op: Any, node: Any = None, **kwargs: Any) -> Any:
        return op.compiled(), VERSION
