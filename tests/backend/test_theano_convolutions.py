"""Convolutions and pooling of the Theano backend: borderline cases, and how they are
compiled."""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K

pytestmark = pytest.mark.usefixtures("theano")
IN_EACH_MODE = pytest.mark.parametrize("mode", ["jax", "FAST_COMPILE"])


def convolve(x, kernel, *options):
    return K.current()._convolve(x, kernel, *options)


def max_pool(x, window):
    return K.current()._pool(x, window, window, "valid", "max")


@IN_EACH_MODE
def test_of_equal_maxima_the_first_gets_the_derivative(mode):
    x = K.placeholder((None, 6, 6, 1))
    small, large = (
        K.gradients(K.sum(max_pool(x, window)), x)[0] for window in ((2, 2), (6, 6))
    )
    a = np.zeros((1, 6, 6, 1))
    a[0, 1, :, 0] = 1
    by_small, by_large = K.function([x], [small, large], mode=mode)([a])
    expected = np.zeros((6, 6))
    expected[1, 0] = 1
    np.testing.assert_array_equal(by_large[0, :, :, 0], expected)
    expected[1, ::2] = expected[2::2, ::2] = 1
    np.testing.assert_array_equal(by_small[0, :, :, 0], expected)


@IN_EACH_MODE
def test_maxima_hand_nan_on(mode):
    x = K.placeholder((1, 6, 6, 1))
    a = np.arange(36.0).reshape(1, 6, 6, 1)
    a[0, 1, 0] = np.nan
    pooled = [max_pool(x, window) for window in ((3, 3), (6, 6))]
    parts, whole = K.function([x], pooled, mode=mode)([a])
    np.testing.assert_array_equal(parts.ravel(), [np.nan, 17, 32, 35])
    assert np.isnan(whole).all()


# How JAX compiles them


VOLUMES = [
    ((2, 5, 6, 4, 2), (3, 2, 3, 2, 3), (1, 1, 1), "same", (1, 1, 1)),
    ((2, 6, 5, 4, 2), (2, 3, 2, 2, 3), (2, 1, 2), "valid", (1, 1, 1)),
    ((1, 5, 4, 3, 1), (2, 1, 2, 1, 2), (1, 2, 1), "full", (2, 1, 1)),
]


def test_volumes_as_images_agree_with_xlas_convolutions(monkeypatch):
    inputs, outputs, feeds = [], [], []
    for size, window, *options in VOLUMES:
        pair = [K.placeholder((None, *size[1:])), K.placeholder(window)]
        y = convolve(*pair, *options)
        inputs += pair
        outputs += [y, *K.gradients(K.sum(K.square(y)), pair)]
        feeds += [np.random.randn(*size), np.random.randn(*window)]
    as_images = K.function(inputs, outputs)(feeds)
    monkeypatch.setattr("oneiros_jax_support.convolutions.platform", lambda: "gpu")
    expected = K.function(inputs, outputs)(feeds)
    assert_each_close(as_images, expected, rtol=1e-4, atol=1e-4)


def test_an_option_that_xla_doesnt_know_is_left_out(monkeypatch):
    from oneiros_jax_support import ynn

    monkeypatch.setattr(ynn, "NOTHING", {"xla_cpu_no_such_option": ""})
    ynn.ynn_options.cache_clear()
    try:
        assert ynn.ynn_options(trains=False) == {}
        x = K.placeholder((1, 3, 3, 1))
        y = convolve(x, K.ones((2, 2, 1, 1)), (1, 1), "valid", (1, 1))
        assert K.function([x], K.sum(y))([np.ones((1, 3, 3, 1))]) == 16
    finally:
        ynn.ynn_options.cache_clear()
