"""Theano's names of tensors and networks, beside NumPy and SciPy."""

import importlib
import warnings

import numpy as np
import pytest
import scipy.special
import theano
import theano.tensor as T

NAMES = """
TensorType TensorVariable abs_ addbroadcast all alloc any arange argmax
as_tensor_variable batched_dot batched_tensordot cast clip concatenate cumsum
diag dot eq exp extra_ops floor ge grad gt imatrix inc_subtensor inv ivector
jacobian largest le log lt matrix max maximum mean min minimum neq nnet ones
ones_like patternbroadcast repeat reshape round set_subtensor sgn
shared_randomstreams signal smallest sort sqr sqrt squeeze stack sum switch tanh
tensor tensordot transpose unbroadcast zeros zeros_like _shared shared
"""
NNET_NAMES = """
binary_crossentropy bn categorical_crossentropy conv2d hard_sigmoid
relu sigmoid softmax softplus
"""
THEANO_NAMES = """
OrderedUpdates as_op clone config foldl foldr function grad gradient ifelse map
printing sandbox scan shared sparse tensor
"""

X = np.random.RandomState(1).randn(3, 4).astype("float32")
Y = np.random.RandomState(2).rand(3, 4).astype("float32")
V = X[0]
P = scipy.special.softmax(X, axis=1)
CLASSES = np.array([0, 3, 1])
BATCHES = np.random.RandomState(3).randn(2, 2, 3, 4).astype("float32")


def one_hot(classes, count):
    return np.eye(count, dtype="float32")[classes]


def values():
    """Returns by name a tensor and the value that it should have."""
    x = T.matrix("x")
    y = T.matrix("y")
    p = T.nnet.softmax(x)
    batches = T.constant(BATCHES)
    crossentropy = -np.log(P[np.arange(3), CLASSES])
    changed = X.copy()
    changed[1] = 7
    increased = X.copy()
    increased[:, 2] += 1
    tensors = {
        "inv": (T.inv(y), 1 / Y),
        "sgn": (T.sgn(x), np.sign(X)),
        "sqr": (T.sqr(x), X**2),
        "abs_": (T.abs_(x), np.abs(X)),
        "round": (T.round(x * 0 + [[0.5, 1.5, -2.5, 0.4]]), [[1, 2, -3, 0]] * 3),
        "round to even": (
            T.round(x * 0 + [[0.5, 1.5, -2.5, 0.4]], mode="half_to_even"),
            [[0, 2, -2, 0]] * 3,
        ),
        "largest": (T.largest(x, y), np.maximum(X, Y)),
        "flatten": (T.flatten(batches, outdim=2), BATCHES.reshape(2, -1)),
        "stack": (T.stack(x, y), np.stack([X, Y])),
        "stack a list": (T.stack([x, y], 1), np.stack([X, Y], 1)),
        "patternbroadcast": (T.patternbroadcast(x[:1], (True, False)) + y, X[:1] + Y),
        "addbroadcast": (T.addbroadcast(x[:, :1], 1) * y, X[:, :1] * Y),
        "set_subtensor": (T.set_subtensor(x[1], 7), changed),
        "inc_subtensor": (T.inc_subtensor(x[:, 2], 1), increased),
        "batched_dot": (
            T.batched_dot(batches[0], batches[1].dimshuffle(0, 2, 1)),
            BATCHES[0] @ BATCHES[1].transpose(0, 2, 1),
        ),
        "batched_dot of matrices": (T.batched_dot(x, y), (X * Y).sum(1)),
        "batched_dot of a vector": (T.batched_dot(x[:, 0], y), X[:, :1] * Y),
        "batched_tensordot": (
            T.batched_tensordot(batches, batches, [[2, 3], [2, 3]]),
            np.einsum("bijk,bljk->bil", BATCHES, BATCHES),
        ),
        "split": (T.split(x, [1, 3], 2, axis=1)[1], X[:, 1:]),
        "split by keyword": (T.split(x, [2, 1], n_splits=2)[0], X[:2]),
        "tile": (T.tile(x, (2, 1)), np.tile(X, (2, 1))),
        "numpy's functions": (
            np.sqrt(y) + np.exp(np.negative(x)) * np.maximum(x, 0.5),
            np.sqrt(Y) + np.exp(-X) * np.maximum(X, 0.5),
        ),
        "numpy's operators": (np.float32(2) * x - Y / x + Y**y, 2 * X - Y / X + Y**Y),
        "numpy's comparisons": (np.less(Y, y + 0.1) * (x >= X), np.ones_like(X)),
        "tensordot": (T.tensordot(x, y, [[0], [0]]), X.T @ Y),
        "cumsum": (T.extra_ops.cumsum(x, axis=1), X.cumsum(1)),
        "to_one_hot": (T.extra_ops.to_one_hot(CLASSES, 4), one_hot(CLASSES, 4)),
        "variance": (T.var(x, axis=1), X.var(1)),
        "argmax": (T.argmax(x, axis=1), X.argmax(1)),
        "mean of errors": (T.mean(T.neq(T.argmax(x, 1), CLASSES)), None),
        "softmax": (p, P),
        "softmax of a vector": (T.nnet.softmax(x[0]), P[:1]),
        "logsoftmax": (T.nnet.logsoftmax(x), np.log(P)),
        "sigmoid": (T.nnet.sigmoid(x), scipy.special.expit(X)),
        "hard_sigmoid": (T.nnet.hard_sigmoid(x), np.clip(X * 0.2 + 0.5, 0, 1)),
        "softplus": (T.nnet.softplus(x), np.logaddexp(X, 0)),
        "relu": (T.nnet.relu(x), np.maximum(X, 0)),
        "leaky relu": (T.nnet.relu(x, 0.1), np.where(X > 0, X, 0.1 * X)),
        "elu": (T.nnet.elu(x), np.where(X > 0, X, np.exp(X) - 1)),
        "crossentropy of classes": (
            T.nnet.categorical_crossentropy(p, CLASSES),
            crossentropy,
        ),
        "crossentropy": (
            T.nnet.categorical_crossentropy(p, one_hot(CLASSES, 4)),
            crossentropy,
        ),
        "binary_crossentropy": (
            T.nnet.binary_crossentropy(T.nnet.sigmoid(x), y),
            np.logaddexp(X, 0) - X * Y,
        ),
        "sigmoid_binary_crossentropy": (
            T.nnet.sigmoid_binary_crossentropy(x, y),
            np.logaddexp(X, 0) - X * Y,
        ),
        "batch_normalization": (
            T.nnet.bn.batch_normalization(x, 2.0, 1.0, x.mean(), x.std()),
            2 * (X - X.mean()) / X.std() + 1,
        ),
        "grad": (T.grad(T.sum(T.tanh(x) * y), x), Y * (1 - np.tanh(X) ** 2)),
        "jacobian": (T.jacobian(T.sqr(x[0]), x)[:, 0], np.diag(2 * V)),
        "Rop": (T.Rop(T.sqr(x), x, y), 2 * X * Y),
        "Lop": (T.Lop(T.sqr(x), x, y), 2 * X * Y),
        "disconnected": (T.grad(T.sum(theano.gradient.disconnected_grad(x) * x), x), X),
    }
    mean_of_errors = (X.argmax(1) != CLASSES).mean()
    tensors["mean of errors"] = (tensors["mean of errors"][0], mean_of_errors)
    return [x, y], tensors


