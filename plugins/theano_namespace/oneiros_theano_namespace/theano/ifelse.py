"""`ifelse`, which computes one of two branches."""

from importlib.util import find_spec

if find_spec("pytensor.conditional"):  # where PyTensor 3.3 and later have it
    from pytensor.conditional import IfElse, ifelse
else:
    from pytensor.ifelse import IfElse, ifelse

__all__ = ["IfElse", "ifelse"]
