"""Derivatives by matrices of weights: values, and that the faster form is used."""

import os

import numpy as np
import pytest
from oneiros import backend as K

on_cpu = pytest.mark.skipif(
    os.environ.get("JAX_PLATFORMS") != "cpu", reason="the order is chosen for CPUs only"
)
SAMPLES = 8
INPUTS = 24
OUTPUTS = 3


def arrays(samples=SAMPLES, inputs=INPUTS, outputs=OUTPUTS):
    shapes = (samples, inputs), (inputs, outputs), (samples, outputs)
    return [np.random.randn(*shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize(
    "sizes", [(8, 24, 3), (64, 4, 1), (8, 4, 1), (8, 6, 5), (128, 80, 20), (1, 64, 16)]
)
def test_derivatives_of_products_are_those_of_the_formula(backend, sizes):
    x, w, c = arrays(*sizes)
    inputs = K.placeholder((None, sizes[1]))
    weights = K.variable(w)
    first = K.gradients(K.sum(K.sin(K.dot(inputs, weights)) * c), [inputs, weights])
    second = K.gradients(K.sum(K.square(first[1])), [inputs, weights])
    by_x, by_w, *results = K.function([inputs], [*first, *second])([x])
    x, w, c = (part.astype(float) for part in (x, w, c))
    y = x @ w
    by_result = np.cos(y) * c
    turn = -np.sin(y) * c * (x @ (2 * x.T @ by_result))
    expected = [2 * by_result @ (x.T @ by_result).T + turn @ w.T, x.T @ turn]
    np.testing.assert_allclose(by_x, by_result @ w.T, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_w, x.T @ by_result, rtol=1e-4, atol=1e-4)
    for value, formula in zip(results, expected, strict=True):
        np.testing.assert_allclose(
            value, formula, rtol=1e-3, atol=1e-3 * np.abs(formula).max()
        )


def test_what_is_no_number_stays_so_in_derivatives(backend):
    x, w, c = arrays()
    x[0, 0] = np.nan
    x[1, 1] = np.inf
    x[2, 2] = -np.inf
    inputs = K.placeholder((None, INPUTS))
    weights = K.variable(w)
    results = K.function(
        [inputs], K.gradients(K.sum(K.dot(inputs, weights) * np.abs(c)), [weights])
    )([x])[0]
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(results, x.T @ np.abs(c), rtol=1e-4)


@on_cpu
@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("theano", "oneiros_backend_theano.overrides"),
        ("jax", "oneiros_jax_support.products"),
    ],
)
def test_gradients_of_k_are_computed_in_the_faster_order(name, module, monkeypatch):
    module = pytest.importorskip(module)
    calls = []
    original = module.transposed_product

    def counted(*arguments):
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(module, "transposed_product", counted)
    x, w, _ = arrays()
    with K.use(name):
        inputs = K.placeholder((None, INPUTS))
        weights = K.variable(w)
        loss = K.sum(K.sin(K.dot(inputs, weights)))
        K.function([inputs], K.gradients(loss, [weights]))([x])
    assert calls
