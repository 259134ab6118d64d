"""Operations that Python computes."""

from pytensor.compile.ops import wrap_py as as_op

__all__ = ["as_op"]
