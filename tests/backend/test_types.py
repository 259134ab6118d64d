"""One rule of types for operators and functions, the same on every backend.

The kit checks pairs of types (tests/kit/test_backends.py); here are constants,
arguments, and functions of one tensor.
"""

import operator
from functools import partial

import numpy as np
import pytest
import scipy.special
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
from tensor_types import DISCRETE, FLOATS

ARITHMETIC = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "K.maximum": K.maximum,
    "K.minimum": K.minimum,
    "K.pow": K.pow,
}
VALUES = [3, 1, 2]


@pytest.fixture(autouse=True)
def wide(request):
    """64-bit types, which JAX has only under floatx float64."""
    if {"backend", "predicting_backend"}.intersection(request.fixturenames):
        request.getfixturevalue("float64")


def computed(cases):
    """Computes tensors, a list of (case, tensor, type); checks declared types too."""
    values = K.function([], [tensor for _, tensor, _ in cases])([])
    for (case, tensor, dtype), value in zip(cases, values, strict=True):
        assert (case, K.dtype(tensor)) == (case, dtype)
        assert (case, str(value.dtype)) == (case, dtype)
    return values


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


CONSTANTS = {
    "int": 2,
    "float": 0.5,
    "int of NumPy": np.int64(2),
    "float of NumPy": np.float64(0.5),
    "integers": np.array([1, 2, 3]),
    "floats": np.array([0.5, 1.5, 2.5]),
}


WIDE = ("float64", "int64")


@pytest.mark.spread
@pytest.mark.parametrize("default", ["float64", "float32"])
@pytest.mark.parametrize("swapped", [False, True], ids=["left", "right"])
@pytest.mark.parametrize("name", sorted(ARITHMETIC))
def test_a_constant_adapts_to_the_tensor(name, swapped, default, predicting_backend):
    K.set_floatx(default)
    types = [
        dtype
        for dtype in (*FLOATS, *DISCRETE)
        if default == "float64" or dtype not in WIDE
    ]
    cases = []
    for dtype in types:
        for kind, constant in CONSTANTS.items():
            x = K.variable(VALUES, dtype=dtype)
            expected = "int32" if dtype == "bool" else dtype
            if expected not in FLOATS and ("float" in kind or name == "truediv"):
                expected = default
            pair = (constant, x) if swapped else (x, constant)
            cases.append(((dtype, kind), ARITHMETIC[name](*pair), expected))
    computed(cases)


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


KEEPING = ("abs", "sign", "round", "relu", "square", "sum", "prod", "neg")
"""Functions of one tensor that keep its type; booleans count as int32."""
CHOOSING = ("max", "min", "zeros_like", "ones_like", "transpose", "flatten")
"""Those that keep any type."""
FRACTIONAL = (
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "sigmoid",
    "hard_sigmoid",
    "tanh",
    "softplus",
    "erf",
    "softsign",
    "softmax",
    "elu",
    "mean",
    "var",
    "std",
    "l2_normalize",
)
"""Those that give floats, of the default type for what isn't one."""
TELLING = ("any", "all", "argmax", "argmin")
ALONG_AXIS = (
    "sum",
    "prod",
    "max",
    "min",
    "mean",
    "var",
    "std",
    "any",
    "all",
    "argmax",
    "argmin",
    "l2_normalize",
)
COMPUTE_ONE = {
    "relu": lambda x: np.maximum(x, 0),
    "neg": np.negative,
    "erf": scipy.special.erf,
    "softsign": lambda x: x / (1 + np.abs(x)),
    **{name: getattr(np, name) for name in ("abs", "sign", "round", "square", "sqrt")},
    **{name: partial(getattr(np, name), axis=1) for name in ALONG_AXIS[:-1]},
}


def of_one_tensor(name, x):
    if name == "neg":
        return -x
    return getattr(K, name)(x, axis=1) if name in ALONG_AXIS else getattr(K, name)(x)


def type_of_one(name, dtype):
    """Returns the type that a function of one tensor gives; None for any integers."""
    if name in TELLING:
        return "bool" if name in ("any", "all") else None
    if name in CHOOSING or dtype in FLOATS:
        return dtype
    if name in FRACTIONAL:
        return "float32"
    return "int32" if dtype == "bool" else dtype


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32", "uint8", "bool"])
def test_functions_of_one_tensor(dtype, predicting_backend):
    K.set_floatx("float32")
    array = np.array([[0, 3, 1], [2, 0, 5]]).astype(dtype)
    x = K.variable(array, dtype=dtype)
    names = (*KEEPING, *CHOOSING, *FRACTIONAL, *TELLING)
    tensors = [of_one_tensor(name, x) for name in names]
    values = K.function([], tensors)([])
    counted = array.astype("int32") if dtype == "bool" else array
    for name, tensor, value in zip(names, tensors, values, strict=True):
        expected = type_of_one(name, dtype) or K.dtype(tensor)
        types = (name, K.dtype(tensor), str(value.dtype))
        assert types == (name, expected, expected)
        if name in COMPUTE_ONE:
            wanted = COMPUTE_ONE[name](counted)
            np.testing.assert_allclose(value, wanted, rtol=1e-2, err_msg=name)


def test_a_slope_makes_floats_of_integers(predicting_backend):
    K.set_floatx("float32")
    x = K.variable([-2, 1, 8], dtype="int32")
    value = K.eval(K.relu(x, alpha=0.25, max_value=6.5))
    assert value.dtype == "float32"
    np.testing.assert_allclose(value, [-0.5, 1, 6.5])
    assert K.dtype(abs(x > 0)) == "int32"
