"""Types that annotations name."""

from collections.abc import Callable
from typing import Any

import numpy as np

Tensor = Any
"""A tensor of an engine or of a graph, or what stands for one."""
Tensors = list[Tensor]
Array = np.ndarray
Shape = tuple[int | None, ...]
"""A static shape; None is an open size."""
OpenShape = Shape | None
"""A static shape, None if even the rank is open."""
AnyFunction = Callable[..., Any]
