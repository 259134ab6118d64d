"""Crossentropies of probabilities that K.sigmoid or K.softmax made, beside SciPy in
double precision."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oneiros import backend as K
from scipy.special import expit, log_softmax, softmax

FUZZ = 1e-7
EPSILON = np.finfo("float32").eps


def binary(x, t):
    p = np.clip(expit(np.float64(x)), FUZZ, 1 - FUZZ)
    return -(t * np.log(p) + (1 - t) * np.log1p(-p))


def sigmoid_case():
    x, t = K.placeholder((None, 1)), K.placeholder((None, 1))
    p = K.sigmoid(x)
    return x, t, p, K.binary_crossentropy(p, t)


def softmax_case():
    x, t = K.placeholder((None, 3)), K.placeholder((None, 3))
    p = K.softmax(x)
    return x, t, p, K.categorical_crossentropy(p, t)


@given(st.floats(-14, 14, width=32), st.floats(0, 1, width=32))
def test_sigmoid(backend, x, t):
    """The probability is rounded first, which matters where it is near one."""
    value, gradient = computed(backend, sigmoid_case, [[x]], [[t]])
    lost = EPSILON / expit(-abs(x))
    assert_allclose(value, [[binary(x, t)]], rtol=1e-5, atol=1e-6 + lost)
    assert_allclose(gradient, [[expit(x) - t]], atol=2e-6 + lost)


def computed(backend, case, x, t):
    return function_of(backend, case)([np.float32(x), np.float32(t)])


@functools.cache
def function_of(backend, case):
    x, t, _, loss = case()
    return K.function([x, t], [loss, *K.gradients(loss, [x])])


@given(st.lists(st.floats(-6, 6, width=32), min_size=3, max_size=3), st.integers(0, 2))
def test_softmax(backend, x, place):
    t = np.eye(3)[[place]]
    value, gradient = computed(backend, softmax_case, [x], t)
    assert_allclose(value, -(t * log_softmax([x], -1)).sum(-1), rtol=1e-5, atol=1e-6)
    assert_allclose(gradient, softmax([x], -1) - t, atol=2e-6)


def test_half_precision_keeps_the_loss_of_a_sure_probability_finite(backend):
    p = K.variable([[0.0], [1.0]], dtype="float16")
    right, wrong = (
        K.eval(K.binary_crossentropy(p, p)),
        K.eval(K.binary_crossentropy(p, 1 - p)),
    )
    assert_allclose(right, [[0], [0]], atol=1e-6)
    assert_allclose(wrong, [[-np.log(FUZZ)], [-np.log(FUZZ)]], rtol=0.02)


@pytest.mark.parametrize("x", [-40.0, 40.0])
def test_a_probability_is_kept_off_zero_and_one(backend, x):
    value, gradient = computed(backend, sigmoid_case, [[x]], [[float(x < 0)]])
    assert_allclose(value, [[-np.log(FUZZ)]], rtol=0.02)
    assert_array_equal(gradient, [[0]])


def test_a_class_is_kept_off_zero(backend):
    value, gradient = computed(backend, softmax_case, [[40.0, 0.0, 0.0]], [[0, 1, 0]])
    assert_allclose(value, [-np.log(FUZZ)], rtol=1e-6)
    assert_array_equal(gradient, [[0, 0, 0]])


def test_double_precision_is_kept(backend):
    K.set_floatx("float64")
    try:
        x, t, _, loss = sigmoid_case()
        results = K.function([x, t], [loss])([np.array([[3.0]]), np.array([[0.25]])])
    finally:
        K.set_floatx("float32")
    assert_allclose(results[0], [[binary(3.0, 0.25)]], rtol=1e-14)


@pytest.mark.parametrize("case", [sigmoid_case, softmax_case])
def test_the_probability_may_be_given_instead(backend, case):
    _, t, p, loss = case()
    width = K.int_shape(p)[-1]
    quarters = np.full((1, width), 0.25, "float32")
    target = np.ones((1, width), "float32")
    (losses,) = K.function([p, t], [loss])([quarters, target])
    assert losses.ravel()[0] == pytest.approx(
        -np.log(0.25) if width == 1 else -3 * np.log(1 / 3), rel=1e-6
    )


@pytest.mark.parametrize("case", [sigmoid_case, softmax_case])
def test_the_probability_may_be_differentiated_by(backend, case):
    x, t, p, loss = case()
    values = [
        np.zeros((1, K.int_shape(p)[-1]), "float32"),
        np.eye(K.int_shape(p)[-1], dtype="float32")[:1],
    ]
    by_p, by_x = (
        K.function([x, t], K.gradients(loss, [by]))(values)[0] for by in (p, x)
    )
    if case is sigmoid_case:
        assert_allclose(by_p, [[-2]], rtol=1e-6)
        assert_allclose(by_x, [[-0.5]], rtol=1e-6)
    else:
        assert_allclose(by_p, [[-2, 1, 1]], rtol=1e-5)
        assert_allclose(by_x, [[-2 / 3, 1 / 3, 1 / 3]], rtol=1e-5)


def test_both_derivatives_in_one_function(backend):
    x, t, p, loss = sigmoid_case()
    results = K.function([x, t], K.gradients(loss, [p, x]))(
        [np.zeros((1, 1)), np.ones((1, 1))]
    )
    assert_allclose(np.ravel(results), [-2, -0.5], rtol=1e-6)
