"""A mode that looks for NaN, infinite and large numbers."""

from pytensor.compile.debug.nanguardmode import NanGuardMode

__all__ = ["NanGuardMode"]
