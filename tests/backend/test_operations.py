"""Every tensor operation of K against NumPy, on each backend.

Values, shapes, types, float64 derivatives.
"""

import functools

import numpy as np
import pytest
import scipy.special
from computed import evaluate, of_open_batch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oneiros import backend as K
from oneiros.errors import GraphError
from random_arrays import array
from slopes import assert_slopes

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3)
wide_array = functools.partial(array, scale=2.0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ELEMENTWISE = {
    "abs": (K.abs, np.abs),
    "sign": (K.sign, np.sign),
    "square": (K.square, np.square),
    "exp": (K.exp, np.exp),
    "log": (lambda x: K.log(K.abs(x) + 1), lambda x: np.log(np.abs(x) + 1)),
    "sqrt": (K.sqrt, lambda x: np.sqrt(np.maximum(x, 0))),
    "sin": (K.sin, np.sin),
    "cos": (K.cos, np.cos),
    "pow": (lambda x: K.pow(x, 3), lambda x: x**3),
    "round": (K.round, np.round),
    "clip": (lambda x: K.clip(x, -1, 0.5), lambda x: np.clip(x, -1, 0.5)),
    "clip, low only": (lambda x: K.clip(x, 0.3, None), lambda x: np.maximum(x, 0.3)),
    "clip, inverted": (lambda x: K.clip(x, 0.5, 0.1), lambda x: np.full_like(x, 0.5)),
    "clip, inverted numbers of NumPy": (
        lambda x: K.clip(x, np.float32(1), np.float32(-1)),
        np.ones_like,
    ),
    "clip, inverted tensors": (
        lambda x: K.clip(x, K.variable(1.0), K.variable(-1.0)),
        np.ones_like,
    ),
    "maximum": (lambda x: K.maximum(x, 0.5), lambda x: np.maximum(x, 0.5)),
    "minimum": (lambda x: K.minimum(x, -x), lambda x: np.minimum(x, -x)),
    "sigmoid": (K.sigmoid, sigmoid),
    "hard_sigmoid": (K.hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "tanh": (K.tanh, np.tanh),
    "softplus": (K.softplus, lambda x: np.logaddexp(x, 0)),
    "erf": (K.erf, scipy.special.erf),
    "softsign": (K.softsign, lambda x: x / (1 + np.abs(x))),
    "relu": (K.relu, lambda x: np.maximum(x, 0)),
    "relu, leaky": (
        lambda x: K.relu(x, alpha=0.1),
        lambda x: np.where(x > 0, x, 0.1 * x),
    ),
    "relu, bounded": (lambda x: K.relu(x, max_value=1), lambda x: np.clip(x, 0, 1)),
    "relu, both": (
        lambda x: K.relu(x, alpha=0.5, max_value=1),
        lambda x: np.clip(x, 0, 1) + 0.5 * np.minimum(x, 0),
    ),
    "elu": (
        lambda x: K.elu(x, 0.7),
        lambda x: np.where(x > 0, x, 0.7 * np.expm1(np.minimum(x, 0))),
    ),
    "equal": (lambda x: K.equal(x, x), lambda x: x == x),
    "not_equal": (lambda x: K.not_equal(x, 0), lambda x: x != 0),
    "greater": (lambda x: K.greater(x, 0.1), lambda x: x > 0.1),
    "greater_equal": (lambda x: K.greater_equal(x, 0.1), lambda x: x >= 0.1),
    "lesser": (lambda x: K.lesser(x, 0.1), lambda x: x < 0.1),
    "lesser_equal": (lambda x: K.lesser_equal(x, 0.1), lambda x: x <= 0.1),
    "switch": (
        lambda x: K.switch(K.greater(x, 0), x, -2 * x),
        lambda x: np.where(x > 0, x, -2 * x),
    ),
    "cast": (lambda x: K.cast(x, "int32"), lambda x: x.astype("int32")),
    "zeros_like": (K.zeros_like, np.zeros_like),
    "ones_like": (K.ones_like, np.ones_like),
    "operators": (
        lambda x: (2 - x) / (x * x + 1) - x**2,
        lambda x: (2 - x) / (x * x + 1) - x**2,
    ),
}


@given(shape=SHAPES, seed=st.integers(0, 99))
def test_elementwise(shape, seed, predicting_backend):
    x = wide_array(*shape, seed=seed)
    values = evaluate(lambda a: [ours(a) for ours, _ in ELEMENTWISE.values()], x)
    for (name, (_, reference)), value in zip(ELEMENTWISE.items(), values, strict=True):
        assert_allclose(value, reference(x), rtol=2e-5, atol=2e-6, err_msg=name)


def test_special_values(predicting_backend):
    x = np.array(
        [np.nan, np.inf, -np.inf, -1.0, 0.5, 1.5, 2.5, 0.0, 1e4, -1e4], "float32"
    )
    larger, smaller, sqrt, rounded, relu, softplus, tanh, hard = evaluate(
        lambda a: [
            K.maximum(a, 0.5),
            K.minimum(a, 0.5),
            K.sqrt(a),
            K.round(a),
            K.relu(a),
            K.softplus(a),
            K.tanh(a),
            K.hard_sigmoid(a),
        ],
        x,
    )
    assert_array_equal(larger, np.maximum(x, 0.5))
    assert_array_equal(smaller, np.minimum(x, 0.5))
    assert_allclose(
        sqrt, [np.nan, np.inf, 0, 0, 0.5**0.5, 1.5**0.5, 2.5**0.5, 0, 100, 0], rtol=1e-6
    )
    assert_array_equal(rounded, [np.nan, np.inf, -np.inf, -1, 0, 2, 2, 0, 1e4, -1e4])
    assert_array_equal(relu, [np.nan, np.inf, 0, 0, 0.5, 1.5, 2.5, 0, 1e4, 0])
    assert_allclose(softplus[-2:], [1e4, 0])
    assert_allclose(tanh[1:3], [1, -1])
    assert_allclose(hard[-2:], [1, 0])


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


def test_arg_reductions(predicting_backend):
    x = wide_array(3, 4, 5)
    values = evaluate(
        lambda a: [K.argmax(a), K.argmin(a), K.argmax(a, axis=1), K.argmin(a, axis=0)],
        x,
    )
    references = [x.argmax(-1), x.argmin(-1), x.argmax(1), x.argmin(0)]
    for value, reference in zip(values, references, strict=True):
        assert_array_equal(value, reference)
        assert value.dtype == np.int64


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


BATCH_DOTS = [
    ((4, 3), (4, 3), 1, "bi,bi->b"),
    ((4, 3), (4, 3), None, "bi,bi->b"),
    ((4, 3, 2), (4, 5, 3), (1, 2), "bij,bki->bjk"),
    ((4, 3, 2), (4, 3, 5), [1, 1], "bij,bik->bjk"),
    ((4, 3, 2), (4, 2, 5), None, "bij,bjk->bik"),
    ((4, 3, 2), (4, 5, 2), -1, "bij,bkj->bik"),
    ((4, 3, 2), (4, 2), (2, 1), "bij,bj->bi"),
    ((4, 3), (4, 3, 5), (1, 1), "bi,bik->bk"),
]


@pytest.mark.parametrize(("left", "right", "axes", "formula"), BATCH_DOTS)
def test_batch_dot(left, right, axes, formula, predicting_backend):
    x, y = wide_array(*left), wide_array(*right, seed=1)
    expected = np.einsum(formula, x, y)
    value = evaluate(lambda a, b: K.batch_dot(a, b, axes=axes), x, y)
    assert_allclose(
        value,
        expected[:, None] if expected.ndim == 1 else expected,
        rtol=1e-4,
        atol=1e-5,
    )


SHAPE_OPERATIONS = {
    "transpose": (K.transpose, lambda x: x.T),
    "reshape": (lambda x: K.reshape(x, (-1, 12)), lambda x: x.reshape(-1, 12)),
    "reshape, fixed": (
        lambda x: K.reshape(x, (3, 2, -1)),
        lambda x: x.reshape(3, 2, -1),
    ),
    "reshape, open": (
        lambda x: K.reshape(x, (None, 4, 3)),
        lambda x: x.reshape(-1, 4, 3),
    ),
    "reshape, as another": (lambda x: K.reshape(K.square(x), K.shape(x)), np.square),
    "reshape, symbolic": (
        lambda x: K.reshape(x, (K.shape(x)[0], 12)),
        lambda x: x.reshape(-1, 12),
    ),
    "permute_dimensions": (
        lambda x: K.permute_dimensions(x, (2, 0, 1)),
        lambda x: x.transpose(2, 0, 1),
    ),
    "flatten": (K.flatten, np.ravel),
    "batch_flatten": (K.batch_flatten, lambda x: x.reshape(len(x), -1)),
    "expand_dims": (K.expand_dims, lambda x: x[..., None]),
    "expand_dims, first": (lambda x: K.expand_dims(x, 1), lambda x: x[:, None]),
    "squeeze": (lambda x: K.squeeze(x[:, :1], 1), lambda x: x[:, 0]),
    "repeat_elements": (
        lambda x: K.repeat_elements(x, 3, axis=1),
        lambda x: x.repeat(3, axis=1),
    ),
    "repeat_elements, batch": (
        lambda x: K.repeat_elements(x, 2, axis=0),
        lambda x: x.repeat(2, axis=0),
    ),
    "repeat": (lambda x: K.repeat(x[:, 0], 5), lambda x: x[:, :1].repeat(5, axis=1)),
    "tile": (lambda x: K.tile(x, (1, 2, 3)), lambda x: np.tile(x, (1, 2, 3))),
    "tile, by number": (lambda x: K.tile(x, 2), lambda x: np.tile(x, 2)),
    "reverse": (lambda x: K.reverse(x, (0, 2)), lambda x: x[::-1, :, ::-1]),
    "reverse, one": (lambda x: K.reverse(x, 1), lambda x: x[:, ::-1]),
    "concatenate": (
        lambda x: K.concatenate([x, 2 * x]),
        lambda x: np.concatenate([x, 2 * x], -1),
    ),
    "concatenate, batch": (
        lambda x: K.concatenate([x, x], axis=0),
        lambda x: np.concatenate([x, x]),
    ),
    "stack": (lambda x: K.stack([x, 2 * x]), lambda x: np.stack([x, 2 * x])),
    "shape": (K.shape, lambda x: np.array(x.shape)),
    "indexing": (lambda x: x[:, 1:, ::2], lambda x: x[:, 1:, ::2]),
    "indexing, one": (lambda x: x[..., -1], lambda x: x[..., -1]),
    "softmax": (K.softmax, lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
    "l2_normalize": (
        lambda x: K.l2_normalize(x, 1),
        lambda x: x / np.sqrt((x**2).sum(1, keepdims=True)),
    ),
    "arange": (lambda x: K.arange(3, 11, 2), lambda x: np.arange(3, 11, 2)),
    "arange, stop": (lambda x: K.arange(4, dtype="float32"), lambda x: np.arange(4.0)),
}


@pytest.mark.parametrize("declared", [tuple, of_open_batch])
def test_shape_operations(declared, predicting_backend):
    x = wide_array(3, 3, 4)
    values = evaluate(
        lambda a: [ours(a) for ours, _ in SHAPE_OPERATIONS.values()],
        x,
        declared=declared,
    )
    for (name, (_, reference)), value in zip(
        SHAPE_OPERATIONS.items(), values, strict=True
    ):
        expected = reference(x)
        assert value.shape == expected.shape, name
        assert_allclose(value, expected, rtol=1e-5, atol=1e-6, err_msg=name)


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


def test_gather_and_one_hot(predicting_backend):
    table = wide_array(5, 3)
    index = np.array([[0, 4], [2, 2]], "int32")
    rows, hot = evaluate(
        lambda i: [K.gather(K.variable(table), i), K.one_hot(i, 5)], index
    )
    assert_array_equal(rows, table[index])
    assert_array_equal(hot, np.eye(5)[index])
    assert hot.dtype == np.float32


def test_in_top_k(predicting_backend):
    scores = np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.9, 0.05, 0.05]], "float32")
    targets = np.array([2, 0, 1], "int32")
    first, second = evaluate(
        lambda s, t: [K.in_top_k(s, t, 1), K.in_top_k(s, t, 2)], scores, targets
    )
    assert_array_equal(first, [False, False, False])
    assert_array_equal(second, [True, True, True])
    scores[0, 2] = np.nan
    (unknown,) = evaluate(
        lambda s, t: [K.in_top_k(s, t, 3)], scores, targets + np.int32([0, 0, 2])
    )
    assert_array_equal(unknown, [False, True, False])


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


