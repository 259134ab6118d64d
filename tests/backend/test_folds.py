"""foldl, foldr and map_fn against Python's own loops."""

import functools
from collections import namedtuple

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.errors import ShapeError
from oneiros_testing.slopes import assert_slopes

X = np.random.RandomState(0).randn(5, 3).astype("float32")
Y = np.random.RandomState(1).randn(5).astype("float32")


def values(outputs, *inputs):
    """Returns the outputs for the inputs X and Y."""
    return K.function(list(inputs), outputs)([X, Y][: len(inputs)])


def mixed(so_far, element):
    return 0.5 * so_far + element


@pytest.mark.parametrize("steps", [5, None], ids=["known", "open"])
def test_folds_from_either_end(steps, predicting_backend):
    x = K.placeholder((steps, 3))
    ones = np.ones(3)
    folds = [
        K.foldl(mixed, x),
        K.foldr(mixed, x),
        K.foldl(mixed, x, initializer=K.variable(ones)),
        K.foldr(mixed, x, initializer=ones),
        K.foldl(lambda total, row: total * 0.5 + K.sum(row), x, initializer=1.0),
    ]
    assert [K.int_shape(fold) for fold in folds] == [(3,)] * 4 + [()]
    rows = list(X)
    expected = [
        functools.reduce(mixed, rows),
        functools.reduce(mixed, rows[::-1]),
        functools.reduce(mixed, rows, ones),
        functools.reduce(mixed, rows[::-1], ones),
        functools.reduce(mixed, X.sum(1), 1.0),
    ]
    assert_each_close(values(folds, x), expected, rtol=1e-5)


def test_folds_and_maps_of_several_tensors(predicting_backend):
    x, y = K.placeholder((None, 3)), K.placeholder((None,))
    results = [
        K.foldl(lambda total, pair: total + pair[0] * pair[1], [x, y], 0 * x[0]),
        *K.foldr(lambda so_far, pair: (so_far[0] + pair[0], pair[1] * 2), (x, y)),
        K.map_fn(K.square, x),
        K.map_fn(lambda pair: K.sum(pair[0]) * pair[1], [x, y]),
        *K.map_fn(lambda pair: (pair[0][0], K.stack([pair[1], pair[1]])), (x, y)),
    ]
    assert K.int_shape(results[3]) == (None, 3) and K.int_shape(results[6]) == (None, 2)
    folded = [(X * Y[:, None]).sum(0), X.sum(0), Y[0] * 2]
    mapped = [X**2, X.sum(1) * Y, X[:, 0], np.stack([Y, Y], 1)]
    assert_each_close(values(results, x, y), folded + mapped, rtol=1e-5, atol=1e-6)


def test_functions_may_return_named_tuples():
    Pair = namedtuple("Pair", ("doubled", "same"))
    pair = K.map_fn(lambda x: Pair(x * 2, x), K.variable([1, 2, 3]))
    np.testing.assert_array_equal(K.function([], pair)([]), [[2, 4, 6], [1, 2, 3]])


def test_functions_may_use_tensors_from_outside_and_are_differentiated(
    backend, float64
):
    def next_of(w):
        return lambda state, row: K.tanh(state * w + row)

    builds = {
        "foldl": lambda x, w, start: K.foldl(next_of(w), x, start),
        "foldr": lambda x, w, start: K.foldr(next_of(w), x, start),
        "map_fn": lambda x, w, y: K.map_fn(lambda row: K.sin(row * w + K.sum(y)), x),
    }
    at = [X, np.array([0.5, -1.0, 2.0]), np.array([0.1, 0.2, 0.3])]
    cases = {}
    for name, build in builds.items():
        inputs = [K.placeholder(array.shape) for array in at]
        cases[name] = K.sum(K.square(build(*inputs))), inputs, at
    assert_slopes(cases)


def test_lengths_that_differ_are_told_when_data_comes(predicting_backend):
    x, y = K.placeholder((None, 3)), K.placeholder((None, 3))
    f = K.function([x, y], [K.map_fn(lambda pair: pair[0] + pair[1], [x, y])])
    message = r"map_fn received elems of shapes \(5, 3\), \(4, 3\)\. Their first axes"
    with pytest.raises(ShapeError, match=message):
        f([X, X[:4]])
