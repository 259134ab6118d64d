"""Pooling as PyTensor Ops, with derivatives of any order."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from oneiros_jax_support.windows import PoolingWindows
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply

from oneiros_backend_theano.windows import Windowed, known, scalars, sizes_of


class Pooling(PoolingWindows, Windowed):
    """What all pooling Ops share; arguments as for `PoolingWindows`."""

    __props__ = ("window", "strides", "border")
    converted_by = "oneiros_backend_theano.pooling_jax"

    def compiled(self) -> Any:
        """Returns the computation as a function for numba."""
        from oneiros_backend_theano.pooling_numba import compiled

        return compiled(self)

    def sibling(self, cls: Any) -> Any:
        """Returns another Op for the same windows."""
        return cls(self.window, self.strides, self.border)


class MaxPool(Pooling):
    """The largest value of each window, and where it stands in it; of several, the
    first."""

    def make_node(self, x: Any) -> Any:
        """Builds the node."""
        shape = self.pooled(x.type.shape)
        return Apply(
            self,
            [x],
            [pt.tensor(dtype=kind, shape=shape) for kind in (x.dtype, self.positions)],
        )

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Positions have no derivative."""
        return [[True, False]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Each derivative goes to where the largest value stands."""
        (x,) = inputs
        return [
            self.sibling(Unpool)(outputs[1], cotangents[0], *sizes_of(x, slice(1, -1)))
        ]


class Unpool(Pooling):
    """Adds each value to the cell of its window that is named: the derivative of
    maxima.

    # Inputs
        Positions in the windows, a value for each, and the spatial sizes of the result.
    """

    zero_if = (1,)

    def make_node(self, positions: Any, g: Any, *sizes: Any) -> Any:
        """Builds the node."""
        spatial = scalars(sizes)
        shape = (g.type.shape[0], *known(spatial), g.type.shape[-1])
        return Apply(
            self, [positions, g, *spatial], [pt.tensor(dtype=g.dtype, shape=shape)]
        )

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Only the values have derivatives."""
        return [[i == 1] for i in range(len(node.inputs))]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Picks the cells that the values went to."""
        picked = self.sibling(Pick)(inputs[0], cotangents[0])
        return [disconnected_type(), picked, *(disconnected_type() for _ in inputs[2:])]


class Pick(Pooling):
    """Takes the cell that is named from each window.

    # Inputs
        Positions in the windows, and the values to choose from.
    """

    zero_if = (1,)

    def make_node(self, positions: Any, x: Any) -> Any:
        """Builds the node."""
        return Apply(
            self, [positions, x], [pt.tensor(dtype=x.dtype, shape=positions.type.shape)]
        )

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Only the values have derivatives."""
        return [[False], [True]]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Puts derivatives where the values came from."""
        positions, x = inputs
        placed = self.sibling(Unpool)(
            positions, cotangents[0], *sizes_of(x, slice(1, -1))
        )
        return [disconnected_type(), placed]


class AveragePool(Pooling):
    """The mean of each window's cells; cells added as padding don't count."""

    zero_if = "any"

    def make_node(self, x: Any) -> Any:
        """Builds the node."""
        return Apply(
            self, [x], [pt.tensor(dtype=x.dtype, shape=self.pooled(x.type.shape))]
        )

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Spreads each derivative over its window."""
        (x,) = inputs
        return [self.sibling(Spread)(cotangents[0], *sizes_of(x, slice(1, -1)))]


class Spread(Pooling):
    """Spreads each value evenly over the cells of its window: the derivative of means.

    # Inputs
        The values, and the spatial sizes of the result.
    """

    zero_if = (0,)

    def make_node(self, g: Any, *sizes: Any) -> Any:
        """Builds the node."""
        spatial = scalars(sizes)
        shape = (g.type.shape[0], *known(spatial), g.type.shape[-1])
        return Apply(self, [g, *spatial], [pt.tensor(dtype=g.dtype, shape=shape)])

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """The sizes take no derivative."""
        return [[i == 0] for i in range(len(node.inputs))]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Means again."""
        return [
            self.sibling(AveragePool)(cotangents[0]),
            *(disconnected_type() for _ in inputs[1:]),
        ]


def max_pool(x: Any, window: Any, strides: Any, border: Any) -> Any:
    """Returns the largest value of each window."""
    return MaxPool(window, strides, border)(x)[0]


def average_pool(x: Any, window: Any, strides: Any, border: Any) -> Any:
    """Returns the mean of each window."""
    return AveragePool(window, strides, border)(x)
