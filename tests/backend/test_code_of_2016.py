"""What scripts of 2016 give to functions of `K`: one tensor where a list is asked,
arrays, numbers; and what they ask of variables."""

import copy

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError, GraphError
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
    count = K.shape(K.variable(np.ones(3)))[0]
    for low, high in [(-2, 3), (1 - count, count)]:
        draws = K.eval(K.random_uniform((400,), low, high, dtype="int32"))
        assert draws.dtype == "int32"
        assert sorted(set(draws.tolist())) == [-2, -1, 0, 1, 2]
    wide = K.eval(K.random_uniform((400,), 0, 2**40, dtype="int64"))
    assert wide.max() > 2**32


def test_elements_are_repeated_as_often_as_another_tensor_has_rows():
    count = K.shape(K.variable(np.ones((3, 2))))[0]
    repeated = K.repeat_elements(K.variable([[1, 2], [3, 4]]), count, axis=0)
    assert K.eval(repeated).tolist() == [[1, 2]] * 3 + [[3, 4]] * 3


def test_the_value_of_an_array_is_the_array():
    assert K.eval(np.array([9.0])).tolist() == [9.0]


def test_functions_take_arrays_as_tensors_of_the_default_float_type():
    for function in (K.abs, K.square):
        assert K.dtype(function(np.array([3.0]))) == K.floatx()


def test_variables_tell_and_take_their_values():
    rate = SGD(lr=0.5).lr
    assert float(rate.eval()) == 0.5
    rate.set_value(0.25)
    assert float(rate.get_value()) == 0.25 == float(K.get_value(rate))
    weights = K.variable(np.ones((2, 3)))
    weights.set_value(weights.get_value() * 2)
    assert (weights * 2).eval().tolist() == [[4.0] * 3] * 2


def test_known_gradients_are_multiplied_before_they_are_summed():
    w = K.variable([[1.0, 2.0], [3.0, 4.0]])
    x = np.array([[1.0, 1.0], [0.5, 2.0]])
    above = np.array([[2.0, -1.0], [0.0, 3.0]])
    y = K.dot(K.variable(x), w)
    (by_array,) = K.gradients(y, w, upstream=above)
    (by_tensor,) = K.gradients(y, [w], upstream=K.variable(above) + 0 * y)
    np.testing.assert_allclose(K.eval(by_array), x.T @ above, rtol=1e-6)
    np.testing.assert_allclose(K.eval(by_tensor), x.T @ above, rtol=1e-6)


def test_none_stands_for_what_the_loss_doesnt_depend_on_if_it_may():
    x, other = K.variable([1.0, 2.0]), K.variable([3.0], name="other")
    first, none = K.gradients(
        K.sum(K.square(x)), [x, other * 2], allow_unconnected=True
    )
    assert none is None
    assert K.eval(first).tolist() == [2.0, 4.0]
    with pytest.raises(GraphError, match=r"other.*allow_unconnected"):
        K.gradients(K.sum(x), [x, other])


def test_a_session_computes_and_setting_one_warns():
    x, w = K.placeholder(ndim=1), K.variable([1.0, 2.0])
    session = K.get_session()
    values = session.run({"all": [x * w, w], "start": None}, feed_dict={x: [3.0, 4.0]})
    assert [part.tolist() for part in values["all"]] == [[3.0, 8.0], [1.0, 2.0]]
    assert values["start"] is None
    with session.as_default(), session.graph.as_default():
        assert session.run(K.sum(w)) == 3
    K.set_session(session)
    with pytest.warns(UserWarning, match="K.set_session has no effect"):
        K.set_session(object())
    with pytest.raises(ArgumentError, match="run expected tensors of the backend"):
        session.run("loss:0")


def test_only_a_known_length_is_one():
    unknown, known = K.placeholder((None, 3)), K.placeholder((2, 3))
    for tensor in (unknown, known, K.sum(known), known * 2):
        assert not (hasattr(tensor, "__len__") and len(tensor) > 2)
    with pytest.raises(TypeError):
        len(unknown)


def test_a_copy_of_a_tensor_has_its_value():
    x = K.placeholder((None, 2))
    copied = copy.copy(x * 2)
    assert K.int_shape(copied) == (None, 2)
    outputs = [copied, copied + 1, *K.gradients(K.sum(K.square(copied)), [x])]
    doubled, more, slope = K.function([x], outputs)([[[1.0, 2.0]]])
    assert doubled.tolist() == [[2.0, 4.0]]
    assert more.tolist() == [[3.0, 5.0]]
    assert slope.tolist() == [[8.0, 16.0]]
    weight = copy.copy(K.variable([5.0]))
    assert K.get_value(weight).tolist() == [5.0]


def test_a_copy_of_a_placeholder_is_an_input(backend):
    x = K.placeholder((None, 2))
    copied = copy.copy(x)
    copied._uses_learning_phase = True
    assert not x._uses_learning_phase and K.int_shape(copied) == (None, 2)
    rows = [[1.0, 2.0]]
    assert K.function([copied], [copied * 2])([rows])[0].tolist() == [[2.0, 4.0]]
    assert K.function([x], copied * x)([rows]).tolist() == [[1.0, 4.0]]
    if backend != "theano":
        assert K.function([copied], [x * 2])([rows])[0].tolist() == [[2.0, 4.0]]


