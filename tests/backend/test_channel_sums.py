"""Sums over all axes but the last, which XLA's libraries compute, are exact."""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K

pytestmark = pytest.mark.usefixtures("compiled_by_jax")


@pytest.mark.parametrize("shape", [(2, 5, 3), (32, 56, 56, 8), (4, 3, 0), (0, 3, 2)])
def test_sums_means_and_gradients_of_channels_are_exact(shape):
    x = np.random.RandomState(0).uniform(size=shape).astype("float32")
    variable = K.variable(x)
    axes = tuple(range(x.ndim - 1))
    total = x.sum(axes, np.float64, keepdims=True)
    flat, kept = (K.variable(np.ones(own)) for own in (shape[-1:], total.shape))
    results = [
        K.sum(variable, axes, keepdims=True),
        K.sum(variable, axes),
        *K.gradients(K.sum(variable * flat), [flat]),
        *K.gradients(K.sum(variable * kept), [kept]),
        K.mean(variable, axes),
    ]
    with np.errstate(invalid="ignore"):
        mean = total.ravel() / np.prod(shape[:-1])
    expected = [total, total.ravel(), total.ravel(), total, mean]
    assert_each_close(K.function([], results)([]), expected, rtol=2e-6)


def test_integers_are_summed_as_such():
    x = np.full((2, 3, 4), 2**30, "int64")
    total = K.eval(K.sum(K.variable(x, "int64"), (0, 1)))
    np.testing.assert_array_equal(total, x.sum((0, 1)))
