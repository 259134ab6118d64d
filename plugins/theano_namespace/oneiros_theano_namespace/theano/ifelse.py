"""`ifelse`, which computes one of two branches."""

from pytensor import ifelse

__all__ = ["ifelse"]
