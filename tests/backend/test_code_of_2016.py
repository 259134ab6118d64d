"""What scripts of 2016 give to functions of `K`: one tensor where a list is asked,
arrays, numbers; and what they ask of variables."""

import copy

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError, GraphError
from oneiros.optimizers import SGD

pytestmark = pytest.mark.usefixtures("backend")


def values(*tensors):
    return K.function([], list(tensors))([])


def lists(*tensors):
    """Returns the values of tensors as lists."""
    return [value.tolist() for value in values(*tensors)]


def test_gradients_by_one_tensor_are_a_list_of_one():
    x = K.variable([1.0, 2.0])
    between = x * 3
    (by_weight,) = K.gradients(K.sum(K.square(between)), x)
    (by_tensor,) = K.gradients(K.sum(K.square(between)), between)
    assert lists(by_weight, by_tensor) == [[18, 36], [6, 12]]
    assert len(K.gradients(K.sum(x), (x,))) == 1
    with pytest.raises(GraphError, match="doesn't depend on"):
        K.gradients(K.sum(x), K.variable(1.0))


def test_a_function_of_one_tensor_gives_one_array():
    x = K.placeholder(ndim=2)
    data = np.arange(6.0).reshape(2, 3)
    assert K.function(x, K.sum(x))([data]) == 15
    assert isinstance(K.function([x], x * 2)([data]), np.ndarray)
    (total,) = K.function((x,), (K.sum(x),))((data,))
    assert total == 15


def test_maps_and_folds_go_over_arrays_and_numbers():
    rows = np.arange(6.0).reshape(3, 2)
    results = values(
        K.map_fn(lambda row: row * 2, rows),
        K.map_fn(lambda x: x + 1, [1, 2.5]),
        K.map_fn(lambda pair: pair[0] * pair[1], (rows[:, 0], rows[:, 1])),
        K.foldl(lambda total, x: total + x, np.arange(5.0)),
        K.foldr(lambda rest, x: x - rest, (1.0, 2.0, 4.0)),
    )
    expected = [rows * 2, [2, 3.5], rows.prod(1), 10, 1 - (2 - 4)]
    assert_each_close(results, expected, rtol=1e-6)


def test_a_range_that_ends_before_it_starts_is_empty():
    ranges = lists(K.arange(5, -3), K.arange(5, -3, -2), K.arange(3))
    assert ranges == [[], [5, 3, 1, -1], [0, 1, 2]]


def test_whole_numbers_are_drawn_from_the_whole_interval():
    count = K.shape(K.variable(np.ones(3)))[0]
    bounds = [(-2, 3), (1 - count, count)]
    draws = [K.random_uniform((400,), *pair, dtype="int32") for pair in bounds]
    wide = K.random_uniform((400,), 0, 2**40, dtype="int64")
    *narrow, large = values(*draws, wide)
    for drawn in narrow:
        assert drawn.dtype == "int32"
        assert set(drawn.tolist()) == {-2, -1, 0, 1, 2}
    assert large.max() > 2**32


def test_elements_are_repeated_as_often_as_another_tensor_has_rows():
    count = K.shape(K.variable(np.ones((3, 2))))[0]
    repeated = K.repeat_elements(K.variable([[1, 2], [3, 4]]), count, axis=0)
    assert K.eval(repeated).tolist() == [[1, 2]] * 3 + [[3, 4]] * 3


def test_the_value_of_an_array_is_the_array():
    assert K.eval(np.array([9.0])).tolist() == [9.0]


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
    by_array = K.gradients(y, w, upstream=above)
    by_tensor = K.gradients(y, [w], upstream=K.variable(above) + 0 * y)
    results = values(*by_array, *by_tensor)
    assert_each_close(results, [x.T @ above] * 2, rtol=1e-6)


def test_none_stands_for_what_the_loss_doesnt_depend_on_if_it_may():
    x, other = K.variable([1.0, 2.0]), K.variable([3.0], name="other")
    loss = K.sum(K.square(x))
    first, none = K.gradients(loss, [x, other * 2], allow_unconnected=True)
    assert none is None
    assert K.eval(first).tolist() == [2.0, 4.0]
    with pytest.raises(GraphError, match=r"other.*allow_unconnected"):
        K.gradients(loss, [x, other])
    assert K.gradients(0.5, [x], allow_unconnected=True) == [None]
    with pytest.raises(GraphError, match="depend on other"):
        K.gradients(0.5, [other])


def test_gradients_of_several_losses_are_added():
    x, y = K.variable([1.0, 2.0]), K.variable([3.0, 4.0])
    gradients = K.gradients([K.sum(x * y), x * x, 5.0], [x, y])
    weighted = K.gradients([x, y * y], [y], upstream=[None, np.array([1.0, 10.0])])
    assert lists(*gradients, *weighted) == [[5, 8], [1, 2], [6, 80]]


