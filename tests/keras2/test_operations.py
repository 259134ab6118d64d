"""Operations on tensors between the layers of files: what they compute, and that only
names on the list are read."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import export
from oneiros.errors import ArgumentError, ConfigError
from oneiros.layers import Dense, Input, TensorOperation
from oneiros.models import Model, load_model, model_from_json

GENUINE = json.loads(
    gzip.decompress(
        (Path(__file__).parent / "data" / "operations.json.gz").read_bytes()
    )
)
"""Models of Keras 2.15 and 3.15, and of what they predict for sine waves the products
with cosine waves."""
X = np.random.default_rng(0).normal(size=(3, 4, 6)).astype("float32")
CASES = [
    ("add", [{"input": 0}, 2.0], {}, X + 2),
    ("subtract", [1, {"input": 0}], {}, 1 - X),
    ("multiply", [{"input": 0}, [1.0, 2, 3, 4, 5, 6]], {}, X * np.arange(1, 7)),
    ("power", [2, {"input": 0}], {}, 2**X),
    ("maximum", [{"input": 0}, {"input": 0}], {}, X),
    ("mean", None, {"axis": [1, 2], "keepdims": True}, X.mean((1, 2), keepdims=True)),
    ("reshape", None, {"newshape": [-1, 8, 3]}, X.reshape(-1, 8, 3)),
    ("transpose", None, {"axes": [0, 2, 1]}, X.transpose(0, 2, 1)),
    ("expand_dims", None, {"axis": -1}, X[..., None]),
    ("stack", [[{"input": 0}, {"input": 0}]], {"axis": 1}, np.stack([X, X], 1)),
    ("concatenate", [[{"input": 0}, {"input": 0}]], {}, np.concatenate([X, X], -1)),
    ("matmul", [{"input": 0}, {"input": 0}], {}, None),
    ("repeat", None, {"repeats": 2, "axis": 1}, X.repeat(2, 1)),
    ("softmax", None, {"axis": 1}, np.exp(X) / np.exp(X).sum(1, keepdims=True)),
    ("einsum", ["...j,jk", {"input": 0}, np.eye(6).tolist()], {}, X),
    ("norm", None, {"ord": 3, "axis": -1}, np.linalg.norm(X, 3, axis=-1)),
    ("norm", None, {"ord": -np.inf, "axis": 1}, np.abs(X).min(1)),
    ("roll", None, {"shift": 9, "axis": 2}, np.roll(X, 9, 2)),
    ("take", None, {"indices": [-1, 0], "axis": 2}, X[..., [-1, 0]]),
    ("moveaxis", None, {"source": [1, 2], "destination": [2, 1]}, X.swapaxes(1, 2)),
    (
        "get_item",
        [{"input": 0}, [{"slice": [None, None, None]}, 1, {"slice": [0, 5, 2]}]],
        {},
        X[:, 1, 0:5:2],
    ),
]


def wave(shape, number):
    """Returns an input, or a weight."""
    places = np.arange(np.prod(shape))
    return (2 * np.sin(places * (1.7 + number) + 0.4)).reshape(shape).astype("float32")


@pytest.mark.parametrize("keras", ["keras2", "keras3"])
def test_operations_are_those_of_keras(keras):
    names = [name for name in GENUINE if name.startswith(keras)]
    assert len(names) > 50
    for name in names:
        there = GENUINE[name]
        model = model_from_json(json.dumps(there["model"]))
        model.set_weights([wave(each.shape, 0) for each in model.get_weights()])
        inputs = [
            wave((3, *K.int_shape(x)[1:]), number)
            for number, x in enumerate(model.inputs)
        ]
        output = model.predict(inputs)
        assert list(output.shape) == there["shape"], name
        places = np.arange(output.size)
        products = [np.dot(output.ravel(), np.cos(places * rate)) for rate in (0, 1)]
        expected = there["products"]
        size = np.abs(output).sum() + 1
        np.testing.assert_allclose(products, expected, atol=1e-5 * size, err_msg=name)


def test_operations_are_those_of_numpy():
    x = Input((4, 6))
    cases = [case for case in CASES if case[-1] is not None]
    outputs = [TensorOperation(*case[:3])(x) for case in cases]
    for output, result, case in zip(outputs, Model(x, outputs).predict(X), cases):
        assert output._keras_shape[1:] == case[-1].shape[1:], case[0]
        np.testing.assert_allclose(result, case[-1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("norm", {"ord": 1, "axis": [1, 2]}),
        ("pad", {"pad_width": [[0, 0], [1, 1], [0, 0]], "mode": "edge"}),
        ("pad", {"pad_width": [[1, 1]]}),
    ],
)
def test_what_operations_cannot_do_is_refused(name, settings, theano):
    with pytest.raises(ArgumentError, match=f"{name} received"):
        TensorOperation(name, settings=settings)(Input((4, 6)))


def test_products_of_matrices(theano):
    a, b = Input((4, 6)), Input((6, 3))
    other = X[:, :3].transpose(0, 2, 1)
    outputs = Model([a, b], TensorOperation("matmul")([a, b])).predict([X, other])
    np.testing.assert_allclose(outputs, X @ other, rtol=1e-4, atol=1e-5)


def test_a_model_with_operations_trains_and_comes_back(theano, tmp_path):
    x = Input((4, 6))
    mean = TensorOperation("mean", settings={"axis": 1})(Dense(2)(x))
    model = Model(x, TensorOperation("multiply", [{"input": 0}, 2.0])(mean))
    model.compile("sgd", "mse")
    model.fit(X, np.ones((3, 2)), nb_epoch=1, verbose=0)
    model.save(tmp_path / "model.h5")
    again = load_model(tmp_path / "model.h5")
    np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=1e-6)


def graph(function, node):
    """Returns the JSON of a graph of Keras 2 with an operation."""
    shape = {"batch_input_shape": [None, 4], "name": "a", "dtype": "float32"}
    operation = {
        "class_name": "TFOpLambda",
        "config": {"name": "op", "function": function},
        "name": "op",
        "inbound_nodes": [node],
    }
    start = {"class_name": "InputLayer", "config": shape, "name": "a"}
    layers = [{**start, "inbound_nodes": []}, operation]
    ends = {"input_layers": [["a", 0, 0]], "output_layers": [["op", 0, 0]]}
    return json.dumps(
        {
            "class_name": "Functional",
            "keras_version": "2.15.0",
            "config": {"name": "m", "layers": layers, **ends},
        }
    )


def test_a_value_may_stand_before_a_tensor(theano):
    node = ["_CONSTANT_VALUE", -1, 1.0, {"y": ["a", 0, 0], "name": None}]
    model = model_from_json(graph("math.subtract", node))
    np.testing.assert_allclose(model.predict(np.full((1, 4), 3.0)), [[-2.0] * 4])


@pytest.mark.parametrize(
    ("function", "more", "said"),
    [
        ("py_function", {}, "the operation py_function on tensors, which isn't known"),
        ("math.add", {"y": 1, "where": 2}, "arguments that aren't known"),
    ],
)
def test_only_names_on_the_list_are_read(function, more, said):
    with pytest.raises(ConfigError, match=said):
        model_from_json(graph(function, ["a", 0, 0, more]))


@pytest.mark.slow
def test_operations_with_others_inside_go_to_keras_3(theano, tmp_path):
    there = GENUINE["keras2_reshape_dyn3"]
    model = model_from_json(json.dumps(there["model"]))
    export(model, tmp_path / "there.keras")
    x = wave((3, 4, 6), 0)
    again = load_model(tmp_path / "there.keras").predict(x)
    np.testing.assert_allclose(again, model.predict(x), rtol=1e-5)


def test_a_layer_as_an_activation_comes_back(theano, tmp_path):
    model = model_from_json(json.dumps(GENUINE["keras3_obj_elu"]["model"]))
    model.save(tmp_path / "model.h5")
    x = wave((3, 5), 0)
    again = load_model(tmp_path / "model.h5").predict(x)
    np.testing.assert_allclose(again, model.predict(x), rtol=1e-6)
