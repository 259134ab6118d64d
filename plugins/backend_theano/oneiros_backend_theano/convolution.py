"""Convolutions as PyTensor Ops, with derivatives of any order: the three of them are
each other's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from oneiros.backend.common import floatx
from oneiros.backend.contract import Backend
from oneiros_backend_toolkit.types import common_type
from oneiros_jax_support.windows import ConvolutionWindows
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply

from oneiros_backend_theano.operations import as_float
from oneiros_backend_theano.pooling import average_pool, max_pool
from oneiros_backend_theano.windows import Windowed, known, scalars, sizes_of


class Convolution(ConvolutionWindows, Windowed):
    """What the convolution and its two derivatives share; arguments as for
    `ConvolutionWindows`."""

    __props__ = ("strides", "border", "dilation", "depthwise")
    zero_if = "any"
    converted_by = "oneiros_backend_theano.convolution_jax"

    def sibling(self, cls: Any) -> Any:
        """Returns another of the three for the same windows."""
        return cls(self.strides, self.border, self.dilation, self.depthwise)

    def compiled(self) -> Any:
        """Returns the computation as a function for numba."""
        from oneiros_backend_theano.convolution_numba import compiled

        return compiled(self)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """The sizes take no derivative."""
        return [[i < 2] for i in range(len(node.inputs))]


class Convolve(Convolution):
    """Cross-correlation of images or volumes with a kernel."""

    def make_node(self, x: Any, kernel: Any) -> Any:
        """Builds the node."""
        shape, window = x.type.shape, kernel.type.shape
        lengths = self.lengths(shape[1:-1], window[:-2])
        result = pt.tensor(
            dtype=x.dtype, shape=(shape[0], *lengths, self.filters(window))
        )
        return Apply(self, [x, kernel], [result])

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """The two derivatives."""
        (x, kernel), (g,) = inputs, cotangents
        return [
            self.sibling(InputGradient)(kernel, g, *sizes_of(x, slice(1, -1))),
            self.sibling(KernelGradient)(x, g, *sizes_of(kernel, slice(0, -2))),
        ]


class InputGradient(Convolution):
    """The derivative of a convolution by its input; alone, a transposed convolution.

    # Inputs
        The kernel, the derivative by the convolution's output, and the input's spatial
        sizes.
    """

    def make_node(self, kernel: Any, g: Any, *sizes: Any) -> Any:
        """Builds the node."""
        spatial = scalars(sizes)
        shape = (g.type.shape[0], *known(spatial), kernel.type.shape[-2])
        return Apply(
            self, [kernel, g, *spatial], [pt.tensor(dtype=g.dtype, shape=shape)]
        )

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """By kernel and output derivative."""
        (kernel, g, *sizes), (x,) = inputs, cotangents
        return [
            self.sibling(KernelGradient)(x, g, *sizes_of(kernel, slice(0, -2))),
            self.sibling(Convolve)(x, kernel),
            *(disconnected_type() for _ in sizes),
        ]


class KernelGradient(Convolution):
    """The derivative of a convolution by its kernel.

    # Inputs
        The input, the derivative by the convolution's output, and the kernel's spatial
        sizes.
    """

    def make_node(self, x: Any, g: Any, *window: Any) -> Any:
        """Builds the node."""
        sizes = scalars(window)
        channels, filters = x.type.shape[-1], g.type.shape[-1]
        shape = (*known(sizes), channels, self.multiplier(channels, filters))
        return Apply(self, [x, g, *sizes], [pt.tensor(dtype=x.dtype, shape=shape)])

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """By input and output derivative."""
        (x, g, *window), (kernel,) = inputs, cotangents
        return [
            self.sibling(InputGradient)(kernel, g, *sizes_of(x, slice(1, -1))),
            self.sibling(Convolve)(x, kernel),
            *(disconnected_type() for _ in window),
        ]


def is_convolution(op: Any) -> bool:
    """Tells whether an Op is a convolution, or a loop that holds one."""
    return isinstance(op, Convolution) or getattr(op, "convolves", False)


def _floats(*tensors: Any) -> list[Any]:
    """Returns tensors in their common float type."""
    dtypes = [np.dtype(x.dtype) for x in tensors]
    common = common_type(dtypes, [np.dtype(float)], floatx()).name
    return [x.astype(common) for x in tensors]


class ConvolutionPrimitives(Backend):
    """What the shared convolutions and pooling of `oneiros_backend_toolkit` ask of an
    engine."""

    def _convolve(
        self, x: Any, kernel: Any, strides: Any, border_mode: Any, dilation: Any
    ) -> Any:
        return Convolve(strides, border_mode, dilation)(*_floats(x, kernel))

    def _convolve_depthwise(
        self, x: Any, kernel: Any, strides: Any, border_mode: Any
    ) -> Any:
        op = Convolve(strides, border_mode, (1,) * len(strides), depthwise=True)
        return op(*_floats(x, kernel))

    def _convolve_back(
        self, x: Any, kernel: Any, sizes: Any, strides: Any, border_mode: Any
    ) -> Any:
        x, kernel = _floats(x, kernel)
        op = InputGradient(strides, border_mode, (1,) * len(strides))
        return op(kernel.swapaxes(-2, -1), x, *sizes)

    def _pool(
        self, x: Any, window: Any, strides: Any, border_mode: Any, mode: str
    ) -> Any:
        pool = max_pool if mode == "max" else average_pool
        return pool(as_float(x), window, strides, border_mode)

    def _pad(self, x: Any, widths: Any) -> Any:
        for axis, (low, high) in enumerate(widths):
            x = _padded(x, axis, int(low), int(high))
        return x


def _padded(x: Any, axis: int, low: int, high: int) -> Any:
    def zeros(count: int) -> Any:
        shape = sizes_of(x, slice(None))
        return pt.zeros([*shape[:axis], count, *shape[axis + 1 :]], dtype=x.dtype)

    parts = [*([zeros(low)] if low else []), x, *([zeros(high)] if high else [])]
    return pt.concatenate(parts, axis=axis) if len(parts) > 1 else x
