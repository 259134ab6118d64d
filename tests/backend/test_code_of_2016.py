"""What scripts of 2016 give to functions of `K`: one tensor where a list is asked,
arrays, numbers; and what they ask of variables."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import GraphError
from oneiros.optimizers import SGD


@pytest.fixture(autouse=True)
def _backend(backend):
    """Each test runs on each backend."""


def test_gradients_by_one_tensor_are_a_list_of_one():
    x = K.variable(np.array([1.0, 2.0]))
    between = x * 3
    (by_weight,) = K.gradients(K.sum(K.square(between)), x)
    (by_tensor,) = K.gradients(K.sum(K.square(between)), between)
    np.testing.assert_allclose(K.eval(by_weight), [18.0, 36.0])
    np.testing.assert_allclose(K.eval(by_tensor), [6.0, 12.0])
    assert len(K.gradients(K.sum(x), (x,))) == 1
    with pytest.raises(GraphError, match="doesn't depend on"):
        K.gradients(K.sum(x), K.variable(1.0))


def test_a_function_of_one_tensor_gives_one_array():
    x = K.placeholder(ndim=2)
    values = np.arange(6.0).reshape(2, 3)
    assert K.function(x, K.sum(x))([values]) == 15
    assert isinstance(K.function([x], x * 2)([values]), np.ndarray)
    (total,) = K.function((x,), (K.sum(x),))((values,))
    assert total == 15


def test_maps_and_folds_go_over_arrays_and_numbers():
    rows = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(K.eval(K.map_fn(lambda row: row * 2, rows)), rows * 2)
    np.testing.assert_allclose(K.eval(K.map_fn(lambda x: x + 1, [1, 2.5])), [2, 3.5])
    total = K.foldl(lambda sum_, x: sum_ + x, np.arange(5.0))
    assert K.eval(total) == 10
    difference = K.foldr(lambda rest, x: x - rest, (1.0, 2.0, 4.0))
    assert K.eval(difference) == 1 - (2 - 4)
    pairs = K.map_fn(lambda pair: pair[0] * pair[1], (rows[:, 0], rows[:, 1]))
    np.testing.assert_allclose(K.eval(pairs), rows[:, 0] * rows[:, 1])


def test_a_range_that_ends_before_it_starts_is_empty():
    assert K.eval(K.arange(5, -3)).tolist() == []
    assert K.eval(K.arange(5, -3, -2)).tolist() == [5, 3, 1, -1]
    assert K.eval(K.arange(3)).tolist() == [0, 1, 2]


def test_whole_numbers_are_drawn_from_the_whole_interval():
    draws = K.eval(K.random_uniform((400,), -2, 3, dtype="int32"))
    assert draws.dtype == "int32"
    assert sorted(set(draws.tolist())) == [-2, -1, 0, 1, 2]


def test_the_value_of_an_array_is_the_array():
    assert K.eval(K.square(np.array([3.0]))).tolist() == [9.0]


def test_variables_tell_and_take_their_values():
    rate = SGD(lr=0.5).lr
    assert float(rate.eval()) == 0.5
    rate.set_value(0.25)
    assert float(rate.get_value()) == 0.25 == float(K.get_value(rate))
    weights = K.variable(np.ones((2, 3)))
    weights.set_value(weights.get_value() * 2)
    assert (weights * 2).eval().tolist() == [[4.0] * 3] * 2
