"""Operations that Python computes."""

from pytensor.compile.ops import DeepCopyOp, FromFunctionOp, ViewOp, wrap_py

as_op = wrap_py

__all__ = ["DeepCopyOp", "FromFunctionOp", "ViewOp", "as_op"]
