"""Tensor operations of K on each backend: what the kit's cases, which are data, don't
tell (tests/kit/test_backends.py runs them).

Drawn shapes, open sizes, functions as arguments, float64 derivatives.
"""

import functools

import numpy as np
import pytest
from computed import evaluate
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oneiros import backend as K
from oneiros.errors import GraphError
from oneiros_testing.slopes import assert_slopes
from random_arrays import array

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3)
wide_array = functools.partial(array, scale=2.0)


REDUCTIONS = {
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "mean": np.mean,
    "var": np.var,
    "std": np.std,
    "any": lambda x, **kw: np.any(x > 0, **kw),
    "all": lambda x, **kw: np.all(x > 0, **kw),
}


@given(shape=st.lists(st.integers(1, 4), min_size=2, max_size=4), data=st.data())
def test_reductions(shape, data, predicting_backend):
    x = wide_array(*shape, seed=data.draw(st.integers(0, 99)))
    ndim = len(shape)
    one = st.integers(-ndim, ndim - 1)
    several = st.lists(st.integers(0, ndim - 1), min_size=1, max_size=ndim, unique=True)
    axis = data.draw(st.one_of(st.none(), one, several))
    keepdims = data.draw(st.booleans())

    def build(a):
        tested = {"any": K.greater(a, 0), "all": K.greater(a, 0)}
        return [
            getattr(K, name)(tested.get(name, a), axis=axis, keepdims=keepdims)
            for name in REDUCTIONS
        ]

    for (name, reference), value in zip(
        REDUCTIONS.items(), evaluate(build, x), strict=True
    ):
        expected = reference(
            x, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims
        )
        assert_allclose(value, expected, rtol=1e-4, atol=1e-5, err_msg=name)


@given(data=st.data())
def test_dot_is_numpy_dot(data, predicting_backend):
    ranks = data.draw(st.sampled_from([(2, 2), (2, 1), (3, 2), (2, 3), (3, 3), (4, 2)]))
    inner = data.draw(st.integers(1, 4))
    x = wide_array(
        *data.draw(
            st.lists(st.integers(1, 4), min_size=ranks[0] - 1, max_size=ranks[0] - 1)
        ),
        inner,
    )
    right = data.draw(
        st.lists(st.integers(1, 4), min_size=ranks[1] - 1, max_size=ranks[1] - 1)
    )
    y = wide_array(*right[:-1], inner, *right[-1:], seed=1)
    value = evaluate(lambda a: K.dot(a, K.variable(y)), x)
    assert_allclose(value, np.dot(x, y), rtol=1e-4, atol=1e-4)


def test_static_shapes_are_kept(predicting_backend):
    x = K.placeholder((None, 3, 4))
    shapes = {
        (None, 12): K.batch_flatten(x),
        (None, 3, 5): K.dot(x, K.variable(np.zeros((4, 5)))),
        (None, 6, 4): K.repeat_elements(x, 2, axis=1),
        (None, 3, 8): K.concatenate([x, x]),
        (None, 4, 3): K.permute_dimensions(x, (0, 2, 1)),
        (None, 1, 3, 4): K.expand_dims(x, 1),
        (None, 3): K.sum(x, axis=-1),
        (None, 3, 1): K.max(x, axis=-1, keepdims=True),
        (None, 6, 12): K.tile(x, (1, 2, 3)),
    }
    assert {shape: K.int_shape(tensor) for shape, tensor in shapes.items()} == {
        shape: shape for shape in shapes
    }


def test_shapes_may_be_those_of_tensors(predicting_backend):
    x = wide_array(3, 3, 4)
    same, rows = evaluate(
        lambda a: [
            K.reshape(K.square(a), K.shape(a)),
            K.reshape(a, (K.shape(a)[0], 12)),
        ],
        x,
    )
    assert_allclose(same, np.square(x), rtol=1e-6)
    assert_array_equal(rows, x.reshape(3, 12))


def test_places_are_int64(predicting_backend):
    places = evaluate(lambda x: [K.argmax(x), K.argmin(x)], wide_array(3, 4))
    assert [place.dtype for place in places] == [np.int64] * 2


def test_a_class_that_is_none_is_not_in_the_top(predicting_backend):
    scores = np.array([[0.1, 0.5, np.nan], [0.3, 0.3, 0.4], [0.9, 0.05, 0.05]])
    targets = np.array([2, 0, 3], "int32")
    found = evaluate(
        lambda s, t: K.in_top_k(s, t, 3), scores.astype("float32"), targets
    )
    assert_array_equal(found, [False, True, False])


def test_stop_gradient_takes_several(backend):
    x = K.variable([2.0, 3.0])
    first, second = K.stop_gradient([x * 2, x * 3])
    assert_allclose(K.eval(first + second), [10, 15])


def test_switch_chooses_as_a_whole_and_calls_functions(predicting_backend):
    flag, x = K.placeholder(shape=(), dtype="int32"), K.placeholder((None, 2))
    f = K.function(
        [flag, x],
        [
            K.switch(flag, lambda: x * 2, lambda: x * 3),
            K.switch(flag, x, K.zeros_like(x)),
        ],
    )
    data = wide_array(3, 2)
    for chosen, results in [(1, (data * 2, data)), (0, (data * 3, data * 0))]:
        for value, expected in zip(f([chosen, data]), results, strict=True):
            assert_allclose(value, expected)


