"""What annotations call tensors, arrays and shapes, and the arguments of layers, in the
whole project."""

from collections.abc import Callable
from typing import Any, TypedDict

import numpy as np

from oneiros.settings import Values as Values

Tensor = Any
"""A tensor of an engine or of a graph, or what stands for one; only its engine knows
its class."""
Tensors = list[Tensor]
Config = Values
"""A configuration."""
Array = np.ndarray
"""An array of NumPy, or rows of an open file or table that slicing reads as one."""
Shape = tuple[int | None, ...]
"""A static shape; None is an open size."""
Initialization = str | Callable[..., Tensor]
"""The name of an initialization, or a function `(shape, name=None)`."""
Activation = str | Callable[[Tensor], Tensor] | None
"""The name of an activation, or a function or layer; None changes nothing."""
RegularizerLike = Config | Activation
"""The name of a regularizer, its configuration, or itself."""
ConstraintLike = RegularizerLike
"""The same for a constraint."""


class LayerOptions(TypedDict, total=False):
    """The arguments that every layer accepts."""

    input_shape: Shape
    batch_input_shape: Shape
    input_dtype: str | None
    name: str | None
    trainable: bool
    create_input_layer: bool
