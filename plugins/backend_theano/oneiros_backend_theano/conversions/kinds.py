"""The types of conversions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Conversion = Callable[..., Any]
"""Function of a namespace and a node's inputs that computes the outputs.

The namespace `xp` is NumPy where all inputs are known while tracing (sizes, the
learning phase), so that shapes stay concrete, else `jax.numpy`.
"""
Maker = Callable[[Any, Any], Conversion | None]
"""Function of an Op and its node; it returns None if it has no conversion."""
