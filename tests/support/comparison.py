"""Comparing lists of arrays."""

import numpy as np


def assert_each_close(actual, expected, **tolerance):
    """Compares arrays one by one, with NumPy's tolerances."""
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, **tolerance)
