"""The rule of types of `oneiros.backend.contract`, stated once more in short."""

import numpy as np

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int32", "int64", "uint8")
DISCRETE = (*INTEGERS, "bool")


def expected_type(one, other, discrete="int32"):
    """Returns the type of two tensors' sum; `discrete` is that of two booleans."""
    floats = [name for name in (one, other) if name in FLOATS]
    if floats:
        return max(floats, key=lambda name: int(name[5:]))
    if one == other == "bool":
        return discrete
    return str(np.promote_types(one, other))


def expected_float_type(one, other, default):
    """Returns the type of what is a fraction, or computed of floats alone."""
    common = expected_type(one, other)
    return common if common in FLOATS else default


def pairs():
    """Returns all pairs of types."""
    return [(a, b) for a in (*FLOATS, *DISCRETE) for b in (*FLOATS, *DISCRETE)]
