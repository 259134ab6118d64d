"""Derivatives by matrices of weights: values, and that the faster form is used."""

import os

import numpy as np
import pytest
from oneiros import backend as K

SIZES = [(8, 24, 3), (64, 4, 1), (8, 4, 1), (8, 6, 5), (128, 80, 20), (1, 64, 16)]
"""Numbers of samples, inputs and outputs."""


def arrays(samples=8, inputs=24, outputs=3):
    """Returns inputs, weights and factors of the outputs."""
    shapes = (samples, inputs), (inputs, outputs), (samples, outputs)
    return [np.random.randn(*shape).astype("float32") for shape in shapes]


def derivatives(x, w, c):
    """Returns first and second derivatives of sum(sin(x @ w) * c) as tensors, with the
    placeholder of `x`."""
    inputs, weights = K.placeholder((None, x.shape[1])), K.variable(w)
    by = [inputs, weights]
    first = K.gradients(K.sum(K.sin(K.dot(inputs, weights)) * c), by)
    return inputs, [*first, *K.gradients(K.sum(K.square(first[1])), by)]


def formula(x, w, c):
    x, w, c = (part.astype(float) for part in (x, w, c))
    y = x @ w
    by_result = np.cos(y) * c
    by_w = x.T @ by_result
    turn = -np.sin(y) * c * (2 * x @ by_w)
    return [by_result @ w.T, by_w, 2 * by_result @ by_w.T + turn @ w.T, x.T @ turn]


def test_derivatives_of_products_are_those_of_the_formula(backend):
    cases = [arrays(*sizes) for sizes in SIZES]
    inputs, tensors = zip(*(derivatives(*case) for case in cases), strict=True)
    compute = K.function(inputs, [x for group in tensors for x in group])
    values = compute([x for x, _, _ in cases])
    for value, wanted in zip(values, (x for case in cases for x in formula(*case))):
        allowed = 1e-4 * np.abs(wanted).max()
        np.testing.assert_allclose(value, wanted, rtol=1e-3, atol=allowed)


def test_what_is_no_number_stays_so_in_derivatives(backend):
    x, w, c = arrays()
    x[0, 0], x[1, 1], x[2, 2] = np.nan, np.inf, -np.inf
    inputs, weights = K.placeholder((None, 24)), K.variable(w)
    loss = K.sum(K.dot(inputs, weights) * np.abs(c))
    slope = K.function(inputs, K.gradients(loss, weights)[0])([x])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(slope, x.T @ np.abs(c), rtol=1e-4)


MODULES = {
    "theano": "oneiros_backend_theano.overrides",
    "jax": "oneiros_jax_support.products",
}


@pytest.mark.skipif(
    os.environ.get("JAX_PLATFORMS") != "cpu", reason="the order is chosen for CPUs only"
)
def test_gradients_of_k_are_computed_in_the_faster_order(compiled_by_jax, monkeypatch):
    module = pytest.importorskip(MODULES[compiled_by_jax])
    original = module.transposed_product
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(module, "transposed_product", counted)
    x, w, _ = arrays()
    inputs, weights = K.placeholder((None, 24)), K.variable(w)
    loss = K.sum(K.sin(K.dot(inputs, weights)))
    K.function([inputs], K.gradients(loss, [weights]))([x])
    assert calls
