"""NumPy's and Python's functions on tensors: computed, or answered with K's."""

import math

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.layers import Dense, Input, Lambda
from oneiros.models import Sequential

ASKED = {
    "float": (float, r"K\.eval\(x\)"),
    "int": (int, r"K\.eval\(x\)"),
    "complex": (complex, r"K\.eval\(x\)"),
    "math": (math.sqrt, r"K\.eval\(x\)"),
    "range": (range, r"K\.int_shape\(x\)"),
    "place": (lambda x: [1, 2][x], r"K\.int_shape\(x\)"),
    "len": (len, r"K\.int_shape\(x\)\[0\]"),
    "if": (bool, r"K\.switch\(condition, a, b\)"),
    "iter": (iter, r"x\[:, i\]"),
    "list": (list, r"K\.map_fn"),
    "sum": (sum, r"K\.sum"),
    "in": (lambda x: 1.0 in x, r"K\.any\(K\.equal\(x, value\)\)"),
    "round": (round, r"K\.round\(x\)"),
}


@pytest.mark.parametrize(
    ("function", "advice"),
    [
        (np.exp, "K.exp"),
        (np.mean, "K.mean"),
        (np.maximum, "K.maximum"),
        (np.absolute, "K.abs"),
        (lambda x: np.where(x, x, x), "K.switch"),
        (lambda x: np.reshape(x, (-1,)), "K.reshape"),
        (lambda x: np.take(x, 0), "K.gather"),
        (lambda x: np.concatenate([x, x]), "K.concatenate"),
    ],
)
def test_numpys_functions_are_answered(function, advice):
    with K.use("jax"):
        x = K.placeholder((4, 4))
        with pytest.raises(TypeError) as refused:
            function(*[x] * getattr(function, "nin", 1))
    assert f"Use {advice}." in str(refused.value)


def test_a_function_that_k_lacks_is_answered(backend):
    with pytest.raises(TypeError, match=r"np\.median needs values"):
        np.median(K.placeholder((3,)))
    with pytest.raises(TypeError, match=r"np\.heaviside needs values.*K\.apply"):
        np.heaviside(K.placeholder((3,)), 0.5)


@pytest.mark.parametrize("asked", ASKED)
def test_pythons_functions_are_answered(backend, asked):
    function, answer = ASKED[asked]
    x = K.placeholder((None, 3))
    with pytest.raises(TypeError, match=answer):
        function(x)
    with pytest.raises(TypeError, match=r"K\.\w+"):
        function(K.sum(x))


def test_tensors_seem_no_numbers_and_no_lists(backend):
    x = K.placeholder((None, 3))
    for name in ("__len__", "__float__", "__int__", "__index__", "__contains__"):
        assert not hasattr(x, name)


def test_arrays_and_tensors_are_combined_by_operators(backend):
    x = K.variable([1.0, 2.0])
    array = np.array([3.0, 4.0], "float32")
    results = [
        array * x,
        np.float32(2) - x,
        2.0 / x,
        np.multiply(array, x),
        np.greater(x, 1.5),
    ]
    product, difference, quotient, named, greater = K.function([], results)([])
    assert product.tolist() == named.tolist() == [3.0, 8.0]
    assert difference.tolist() == [1.0, 0.0]
    assert quotient.tolist() == [2.0, 1.0]
    assert greater.tolist() == [False, True]
    assert array not in [x] and array != x
    with pytest.raises(TypeError, match=r"np\.add with options needs values"):
        array += x


def test_lambdas_losses_and_metrics_of_numpy_compute_or_are_answered(backend):
    def loss(y_true, y_pred):
        return np.mean(np.square(y_true - y_pred), axis=-1)

    model = Sequential([Dense(2, input_dim=3)])
    attempts = {
        "exp": lambda: Lambda(np.exp)(Input((3,))),
        "tanh": lambda: Dense(2, activation=np.tanh)(Input((3,))),
        "square": lambda: model.compile("sgd", loss),
        "mean": lambda: model.compile("sgd", "mse", metrics=[lambda y, p: np.mean(p)]),
    }
    for name, attempt in attempts.items():
        if backend == "theano":
            attempt()
            continue
        with pytest.raises(TypeError, match=rf"np\.{name} needs.*K\.{name}\."):
            attempt()
