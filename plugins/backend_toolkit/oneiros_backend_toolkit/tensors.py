"""The type of tensors, which each engine has its own of."""

from typing import Any

Tensor = Any
