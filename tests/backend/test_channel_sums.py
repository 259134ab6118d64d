"""Sums over all axes but the last, which XLA's libraries compute, are exact."""

import numpy as np
import pytest
from oneiros import backend as K

SHAPES = [(2, 5, 3), (32, 56, 56, 8), (2, 3, 4, 5, 3), (4, 3, 0), (0, 3, 2)]
CLOSE = 2e-6


@pytest.fixture(params=["jax", "theano"], autouse=True)
def backend(request):
    with K.use(request.param):
        yield


def axes_of(x) -> list[int]:
    return list(range(x.ndim - 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_are_exact(shape):
    x = np.random.RandomState(0).uniform(size=shape).astype("float32")
    axes = tuple(axes_of(x))
    variable = K.variable(x)
    expected = x.sum(axes, np.float64)
    np.testing.assert_allclose(K.eval(K.sum(variable, axes)), expected, CLOSE)
    kept = K.eval(K.sum(variable, axes, keepdims=True))
    np.testing.assert_allclose(kept, x.sum(axes, np.float64, keepdims=True), CLOSE)


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_means_are_exact(shape):
    x = np.random.RandomState(0).uniform(size=shape).astype("float32")
    axes = tuple(axes_of(x))
    mean = K.eval(K.mean(K.variable(x), axes))
    np.testing.assert_allclose(mean, x.mean(axes, np.float64), CLOSE)


@pytest.mark.parametrize("shape", SHAPES[:3])
@pytest.mark.parametrize("is_flat", [True, False])
def test_gradients_of_channels_are_exact(shape, is_flat):
    x = np.random.RandomState(0).uniform(size=shape).astype("float32")
    own_shape = shape[-1:] if is_flat else (1,) * (len(shape) - 1) + shape[-1:]
    channels = K.variable(np.ones(own_shape))
    (gradient,) = K.gradients(K.sum(K.variable(x) * channels), [channels])
    expected = x.sum(tuple(axes_of(x)), np.float64).reshape(own_shape)
    np.testing.assert_allclose(K.eval(gradient), expected, CLOSE)


def test_integers_are_summed_as_such():
    x = np.full((2, 3, 4), 2**30, "int64")
    total = K.eval(K.sum(K.variable(x, "int64"), (0, 1)))
    np.testing.assert_array_equal(total, x.sum((0, 1)))
