"""One rule of types for operators and functions, the same on every backend.

The kit checks pairs of types (tests/kit/test_backends.py); here are constants,
arguments, and functions of one tensor.
"""

import operator

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError
from oneiros.layers import (
    ELU,
    BatchNormalization,
    Dropout,
    GaussianNoise,
    LeakyReLU,
    ThresholdedReLU,
)
from oneiros_backend_toolkit.types import common_type


@pytest.fixture(autouse=True)
def wide(request):
    """64-bit types, which JAX has only under floatx float64."""
    if {"backend", "predicting_backend"}.intersection(request.fixturenames):
        request.getfixturevalue("float64")


BITS = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}


def test_floats_have_no_bits(predicting_backend):
    floats = K.variable([0.5, 1.0])
    booleans = K.variable([0, 1], dtype="bool")
    for pair in ((floats, booleans), (booleans, floats), (booleans, 0.5)):
        for combine in BITS.values():
            with pytest.raises(ArgumentError, match=r"received float.*K\.not_equal"):
                combine(*pair)
    with pytest.raises(ArgumentError, match=r"received float.*K\.not_equal"):
        ~floats


def test_a_float_under_the_default_type_makes_integers_that_type(predicting_backend):
    K.set_floatx("float32")
    x = K.variable([1, 2], dtype="int32")
    half = K.variable([1, 2], dtype="float16")
    for tensor in (x * 0.5, x + np.ones(2), x / 2, K.maximum(x, 0.5), K.mean(x)):
        assert K.dtype(tensor) == "float32"
    for tensor in (half * 0.1, x * half, half - np.ones(2), K.maximum(half, 0.1)):
        assert K.dtype(tensor) == "float16"
    assert K.dtype(x * K.variable([1, 2])) == "float32"
    assert K.eval(x * K.variable([0.5, 1.5])).dtype == "float32"
    assert K.dtype(K.sum(K.ones((2, 3))) / K.shape(x)[0]) == "float32"


def test_a_bound_beyond_a_type_of_integers_is_none(backend):
    x = K.variable([0, 3, 255], dtype="uint8")
    y = K.clip(x, -1, 1000)
    assert K.dtype(y) == "uint8"
    np.testing.assert_array_equal(K.eval(y), [0, 3, 255])


def with_numbers_of_numpy(number):
    """Returns what functions and layers give of floats and one of NumPy's numbers."""
    x = K.variable([[0.25, -0.5, 0.75]])
    row = K.variable([0.5, 0.25, 0.125])
    normal = BatchNormalization(epsilon=number, momentum=number)
    normal.build((None, 3))
    return {
        "relu": K.relu(x, alpha=number, max_value=number),
        "elu": K.elu(x, number),
        "clip": K.clip(x, -number, number),
        "dropout": K.dropout(x, number, seed=1),
        "batch_normalization": K.batch_normalization(x, row, row, row, row, number),
        "moving_average": K.moving_average_update(row, row * 2, number)[1],
        "update_add": K.update_add(row, number)[1],
        "update_sub": K.update_sub(row, number)[1],
        "random_uniform": K.random_uniform((3,), -number, number, seed=1),
        "random_normal": K.random_normal((3,), number, number, seed=1),
        "random_binomial": K.random_binomial((3,), number, seed=1),
        "switch": K.switch(K.greater(x, number), x, number),
        "LeakyReLU": LeakyReLU(number).call(x),
        "ELU": ELU(number).call(x),
        "ThresholdedReLU": ThresholdedReLU(number).call(x),
        "GaussianNoise": GaussianNoise(number).call(x),
        "Dropout": Dropout(number).call(x),
        "BatchNormalization": normal.call(x),
    }


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
def test_numbers_of_numpy_as_arguments_keep_the_type(kind, backend):
    K.set_floatx("float32")
    named = with_numbers_of_numpy(kind(0.5))
    compute = K.function([K.learning_phase()], list(named.values()))
    for (name, tensor), value in zip(named.items(), compute([1]), strict=True):
        types = (name, K.dtype(tensor), str(value.dtype))
        assert types == (name, "float32", "float32")


def test_a_bound_that_is_none_makes_no_float_of_an_integer(predicting_backend):
    x = K.variable([1, 2, 3], dtype="int32")
    clipped = [K.clip(x, 2, None), K.clip(x, None, 2), K.clip(x, None, None)]
    values = K.function([], clipped)([])
    assert [str(value.dtype) for value in values] == ["int32"] * 3
    np.testing.assert_array_equal(values, [[2, 2, 3], [1, 2, 2], [1, 2, 3]])


def test_integers_that_hold_both():
    types = [np.dtype(name) for name in ("uint8", "int8", "uint64", "int64")]
    assert common_type(types[:2], [], "float32") == np.int16
    assert common_type(types[2:], [], "float32") == np.int64
    assert common_type([], [np.dtype(bool)], "float32", arithmetic=False).kind == "b"


def test_a_slope_makes_floats_of_integers(predicting_backend):
    K.set_floatx("float32")
    x = K.variable([-2, 1, 8], dtype="int32")
    value = K.eval(K.relu(x, alpha=0.25, max_value=6.5))
    assert value.dtype == "float32"
    np.testing.assert_allclose(value, [-0.5, 1, 6.5])
    assert K.dtype(abs(x > 0)) == "int32"
