"""Machine code for derivatives by kernels: it agrees with XLA, and may be absent."""

import importlib.util

import numpy as np
import pytest
from oneiros import backend as K
from oneiros_jax_support import convolutions
from oneiros_jax_support.native_convolution import gradient as native

CONVOLUTIONS = [
    ((5, 9, 8, 3), (3, 3, 3, 20), (1, 2), "same", (1, 1)),
    ((2, 8, 9, 2), (2, 3, 2, 17), (2, 1), "full", (1, 2)),
    ((9, 7, 6, 1), (3, 2, 1, 33), (1, 1), "valid", (2, 1)),
    ((3, 5, 6, 7, 3), (2, 3, 2, 3, 5), (2, 1, 1), "same", (1, 1, 1)),
]


def gradient(size, window, strides, border, dilation):
    """Returns the derivative by the kernel, on fixed numbers."""
    x, kernel = K.placeholder((None, *size[1:])), K.placeholder(window)
    y = K.current()._convolve(x, kernel, strides, border, dilation)
    f = K.function([x, kernel], K.gradients(K.sum(K.square(y)), [kernel]))
    draw = np.random.RandomState(0)
    return f([draw.randn(*size), draw.randn(*window)])[0]


@pytest.fixture(params=["theano", "jax"])
def backend(request):
    with K.use(request.param):
        yield request.param


@pytest.fixture
def calls(monkeypatch):
    """Lists the calls of machine code, for which all sizes are large enough."""
    seen = []

    def counted(*args):
        seen.append(args)
        return computed(*args)

    monkeypatch.setattr(convolutions, "LARGE", 0)
    computed = native.kernel_gradient
    monkeypatch.setattr(native, "kernel_gradient", counted)
    return seen


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_agrees_with_xla(case, backend, calls, monkeypatch):
    results = gradient(*case)
    assert calls
    monkeypatch.setattr(convolutions, "LARGE", np.inf)
    np.testing.assert_allclose(results, gradient(*case), rtol=1e-4, atol=1e-4)


def test_all_works_without_the_plugin(backend, calls, monkeypatch):
    expected = [gradient(*case) for case in CONVOLUTIONS]
    calls.clear()
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == convolutions.COMPILER else find(name),
    )
    for case, value in zip(CONVOLUTIONS, expected, strict=True):
        np.testing.assert_allclose(gradient(*case), value, rtol=1e-4, atol=1e-4)
    assert calls == []


def test_small_ones_are_left_to_xla(backend, calls, monkeypatch):
    monkeypatch.setattr(convolutions, "LARGE", 1 << 27)
    gradient(*CONVOLUTIONS[0])
    assert calls == []
