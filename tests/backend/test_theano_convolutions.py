"""Convolutions and pooling of the Theano backend: borderline cases, and how they are
compiled."""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros_jax_support import convolutions, ynn
from processes import run_python

PERFORM = "FAST_COMPILE"

pytestmark = pytest.mark.usefixtures("theano")


def convolve(x, kernel, strides, border, dilation):
    return K.current()._convolve(x, kernel, strides, border, dilation)


def max_pool(x, window, strides, border):
    return K.current()._pool(x, window, strides, border, "max")


def run(outputs, feeds, mode=None):
    return K.function(list(feeds), list(outputs), mode=mode)(list(feeds.values()))


@pytest.mark.parametrize("mode", [None, PERFORM], ids=["jax", "perform"])
@pytest.mark.parametrize("window", [(2, 2), (6, 6)])
def test_of_equal_maxima_the_first_gets_the_derivative(window, mode):
    x = K.placeholder((None, 6, 6, 1))
    (g,) = K.gradients(K.sum(max_pool(x, window, window, "valid")), [x])
    a = np.zeros((1, 6, 6, 1))
    a[0, 1, :, 0] = 1
    (gradient,) = run([g], {x: a}, mode)
    expected = np.zeros((6, 6))
    expected[1, :: window[1]] = 1
    expected[2::2, ::2] = window == (2, 2)
    np.testing.assert_array_equal(gradient[0, :, :, 0], expected)


@pytest.mark.parametrize("mode", [None, PERFORM], ids=["jax", "perform"])
def test_maxima_hand_nan_on(mode):
    x = K.placeholder((1, 2, 4, 1))
    a = np.arange(8.0).reshape(1, 2, 4, 1)
    a[0, 1, 0] = np.nan
    (pooled,) = run([max_pool(x, (2, 2), (2, 2), "valid")], {x: a}, mode)
    np.testing.assert_array_equal(pooled.ravel(), [np.nan, 7])
    x = K.placeholder((1, 6, 6, 1))
    a = np.arange(36.0).reshape(1, 6, 6, 1)
    a[0, 1, 0] = np.nan
    (pooled,) = run([max_pool(x, (6, 6), (6, 6), "valid")], {x: a}, mode)
    np.testing.assert_array_equal(pooled.ravel(), [np.nan])


# How JAX compiles them


VOLUMES = [
    ((2, 5, 6, 4, 2), (3, 2, 3, 2, 3), (1, 1, 1), "same", (1, 1, 1)),
    ((2, 6, 5, 4, 2), (2, 3, 2, 2, 3), (2, 1, 2), "valid", (1, 1, 1)),
    ((1, 5, 4, 3, 1), (2, 1, 2, 1, 2), (1, 2, 1), "full", (2, 1, 1)),
]


@pytest.mark.parametrize(("size", "window", "strides", "border", "dilation"), VOLUMES)
def test_volumes_as_images_agree_with_xlas_convolutions(
    size, window, strides, border, dilation, monkeypatch
):
    x, kernel = K.placeholder((None, *size[1:])), K.placeholder(window)
    y = convolve(x, kernel, strides, border, dilation)
    outputs = [y, *K.gradients(K.sum(K.square(y)), [x, kernel])]
    feeds = {x: np.random.randn(*size), kernel: np.random.randn(*window)}
    as_images = run(outputs, feeds)
    monkeypatch.setattr(convolutions, "platform", lambda: "gpu")
    assert_each_close(as_images, run(outputs, feeds), rtol=1e-4, atol=1e-4)


def test_an_option_that_xla_doesnt_know_is_left_out(monkeypatch):
    monkeypatch.setattr(ynn, "NOTHING", {"xla_cpu_no_such_option": ""})
    ynn.ynn_options.cache_clear()
    try:
        assert ynn.ynn_options(trains=False) == {}
        x = K.placeholder((1, 3, 3, 1))
        y = convolve(x, K.variable(np.ones((2, 2, 1, 1))), (1, 1), "valid", (1, 1))
        assert run([K.sum(y)], {x: np.ones((1, 3, 3, 1))})[0] == 16
    finally:
        ynn.ynn_options.cache_clear()


def test_a_network_without_convolutions_loads_none_of_this():
    program = """
import sys
from oneiros import backend as K
x = K.placeholder((None, 3))
K.function([x], [K.sum(x)])([[[1, 2, 3]]])
support = "oneiros_jax_support"
extra = ("numba", f"{support}.native_convolution", f"{support}.convolutions")
print([name for name in sys.modules if name.startswith(extra)])
"""
    assert run_python(program).stdout.strip() == "[]"