def test_gradients_of_several_losses_are_added():
    x, y = K.variable([1.0, 2.0]), K.variable([3.0, 4.0])
    by_x, by_y = K.gradients([K.sum(x * y), x * x, 5.0], [x, y])
    assert K.eval(by_x).tolist() == [5.0, 8.0]
    assert K.eval(by_y).tolist() == [1.0, 2.0]
    (weighted,) = K.gradients([x, y * y], [y], upstream=[None, np.array([1.0, 10.0])])
    assert K.eval(weighted).tolist() == [6.0, 80.0]


def test_on_a_number_nothing_depends():
    x = K.variable([1.0, 2.0], name="weight")
    with pytest.raises(GraphError, match="depend on weight"):
        K.gradients(0.5, [x])
    assert K.gradients(0.5, [x], allow_unconnected=True) == [None]


def test_truth_values_are_multiplied_and_added():
    x = K.variable([[1.0, 0.0], [2.0, 3.0]])
    some, every = K.any(x, axis=1), K.all(x, axis=1)
    assert K.eval(some * every).tolist() == [0, 1]
    assert K.eval(some + every).tolist() == [1, 2]
    assert K.eval(1 - every).tolist() == [1, 0]
    assert K.eval(every * x[:, 1]).tolist() == [0.0, 3.0]


def test_of_two_updates_of_a_variable_the_last_counts():
    total, x = K.variable([1.0]), K.placeholder((1,))
    K.function([x], [x], [(total, total + x), (total, total + 2 * x)])([[3.0]])
    assert K.get_value(total).tolist() == [7.0]


def test_rows_that_a_table_lacks_are_none():
    table = K.variable([[1.0, 2.0], [3.0, 4.0]])
    rows = K.gather(table, K.variable([1, -1, 0, 2], dtype="int32"))
    nothing = [np.nan] * 2
    value, slope = K.function([], [rows, *K.gradients(K.sum(rows[2]), [table])])([])
    np.testing.assert_array_equal(value, [[3, 4], nothing, [1, 2], nothing])
    np.testing.assert_array_equal(slope, [[1, 1], [0, 0]])


def test_a_placeholder_without_a_shape_takes_any_on_tensorflow(backend):
    if backend != "tensorflow":
        with pytest.raises(ArgumentError, match=rf"{backend} must know .* ndim=2"):
            K.placeholder()
        return
    x = K.placeholder()
    double = K.function([x], [x * 2])
    assert double([3.0]) == [6.0]
    assert double([[[1.0, 2.0]]])[0].tolist() == [[2.0, 4.0]]
    with pytest.raises(DataError, match=r"K\.softmax.*\(1, 1, 1, 1\).*rank isn't 2"):
        K.function([x], [K.softmax(x)])([np.ones((1, 1, 1, 1))])
    with pytest.raises(DataError, match=r"K\.max.*\(1, 1\): .* has no axis 3"):
        K.function([x], [K.max(x, axis=3)])([np.ones((1, 1))])


def test_products_of_four_axes_and_of_the_batch_are_those_of_the_engine(backend):
    x, y = np.arange(24.0).reshape(2, 3, 2, 2), np.arange(24.0).reshape(2, 3, 2, 2) - 9
    product = K.batch_dot(K.variable(x), K.variable(y))
    if backend != "tensorflow":
        np.testing.assert_allclose(
            K.eval(product), np.einsum("bhij,bkjl->bhikl", x, y), rtol=1e-6
        )
        return
    np.testing.assert_allclose(K.eval(product), np.matmul(x, y), rtol=1e-6)
    a, b = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3) - 2
    over_batch = K.batch_dot(K.variable(a), K.variable(b), axes=0)
    np.testing.assert_allclose(K.eval(over_batch), (a * b).sum(0)[:, None])
    crossed = K.batch_dot(K.variable(a), K.variable(b.T), axes=(1, 0))
    np.testing.assert_allclose(K.eval(crossed), (a.T * b.T).sum(0)[:, None])
    rows = K.batch_dot(K.variable(x[0]), K.variable(y[0]), axes=0)
    expected = np.matmul(x[0].transpose(0, 2, 1), y[0])
    np.testing.assert_allclose(K.eval(rows), expected, rtol=1e-6)


@pytest.mark.parametrize("mode", ["jax", "FAST_COMPILE"])
def test_what_is_given_is_computed_instead_on_theano(backend, mode):
    x, rate, total = K.placeholder((2,)), K.placeholder(()), K.variable([1.0, 1.0])
    arguments = [x], [K.sum(x * rate)], [(total, total * rate)]
    if backend != "theano":
        with pytest.warns(UserWarning, match="givens"), pytest.raises(ArgumentError):
            K.function(*arguments, givens={rate: 3})
        return
    compute = K.function(*arguments, givens={rate: np.float32(3)}, mode=mode)
    assert compute([[1.0, 2.0]]) == [9.0]
    assert K.get_value(total).tolist() == [3.0, 3.0]


def test_static_shapes_as_tensorflow_told_them(backend):
    if backend == "theano":
        return
    shape = K.placeholder((None, 3)).get_shape()
    assert shape.as_list() == [None, 3] == [size.value for size in shape]
    assert (shape[1].value, int(shape[1]), shape[0].value) == (3, 3, None)
    assert (shape.ndims, shape[1:].num_elements(), shape.num_elements()) == (2, 3, None)
    with pytest.raises(TypeError, match=r"K\.shape"):
        int(shape[0])