def test_crossentropies_keep_their_own_epsilon(predicting_backend):
    K.set_epsilon(0.1)
    try:
        value = evaluate(
            K.categorical_crossentropy,
            np.eye(2, dtype="float32"),
            1 - np.eye(2, dtype="float32"),
        )
    finally:
        K.set_epsilon(1e-7)
    assert_allclose(value, -np.log(1e-7), rtol=1e-5)


def test_crossentropy_of_sequences_of_classes(predicting_backend):
    p = np.random.RandomState(0).dirichlet(np.ones(3), (2, 4)).astype("float32")
    labels = np.random.RandomState(1).randint(0, 3, (2, 4, 1)).astype("int32")
    value = evaluate(K.sparse_categorical_crossentropy, p, labels)
    assert_allclose(
        value, -np.log(np.take_along_axis(p, labels, -1)[..., 0]), rtol=1e-5
    )


def test_apply_runs_code_of_the_engine(backend):
    x = K.placeholder((None, 3))
    y = K.apply(lambda a, b: a * b + 1, x, x)
    data = wide_array(2, 3)
    assert_allclose(K.function([x], [y])([data])[0], data**2 + 1, rtol=1e-6)
    with pytest.raises(ZeroDivisionError):
        K.apply(lambda v: 1 // 0, x)
    if backend != "theano":
        with pytest.raises(GraphError, match=r"K.apply\(fn, x, y\)"):
            K.apply(lambda v: v + y, x)


def test_print_tensor_prints_when_computed(backend, capfd):
    x = K.placeholder((None,))
    y = K.print_tensor(x, "seen")
    assert "seen" not in capfd.readouterr().out
    assert_array_equal(K.function([x], [y * 2])([np.array([3.0, 4.0])])[0], [6, 8])
    captured = capfd.readouterr()
    assert "seen" in captured.out + captured.err


def test_extremes_of_a_list_of_tensors(predicting_backend):
    tensors = [K.variable([1.0, 5.0]), K.variable([3.0, 2.0])]
    assert_array_equal(K.eval(K.max(tensors, axis=0)), [3, 5])
    assert_array_equal(K.eval(K.argmin(tensors, axis=0)), [0, 1])


# Derivatives

DIFFERENTIABLE = {
    "dense": lambda x: K.tanh(K.dot(x, K.variable(wide_array(3, 4, seed=5)))),
    "softmax": lambda x: K.log(K.softmax(x)),
    "batch_dot": lambda x: K.batch_dot(K.expand_dims(x, 1), K.expand_dims(x * x, 2)),
    "gather": lambda x: K.gather(K.transpose(x), K.variable([0, 2, 2], dtype="int32")),
    "std": lambda x: K.std(x, axis=1),
    "norm": lambda x: K.l2_normalize(x, -1),
    "elu": lambda x: K.elu(x) + K.softsign(x) + K.softplus(x),
    "relu": lambda x: K.relu(x, alpha=0.2, max_value=1.0),
    "reshaped": lambda x: (
        K.repeat_elements(K.tile(K.reshape(x, (3, -1)), (2, 1)), 2, 1) ** 3
    ),
    "reversed": lambda x: (
        K.concatenate([K.reverse(x, 1)[:, 1:], K.permute_dimensions(x, (0, 1))]) ** 2
    ),
    "switch": lambda x: K.switch(K.greater(x, 0), K.square(x), K.exp(x)),
    "max": lambda x: K.max(x, axis=1) * K.min(x, axis=1) + K.prod(x, axis=1),
    "binary": lambda x: K.binary_crossentropy(K.sigmoid(x), K.sigmoid(-2 * x)),
    "categorical": lambda x: K.categorical_crossentropy(K.softmax(x), K.softmax(2 * x)),
    "clip": lambda x: K.clip(x, -0.5, 0.5) * K.abs(x),
    "sqrt": lambda x: K.sqrt(K.square(x) + 1) * K.pow(x, 2) / (1 + K.exp(-x)),
}


def test_gradients_agree_with_differences(backend, float64):
    cases = {}
    for name, build in DIFFERENTIABLE.items():
        x = K.placeholder((2, 3))
        at = np.random.RandomState(7).randn(2, 3)
        cases[name] = K.sum(K.sin(build(x))), [x], [at]
    assert_slopes(cases)


def test_second_derivatives(backend, float64):
    x = K.variable([0.3, -1.2])
    (first,) = K.gradients(K.sum(K.exp(x) * x), [x])
    (second,) = K.gradients(K.sum(first), [x])
    at = K.get_value(x)
    assert_allclose(K.eval(second), np.exp(at) * (at + 2), rtol=1e-12)


def test_gradient_of_a_tensor_in_the_middle(backend):
    x = K.placeholder((None, 2))
    middle = K.square(x)
    (gradient,) = K.gradients(K.sum(K.square(middle)), [middle])
    assert_allclose(K.function([x], [gradient])([np.array([[2.0, 3.0]])])[0], [[8, 18]])


def test_derivative_at_the_kink(backend):
    x = K.variable([0.0, -1.0, 1.0])
    relu, absolute = (K.eval(K.gradients(K.sum(f(x)), [x])[0]) for f in (K.relu, K.abs))
    assert_array_equal(relu, [0, 0, 1])
    assert_array_equal(absolute, [0, -1, 1])
