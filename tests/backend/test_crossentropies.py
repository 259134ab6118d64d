"""Crossentropies of probabilities that K.sigmoid or K.softmax made, beside NumPy in
double precision."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from k_references import sigmoid, softmax
from numpy.testing import assert_allclose, assert_array_equal
from oneiros import backend as K

FUZZ = 1e-7
EPSILON = np.finfo("float32").eps
CASES = {
    "sigmoid": (1, K.sigmoid, K.binary_crossentropy),
    "softmax": (3, K.softmax, K.categorical_crossentropy),
}


def case(name):
    """Returns the input, the target, the probability and the loss of a case."""
    width, activation, crossentropy = CASES[name]
    x, target = K.placeholder((None, width)), K.placeholder((None, width))
    p = activation(x)
    return x, target, p, crossentropy(p, target)


@functools.cache
def function_of(backend, name):
    """Returns a function of the loss and its derivatives by input and probability."""
    with K.use(backend):
        x, target, p, loss = case(name)
        return K.function([x, target], [loss, *K.gradients(loss, [x, p])])


def binary(x, target):
    p = np.clip(sigmoid(np.float64(x)), FUZZ, 1 - FUZZ)
    return -(target * np.log(p) + (1 - target) * np.log1p(-p))


@given(st.floats(-14, 14, width=32), st.floats(0, 1, width=32))
def test_sigmoid(backend, x, target):
    """The probability is rounded first, which matters where it is near one."""
    value, slope, _ = function_of(backend, "sigmoid")([[[x]], [[target]]])
    x = np.float64(x)
    lost = EPSILON / sigmoid(-abs(x))
    assert_allclose(value, [[binary(x, target)]], rtol=1e-5, atol=1e-6 + lost)
    assert_allclose(slope, [[sigmoid(x) - target]], atol=2e-6 + lost)


@given(st.lists(st.floats(-6, 6, width=32), min_size=3, max_size=3), st.integers(0, 2))
def test_softmax(backend, x, place):
    target = np.eye(3)[[place]]
    value, slope, _ = function_of(backend, "softmax")([[x], target])
    p = softmax(np.array([x]))
    assert_allclose(value, -np.log(p[:, place]), rtol=1e-5, atol=1e-6)
    assert_allclose(slope, p - target, atol=2e-6)


def test_half_precision_keeps_the_loss_of_a_sure_probability_finite(backend):
    p = K.variable([[0.0], [1.0]], dtype="float16")
    losses = [K.binary_crossentropy(p, target) for target in (p, 1 - p)]
    right, wrong = K.function([], losses)([])
    assert_allclose(right, [[0], [0]], atol=1e-6)
    assert_allclose(wrong, [[-np.log(FUZZ)], [-np.log(FUZZ)]], rtol=0.02)


@pytest.mark.parametrize(
    ("name", "x", "target"),
    [
        ("sigmoid", [-40.0], [1.0]),
        ("sigmoid", [40.0], [0.0]),
        ("softmax", [40.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    ],
)
def test_a_probability_is_kept_off_zero_and_one(name, x, target):
    value, slope, _ = function_of("jax", name)([[x], [target]])
    assert_allclose(value.ravel(), [-np.log(FUZZ)], rtol=0.02)
    assert_array_equal(slope, [[0] * len(x)])


def test_double_precision_is_kept(float64):
    x, target, _, loss = case("sigmoid")
    value = K.function([x, target], loss)([[[3.0]], [[0.25]]])
    assert_allclose(value, [[binary(3.0, 0.25)]], rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "by_p", "by_x"),
    [("sigmoid", [-2], [-0.5]), ("softmax", [-2, 1, 1], [-2 / 3, 1 / 3, 1 / 3])],
)
def test_the_probability_may_be_differentiated_by(name, by_p, by_x):
    width = len(by_p)
    feeds = [np.zeros((1, width)), np.eye(width)[:1]]
    _, *slopes = function_of("jax", name)(feeds)
    assert_allclose(slopes, [[by_x], [by_p]], rtol=1e-5)