@pytest.fixture(scope="module")
def computed():
    inputs, tensors = values()
    outputs = {name: tensor for name, (tensor, _) in tensors.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = theano.function(inputs, outputs)(X, Y)
    expected = {name: value for name, (_, value) in tensors.items()}
    return {name: (results[name], expected[name]) for name in tensors}


@pytest.mark.parametrize("name", values()[1])
def test_values(computed, name):
    value, expected = computed[name]
    np.testing.assert_allclose(value, expected, rtol=2e-5, atol=1e-5)
    assert value.shape == np.shape(expected)


def test_products_of_constants_need_no_compiler_of_pytensor(monkeypatch):
    from pytensor.compile.builders import OpFromGraph

    monkeypatch.setattr(OpFromGraph, "perform", None)
    x = T.constant(BATCHES)
    product = T.batched_tensordot(x, x, [[2, 3], [2, 3]])
    expected = np.einsum("bijk,bljk->bil", BATCHES, BATCHES)
    np.testing.assert_allclose(theano.function([], product)(), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("module", "names"),
    [(T, NAMES), (T.nnet, NNET_NAMES), (theano, THEANO_NAMES)],
    ids=["tensor", "nnet", "theano"],
)
def test_names_that_packages_used_are_there(module, names):
    assert [name for name in names.split() if not hasattr(module, name)] == []


@pytest.mark.parametrize(
    "path",
    [
        "compat.OrderedDict",
        "compat.python2x.OrderedDict",
        "compile.DebugMode",
        "gradient.DisconnectedInputError",
        "gradient.GradientError",
        "gradient.numeric_grad",
        "ifelse.IfElse",
        "tensor.AllocEmpty",
        "tensor.Elemwise",
        "version.full_version",
    ],
)
def test_names_below_modules_are_there(path):
    module, _, name = path.rpartition(".")
    assert hasattr(importlib.import_module(f"theano.{module}"), name)


def test_star_import():
    scope = {}
    exec("from theano.tensor import *; from theano.tensor.nnet import *", scope)
    assert scope["inv"] is T.inv and scope["exp"] is T.exp
    assert scope["conv3d"] is T.nnet.conv3d and "pt" not in scope


def test_tensors_are_declared_as_in_theano():
    declared = T.tensor("float64", (True, False), name="row")
    assert declared.type == T.drow and declared.name == "row"
    kind = T.TensorType("float32", (False,) * 4)
    assert kind == T.ftensor4 and isinstance(kind("images"), T.TensorVariable)
    assert T.matrix().dtype == theano.config.floatX == "float32"


def test_unbroadcast_forgets_a_size_and_has_a_gradient():
    x = T.matrix()
    single = T.addbroadcast(x, 0)
    any_size = T.unbroadcast(single, 0)
    assert single.broadcastable == (True, False)
    assert any_size.broadcastable == (False, False)
    f = theano.function([x], T.grad(T.sum(T.sqr(any_size)), x))
    np.testing.assert_allclose(f(X[:1]), 2 * X[:1], rtol=1e-6)


def test_settings():
    assert theano.config.floatX == "float32" and theano.config.device == "cpu"
    assert theano.config.scan.allow_gc in (True, False)
    assert theano.config.exception_verbosity == "low"
    with pytest.warns(UserWarning, match=r"device has no effect.*ONEIROS_DEVICE"):
        theano.config.device = "cpu"
    with pytest.warns(UserWarning, match=r"optimizer has no effect.*PYTENSOR_FLAGS"):
        theano.config.optimizer = "fast_compile"
    with pytest.raises(AttributeError, match=r"theano\.config\.no_such"):
        _ = theano.config.no_such


def test_floatx_is_that_of_keras(float64):
    assert theano.config.floatX == "float64" and T.vector().dtype == "float64"
