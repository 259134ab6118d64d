"""The engine's tensors: arrays that the backend can tell from those of its users."""

from typing import Any

import numpy as np


class Tensor(np.ndarray):
    """An array that was computed by this engine.

    `K` treats arrays of NumPy as constants, which adapt to the types of tensors. So the
    engine's own tensors need a class of their own.
    """

    def __array_wrap__(
        self, array: Any, context: Any = None, return_scalar: bool = False
    ) -> Any:
        """Returns a tensor where NumPy would return a number."""
        return array.view(Tensor)


def tensor(x: Any, dtype: Any = None) -> Tensor:
    """Returns numbers as a tensor."""
    return np.asarray(x, dtype).view(Tensor)


class Namespace:
    """NumPy's functions, with tensors as results."""

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)

        def compute(*args: Any, **kwargs: Any) -> Tensor:
            return tensor(function(*args, **kwargs))

        compute.__name__ = name
        setattr(self, name, compute)
        return compute
