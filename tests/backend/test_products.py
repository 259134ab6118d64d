"""Derivatives by matrices of weights: values."""

import numpy as np
import pytest
from oneiros import backend as K

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
