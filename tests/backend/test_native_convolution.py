"""Machine code for derivatives by kernels: it agrees with XLA, and may be absent."""

import importlib.util

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K

CONVOLUTIONS = [
    ((5, 9, 8, 3), (3, 3, 3, 20), (1, 2), "same", (1, 1)),
    ((2, 8, 9, 2), (2, 3, 2, 17), (2, 1), "full", (1, 2)),
    ((9, 7, 6, 1), (3, 2, 1, 33), (1, 1), "valid", (2, 1)),
    ((3, 5, 6, 7, 3), (2, 3, 2, 3, 5), (2, 1, 1), "same", (1, 1, 1)),
]


def gradients():
    """Returns the derivative by the kernel of each convolution, on fixed numbers."""
    draw = np.random.RandomState(0)
    inputs, feeds, results = [], [], []
    for size, window, *options in CONVOLUTIONS:
        x, kernel = K.placeholder((None, *size[1:])), K.placeholder(window)
        y = K.current()._convolve(x, kernel, *options)
        results += K.gradients(K.sum(K.square(y)), [kernel])
        inputs += [x, kernel]
        feeds += [draw.randn(*size), draw.randn(*window)]
    return K.function(inputs, results)(feeds)


@pytest.fixture
def calls(monkeypatch):
    """Lists the calls of machine code, for which all sizes are large enough."""
    from oneiros_jax_support import convolutions
    from oneiros_jax_support.native_convolution import gradient

    seen = []

    def counted(*args):
        seen.append(args)
        return computed(*args)

    monkeypatch.setattr(convolutions, "LARGE", 0)
    computed = gradient.kernel_gradient
    monkeypatch.setattr(gradient, "kernel_gradient", counted)
    return seen


def test_agrees_with_xla_which_computes_without_it(compiled_by_jax, calls, monkeypatch):
    results = gradients()
    assert len(calls) >= len(CONVOLUTIONS)
    calls.clear()
    find = importlib.util.find_spec

    def without_compiler(name):
        return None if name == "numba" else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_compiler)
    assert_each_close(results, gradients(), rtol=1e-4, atol=1e-4)
    assert calls == []


def test_small_ones_are_left_to_xla(on_jax, calls, monkeypatch):
    monkeypatch.setattr("oneiros_jax_support.convolutions.LARGE", 1 << 27)
    gradients()
    assert calls == []