@pytest.mark.parametrize("axes", [[0], [0, 1], [0, 2]])
def test_batch_normalization_in_training(axes, predicting_backend):
    x = wide_array(6, 3, 4)
    rest = [n for i, n in enumerate(x.shape) if i not in axes]
    gamma, beta = wide_array(*rest, seed=1), wide_array(*rest, seed=2)
    normed, mean, var = evaluate(
        lambda a: K.normalize_batch_in_training(
            a, K.variable(gamma), K.variable(beta), axes
        ),
        x,
    )
    assert_allclose(mean, x.mean(tuple(axes)), rtol=1e-4, atol=1e-5)
    assert_allclose(var, x.var(tuple(axes)), rtol=1e-4)
    wide = [1 if i in axes else n for i, n in enumerate(x.shape)]
    expected = (x - mean.reshape(wide)) / np.sqrt(var.reshape(wide) + 1e-3)
    assert_allclose(
        normed,
        expected * gamma.reshape(wide) + beta.reshape(wide),
        rtol=1e-3,
        atol=1e-4,
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


def test_stop_gradient_makes_constants(backend):
    x = K.variable([2.0, 3.0])
    (gradient,) = K.gradients(K.sum(x * K.stop_gradient(x)), [x])
    assert_allclose(K.eval(gradient), [2, 3])
    first, second = K.stop_gradient([x * 2, x * 3])
    assert_allclose(K.eval(first + second), [10, 15])


def test_derivative_at_the_kink(backend):
    x = K.variable([0.0, -1.0, 1.0])
    relu, absolute = (K.eval(K.gradients(K.sum(f(x)), [x])[0]) for f in (K.relu, K.abs))
    assert_array_equal(relu, [0, 0, 1])
    assert_array_equal(absolute, [0, -1, 1])
