"""What annotations call tensors, arrays and shapes, in the whole project."""

from typing import Any

import numpy as np

Tensor = Any
"""A tensor of an engine or of a graph, or what stands for one; only its engine knows
its class."""
Tensors = list[Tensor]
Array = np.ndarray
"""An array of NumPy, or rows of an open file or table that slicing reads as one."""
Shape = tuple[int | None, ...]
"""A static shape; None is an open size."""
