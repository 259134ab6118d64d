"""NumPy's and Python's functions on tensors: computed, or answered with K's."""

import ast
import inspect
import math

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.backend.contract import functions
from oneiros.layers import Dense, Input, Lambda
from oneiros.models import Sequential
from oneiros_backend_toolkit.numpy_names import IN_K, OPERATORS, REDUCTIONS

FUNCTIONS = functions()
WITHOUT_VALUES = {"arange", "dtype", "eye", "ndim", "ones", "zeros"}
"""Functions of NumPy that take no values of arrays."""
FURTHER_ARGUMENTS = {
    "clip": (0.0, 1.0),
    "expand_dims": (0,),
    "full_like": (1.0,),
    "moveaxis": (0, 1),
    "pad": (1,),
    "repeat": (2,),
    "reshape": ((-1,),),
    "rollaxis": (1,),
    "swapaxes": (0, 1),
    "take": (0,),
    "tile": (2,),
}
OF_LISTS = {"column_stack", "concatenate", "dstack", "hstack", "stack"}
OF_PAIRS = {"allclose", "append", "array_equal", "dot", "inner", "isclose"}
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


def called(name, x):
    """Returns what a function of NumPy's gives for a tensor."""
    function = np.linalg.norm if name == "norm" else getattr(np, name)
    if isinstance(function, np.ufunc):
        return function(*[x] * function.nin)
    if name == "einsum":
        return function("ij,ij->i", x, x)
    if name == "where":
        return function(x, x, x)
    if name == "tensordot":
        return function(x, x, 2)
    if name in OF_LISTS or name == "vstack":
        return function([x, x])
    if name in OF_PAIRS:
        return function(x, x)
    return function(x, *FURTHER_ARGUMENTS.get(name, ()))


def calls_of_k(line):
    """Returns the calls of K's functions in a line of Python."""
    calls = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    return [call for call in calls if call.func.value.id == "K"]


def test_what_is_advised_exists_and_takes_these_arguments():
    for line in [*IN_K.values(), *REDUCTIONS.values()]:
        for call in calls_of_k(line):
            signature = inspect.signature(FUNCTIONS[call.func.attr])
            keywords = {keyword.arg: None for keyword in call.keywords}
            signature.bind(None, *call.args, **keywords)


def test_functions_that_have_the_name_of_one_of_k_are_known():
    shared = FUNCTIONS.keys() & set(dir(np)) - WITHOUT_VALUES
    assert {"mean", "abs", "round"} < shared
    for name in shared:
        assert f"K.{name}" in IN_K[getattr(np, name).__name__]


def test_names_are_those_that_numpys_functions_tell():
    for name in IN_K.keys() - {"expit", "norm"}:
        assert getattr(np, name).__name__ == name


def test_numpys_functions_compute_or_are_answered(backend):
    x = K.placeholder((4, 4))
    answered = set()
    for name in IN_K.keys() - {"expit"}:
        try:
            result = called(name, x)
        except TypeError as error:
            assert f"Write {IN_K[name]}. " in str(error), name
            answered.add(name)
        else:
            assert K.load(backend).owns(result) or name in ("shape", "size"), name
    assert "round" in answered
    if backend != "theano":
        assert {"mean", "exp", "maximum", "equal", "where", "dot"} < answered
        assert not answered & OPERATORS.keys()


def test_reductions_are_answered(backend):
    x = K.placeholder((None, 3))
    with pytest.raises(TypeError, match=r"np\.add\.reduce needs values.*K\.sum\(x\)"):
        np.add.reduce(x)


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
    with pytest.raises(TypeError, match=r"np\.add with options.*Write x \+ y"):
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
        with pytest.raises(TypeError, match=rf"np\.{name} needs.*K\.{name}\(x\)"):
            attempt()
