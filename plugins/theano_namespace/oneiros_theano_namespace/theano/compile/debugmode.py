"""A mode that checks operations against each other."""

from pytensor.compile.debug.debugmode import DebugMode

__all__ = ["DebugMode"]
