"""Functions of numbers that PyTensor has under other names, or with other defaults."""

from typing import Any

import pytensor.tensor as pt

abs_ = pt.abs
inv = pt.reciprocal
sgn = pt.sign


def round(x: Any, mode: str = "half_away_from_zero") -> Any:
    """Rounds to integers.

    # Arguments
        x: tensor.
        mode: what becomes of halves, `"half_away_from_zero"` or `"half_to_even"`.
    """
    x = pt.as_tensor_variable(x)
    if mode == "half_to_even":
        return pt.round(x, mode=mode)
    return pt.sign(x) * pt.floor(pt.abs(x) + 0.5)
