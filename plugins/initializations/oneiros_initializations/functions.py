"""The weight initializations. Each takes a shape and returns a new variable of it.

Random values are drawn on the host from NumPy's global generator: `np.random.seed(n)`
fixes them on every backend.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_number
from oneiros.config import get_object
from oneiros.errors import ArgumentError, ShapeError

from oneiros_initializations.postponed import initialized

Shape = Sequence[int]


def get_fans(shape: Shape, dim_ordering: str = "th") -> tuple[float, float]:
    """Returns the fans of a weight, `(fan_in, fan_out)`.

    They say how many values feed one output, and how many outputs one input feeds.

    # Arguments
        shape: of the weight. Rank 2 is `(input, output)`; ranks 4 and 5 are convolution
            kernels; any other rank counts the square root of its size both ways.
        dim_ordering: `"th"`, kernels `(output, input, *window)`, or `"tf"`,
            `(*window, input, output)`. As in Keras 1.2.2 a rank 5 kernel of `"tf"`
            counts the first two window axes only.

    # Returns
        The pair `(fan_in, fan_out)`.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) not in (4, 5):
        fan = float(np.sqrt(np.prod(shape)))
        return fan, fan
    if dim_ordering == "th":
        window = int(np.prod(shape[2:]))
        return shape[1] * window, shape[0] * window
    if dim_ordering == "tf":
        window = int(np.prod(shape[:2]))
        return shape[-2] * window, shape[-1] * window
    raise ArgumentError(f"dim_ordering is {dim_ordering!r}; it must be 'th' or 'tf'.")


def uniform(
    shape: Shape, scale: float = 0.05, name: str | None = None, dim_ordering: str = "th"
) -> Any:
    """Uniform between `-scale` and `scale`."""
    check_number("uniform", "scale", scale)
    return initialized(
        shape, name, lambda: K.random_uniform_variable(shape, -scale, scale, name=name)
    )


def normal(
    shape: Shape, scale: float = 0.05, name: str | None = None, dim_ordering: str = "th"
) -> Any:
    """Normal with mean 0 and standard deviation `scale`, not truncated."""
    check_number("normal", "scale", scale)
    return initialized(
        shape, name, lambda: K.random_normal_variable(shape, 0.0, scale, name=name)
    )


def lecun_uniform(
    shape: Shape, name: str | None = None, dim_ordering: str = "th"
) -> Any:
    """Uniform, limited by `sqrt(3 / fan_in)`.

    # References
        - LeCun, Bottou, Orr, Müller: Efficient BackProp, 1998
    """
    fan_in, _ = get_fans(shape, dim_ordering)
    return uniform(shape, float(np.sqrt(3.0 / fan_in)), name=name)


def glorot_normal(
    shape: Shape, name: str | None = None, dim_ordering: str = "th"
) -> Any:
    """Normal, standard deviation `sqrt(2 / (fan_in + fan_out))`.

    # References
        - Glorot, Bengio: Understanding the difficulty of training deep feedforward
          neural networks, 2010
    """
    return normal(
        shape, float(np.sqrt(2.0 / sum(get_fans(shape, dim_ordering)))), name=name
    )


def glorot_uniform(
    shape: Shape, name: str | None = None, dim_ordering: str = "th"
) -> Any:
    """Uniform, limited by `sqrt(6 / (fan_in + fan_out))`; see `glorot_normal`."""
    return uniform(
        shape, float(np.sqrt(6.0 / sum(get_fans(shape, dim_ordering)))), name=name
    )


def he_normal(shape: Shape, name: str | None = None, dim_ordering: str = "th") -> Any:
    """Normal, standard deviation `sqrt(2 / fan_in)`.

    # References
        - He, Zhang, Ren, Sun: Delving Deep into Rectifiers, arXiv:1502.01852
    """
    fan_in, _ = get_fans(shape, dim_ordering)
    return normal(shape, float(np.sqrt(2.0 / fan_in)), name=name)


def he_uniform(shape: Shape, name: str | None = None, dim_ordering: str = "th") -> Any:
    """Uniform, limited by `sqrt(6 / fan_in)`; the same reference as `he_normal`."""
    fan_in, _ = get_fans(shape, dim_ordering)
    return uniform(shape, float(np.sqrt(6.0 / fan_in)), name=name)


def orthogonal(
    shape: Shape, scale: float = 1.1, name: str | None = None, dim_ordering: str = "th"
) -> Any:
    """A matrix with orthonormal rows or columns, whichever are fewer, times `scale`.

    The axes of `shape` after the first count as one.

    # Raises
        ShapeError: for a shape with fewer than two axes.

    # References
        - Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of
          learning, arXiv:1312.6120
    """
    check_number("orthogonal", "scale", scale)
    if len(shape) < 2:
        raise ShapeError(
            f"orthogonal takes a shape of two or more axes; it received {tuple(shape)}."
        )
    return initialized(
        shape, name, lambda: K.variable(scale * _orthonormal(shape), name=name)
    )


def _orthonormal(shape: Shape) -> np.ndarray[Any, Any]:
    flat = (shape[0], int(np.prod(shape[1:])))
    left, _, right = np.linalg.svd(
        np.random.normal(0.0, 1.0, flat), full_matrices=False
    )
    return np.reshape(left if left.shape == flat else right, shape)


def identity(
    shape: Shape, scale: float = 1, name: str | None = None, dim_ordering: str = "th"
) -> Any:
    """The identity matrix times `scale`.

    # Raises
        ShapeError: unless the shape is square, of rank 2.
    """
    check_number("identity", "scale", scale)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(
            "identity takes a square shape of rank 2, like (4, 4); it received "
            f"{tuple(shape)}."
        )
    return K.variable(scale * np.identity(shape[0]), name=name)


def zero(shape: Shape, name: str | None = None, dim_ordering: str = "th") -> Any:
    """All zeros."""
    return K.zeros(shape, name=name)


def one(shape: Shape, name: str | None = None, dim_ordering: str = "th") -> Any:
    """All ones."""
    return K.ones(shape, name=name)


def get(identifier: Any, **kwargs: Any) -> Any:
    """Returns the initialization that `identifier` names.

    # Arguments
        identifier: name, or a function of a shape and a name.
        **kwargs: arguments to fix beforehand, such as `scale` or `dim_ordering`.

    # Example
        ```python
        from oneiros import initializations
        weight = initializations.get("orthogonal", scale=1.0)((64, 64), name="W")
        ```
    """
    function = get_object("initialization", identifier)
    if not kwargs or function is None:
        return function
    return functools.update_wrapper(functools.partial(function, **kwargs), function)
