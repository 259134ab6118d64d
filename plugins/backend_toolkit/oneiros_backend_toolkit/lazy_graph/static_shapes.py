"""Shapes for code of 2016: `x.get_shape().as_list()`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn, SupportsIndex


class Dimension(int):
    """A size that is known."""

    @property
    def value(self) -> int:
        """The size as an int."""
        return int(self)


class OpenDimension:
    """A size that only the data tells; it equals None."""

    value = None

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, OpenDimension)

    def __hash__(self) -> int:
        return hash(None)

    def __repr__(self) -> str:
        return "?"

    def __index__(self) -> NoReturn:
        raise TypeError(
            "This size isn't known before a function runs. K.shape(x)[axis] is it as "
            "a tensor."
        )


class StaticShape(tuple[Any, ...]):
    """A tensor's static shape: `Dimension`s and `OpenDimension`s.

    # Example
        ```python
        from oneiros_backend_toolkit.lazy_graph.static_shapes import StaticShape

        shape = StaticShape.of((None, 3))
        shape.as_list(), shape[1].value, shape.ndims  # ([None, 3], 3, 2)
        ```
    """

    @classmethod
    def of(cls, sizes: Sequence[int | None]) -> StaticShape:
        """Returns the shape of these sizes, None standing for one that is open."""
        return cls(OpenDimension() if n is None else Dimension(n) for n in sizes)

    @property
    def ndims(self) -> int:
        """The number of axes."""
        return len(self)

    def as_list(self) -> list[int | None]:
        """Returns the sizes as a list of ints and None."""
        return [size.value for size in self]

    def is_fully_defined(self) -> bool:
        """Returns whether all sizes are known."""
        return None not in self

    def num_elements(self) -> int | None:
        """Returns the number of elements, None if a size is open."""
        return math.prod(self) if self.is_fully_defined() else None

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        part = super().__getitem__(index)
        return StaticShape(part) if isinstance(index, slice) else part
