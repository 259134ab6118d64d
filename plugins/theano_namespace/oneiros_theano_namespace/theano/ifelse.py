"""`ifelse`, which computes one of two branches."""

from pytensor.ifelse import IfElse, ifelse

__all__ = ["IfElse", "ifelse"]