def test_a_session_computes_and_setting_one_warns():
    x, w = K.placeholder(ndim=1), K.variable([1.0, 2.0])
    session = K.get_session()
    found = session.run({"all": [x * w, w], "start": None}, feed_dict={x: [3.0, 4.0]})
    assert [part.tolist() for part in found["all"]] == [[3.0, 8.0], [1.0, 2.0]]
    assert found["start"] is None
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
    results = K.function([x], outputs)([[[1.0, 2.0]]])
    assert [value.tolist() for value in results] == [[[2, 4]], [[3, 5]], [[8, 16]]]
    weight = copy.copy(K.variable([5.0]))
    assert K.get_value(weight).tolist() == [5.0]


def test_a_copy_of_a_placeholder_is_an_input(backend):
    x = K.placeholder((None, 2))
    copied = copy.copy(x)
    copied._uses_learning_phase = True
    assert not x._uses_learning_phase and K.int_shape(copied) == (None, 2)
    rows = [[1.0, 2.0]]
    assert K.function([copied], copied * 2)([rows]).tolist() == [[2.0, 4.0]]
    assert K.function([x], copied * x)([rows]).tolist() == [[1.0, 4.0]]
    if backend != "theano":
        assert K.function([copied], x * 2)([rows]).tolist() == [[2.0, 4.0]]


def test_truth_values_are_multiplied_and_added():
    x = K.variable([[1.0, 0.0], [2.0, 3.0]])
    some, every = K.any(x, axis=1), K.all(x, axis=1)
    combined = lists(some * every, some + every, 1 - every, every * x[:, 1])
    assert combined == [[0, 1], [1, 2], [1, 0], [0.0, 3.0]]


def test_of_two_updates_of_a_variable_the_last_counts():
    total, x = K.variable([1.0]), K.placeholder((1,))
    K.function([x], [x], [(total, total + x), (total, total + 2 * x)])([[3.0]])
    assert K.get_value(total).tolist() == [7.0]


def test_rows_that_a_table_lacks_are_none(monkeypatch):
    monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", "on")
    table = K.variable([[1.0, 2.0], [3.0, 4.0]])
    rows = K.gather(table, K.variable([1, -1, 0, 2], dtype="int32"))
    nothing = [np.nan] * 2
    value, slope = values(rows, *K.gradients(K.sum(rows[2]), [table]))
    np.testing.assert_array_equal(value, [[3, 4], nothing, [1, 2], nothing])
    np.testing.assert_array_equal(slope, [[1, 1], [0, 0]])


def test_a_placeholder_without_a_shape_takes_any_on_tensorflow(backend):
    if backend != "tensorflow":
        with pytest.raises(ArgumentError, match=rf"{backend} must know .* ndim=2"):
            K.placeholder()
        return
    x = K.placeholder()
    double = K.function(x, x * 2)
    assert double([3.0]) == 6
    assert double([[[1.0, 2.0]]]).tolist() == [[2.0, 4.0]]
    with pytest.raises(DataError, match=r"K\.softmax.*\(1, 1, 1, 1\).*rank isn't 2"):
        K.function(x, K.softmax(x))([np.ones((1, 1, 1, 1))])
    with pytest.raises(DataError, match=r"K\.max.*\(1, 1\): .* has no axis 3"):
        K.function(x, K.max(x, axis=3))([np.ones((1, 1))])


def batch_dot(x, y, **options):
    return K.batch_dot(K.variable(x), K.variable(y), **options)


def test_products_of_four_axes_and_of_the_batch_are_those_of_the_engine(backend):
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    y = x - 9
    if backend != "tensorflow":
        expected = np.einsum("bhij,bkjl->bhikl", x, y)
        np.testing.assert_allclose(K.eval(batch_dot(x, y)), expected, rtol=1e-6)
        return
    a, b = x[0, 0], y[0, 1]
    results = values(
        batch_dot(x, y),
        batch_dot(a, b, axes=0),
        batch_dot(a, b.T, axes=(1, 0)),
        batch_dot(x[0], y[0], axes=0),
    )
    expected = [
        np.matmul(x, y),
        (a * b).sum(0)[:, None],
        (a.T * b.T).sum(0)[:, None],
        np.matmul(x[0].transpose(0, 2, 1), y[0]),
    ]
    assert_each_close(results, expected, rtol=1e-6)


def test_what_is_given_instead_is_theanos_alone(backend):
    x, rate = K.placeholder((2,)), K.placeholder(())
    if backend != "theano":
        with pytest.warns(UserWarning, match="givens"), pytest.raises(ArgumentError):
            K.function([x], [x * rate], givens={rate: 3})


def test_static_shapes_as_tensorflow_told_them(backend):
    if backend == "theano":
        return
    shape = K.placeholder((None, 3)).get_shape()
    assert shape.as_list() == [None, 3] == [size.value for size in shape]
    assert (shape[1].value, int(shape[1]), shape[0].value) == (3, 3, None)
    assert (shape.ndims, shape[1:].num_elements(), shape.num_elements()) == (2, 3, None)
    with pytest.raises(TypeError, match=r"K\.shape"):
        int(shape[0])
