"""Assertions."""

from pytensor.raise_op import Assert, assert_op

__all__ = ["Assert", "assert_op"]
