"""Layers over sequences, images and volumes, with arguments that Keras 1 lacks, compute
what Keras computed; they train, and come back from a file."""

import json
from pathlib import Path

import numpy as np
import oneiros
import pytest
from oneiros import backend as K
from oneiros import layers
from oneiros.errors import ShapeError
from oneiros.layers import Input, merge
from oneiros.models import Model, Sequential, load_model, model_from_json

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "layers.json").read_text())
STEPS = (0.0, 0.3, 0.5, 0.9)
"""The frequencies of the waves with which outputs are multiplied, to compare sums."""


def wave(shape, step=1.0):
    numbers = 1 + np.arange(np.prod(shape))
    return np.sin(step * numbers).reshape(shape).astype("float32")


def named(case):
    config = case["config"]
    return "-".join([case["class_name"], *(f"{k}={v}" for k, v in config.items())])


def model_of(*entries, shape, dtype="float32"):
    """Returns the model of a configuration of Keras 2.15, with waves as weights."""
    described = {"batch_input_shape": [None, *shape], "dtype": dtype, "name": "x"}
    first = {"class_name": "InputLayer", "config": described}
    named = [
        {"class_name": name, "config": {"name": f"layer_{number}", **config}}
        for number, (name, config) in enumerate(entries)
    ]
    model = {"name": "model", "layers": [first, *named]}
    origin = {"keras_version": "2.15.0", "backend": "tensorflow"}
    described = {"class_name": "Sequential", "config": model, **origin}
    model = model_from_json(json.dumps(described))
    model.set_weights([wave(weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_layer_computes_what_keras_computed(case):
    entry = (case["class_name"], case["config"])
    model = model_of(entry, shape=case["shape"])
    output = model.predict(wave([2, *case["shape"]], 0.7))
    assert output.shape[1:] == model.output_shape[1:] == tuple(case["output_shape"])
    sums = [output.ravel() @ np.cos(k * np.arange(output.size)) for k in STEPS]
    np.testing.assert_allclose(sums, case["sums"], rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_layer_trains_and_comes_back(case, theano, tmp_path):
    model = model_of((case["class_name"], case["config"]), shape=case["shape"])
    model.compile("sgd", "mse")
    x = wave([2, *case["shape"]], 0.7)
    before = model.get_weights()
    model.train_on_batch(x, np.ones((2, *case["output_shape"])))
    after = model.get_weights()
    changed = [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert any(changed) or not before
    model.save(tmp_path / "model.h5")
    again = load_model(tmp_path / "model.h5")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_a_mask_ends_where_keras_2_ends_it(theano):
    steps = np.array([[3, 0, 2, 0, 0], [1, 0, 0, 0, 0]])
    masked = {"input_dim": 5, "output_dim": 4, "mask_zero": True}
    convolution = {"filters": 3, "kernel_size": [2], "padding": "causal"}
    for last in [
        [("GlobalMaxPooling1D", {})],
        [("Flatten", {}), ("Dense", {"units": 2})],
        [("Conv1D", convolution), ("LSTM", {"units": 2})],
    ]:
        models = [
            model_of(("Embedding", embedding), *last, shape=[5], dtype="int32")
            for embedding in (masked, {**masked, "mask_zero": False})
        ]
        outputs = [model.predict(steps) for model in models]
        np.testing.assert_array_equal(*outputs)


def test_a_mask_chooses_the_steps_of_an_average(theano):
    steps = np.array([[3, 0, 2, 0, 0], [1, 4, 0, 0, 0]])
    masked = {"input_dim": 5, "output_dim": 4, "mask_zero": True}
    pooling = ("GlobalAveragePooling1D", {})
    model = model_of(("Embedding", masked), pooling, shape=[5], dtype="int32")
    (table,) = model.get_weights()
    expected = (table[steps[:, 0]] + table[[2, 4]]) / 2
    np.testing.assert_allclose(model.predict(steps), expected, rtol=1e-6)


@pytest.mark.parametrize("size", [(5, 6), (8, 3)])
def test_images_of_open_sizes_are_enlarged_like_others(size, predicting_backend):
    x = wave([2, *size, 3], 0.7)
    for layer in (layers.Resizing, layers.Keras2UpSampling2D):
        outputs = []
        for shape in (size, (None, None)):
            arguments = {"height": 7, "width": 9}
            if layer is layers.Keras2UpSampling2D:
                arguments = {"size": (2, 3), "interpolation": "bilinear"}
            model = Sequential([layer(**arguments, input_shape=(*shape, 3))])
            outputs.append(model.predict(x))
        np.testing.assert_allclose(*outputs, atol=1e-6)


def test_only_training_varies_images(theano):
    x = np.random.uniform(size=(64, 4, 5, 3)).astype("float32")
    for kind, settings in {
        "RandomFlip": {"mode": "horizontal"},
        "RandomContrast": {"factor": 0.5, "value_range": [0, 1]},
        "RandomBrightness": {"factor": 0.5, "value_range": [0, 1]},
    }.items():
        layer = layers.Augmentation(kind, settings, input_shape=(4, 5, 3))
        model = Sequential([layer])
        model.compile("sgd", "mse")
        np.testing.assert_array_equal(model.predict(x), x)
        assert model.test_on_batch(x, x) == 0
        assert model.train_on_batch(x, x) > 0
        training = K.function([*model.inputs, K.learning_phase()], model.outputs)
        (varied,) = training([x, 1.0])
        assert 0 <= varied.min() <= varied.max() <= 1


@pytest.mark.parametrize(("filters", "channels"), [(6, 4), (4, 3)])
def test_groups_divide_channels_and_filters(filters, channels, theano):
    layer = layers.Keras2Conv1D(filters, 3, groups=3)
    with pytest.raises(ShapeError, match="groups=3"):
        layer(Input((10, channels)))


def test_the_average_of_no_steps_is_zero(theano):
    x = Input((4, 3))
    y = layers.Keras2GlobalAveragePooling1D()(layers.Masking()(x))
    assert not Model(x, y).predict(np.zeros((2, 4, 3))).any()


def test_shapes_of_unknown_channels_and_known_samples():
    depthwise = layers.DepthwiseConv1D(3)
    depthwise(Input((10, 4)))
    assert depthwise.get_output_shape_for((2, 10, None)) == (2, 8, None)
    dense = layers.EinsumDense("abc,cd->abd", output_shape=(None, 3))
    dense(Input((10, 4)))
    assert dense.get_output_shape_for((2, 10, 4)) == (2, 10, 3)


def test_layers_go_to_onnx_together(theano, tmp_path):
    x = Input((8, 6, 4))
    sequence = Input((9, 4))
    of_images = [
        layers.DepthwiseConv2D(3, strides=2, dilation_rate=(1, 1), padding="same"),
        layers.Keras2Conv2DTranspose(3, 3, strides=2, output_padding=1),
        layers.Keras2Conv2D(4, 3, groups=2),
        layers.Keras2UpSampling2D(2, interpolation="bilinear"),
        layers.CenterCrop(4, 4),
    ]
    of_sequences = [
        layers.Keras2Conv1D(4, 3, padding="causal", dilation_rate=2),
        layers.Conv1DTranspose(3, 3, strides=2),
        layers.SeparableConv1D(5, 3),
        layers.Keras2Softmax(axis=1),
    ]
    outputs = [layer(x) for layer in of_images]
    outputs += [layer(sequence) for layer in of_sequences]
    model = Model([x, sequence], outputs)
    report = oneiros.export(model, tmp_path / "model.onnx")
    assert report.comparison.agrees


def test_a_value_for_each_channel_multiplies_images():
    x = wave([2, 4, 5, 3])
    factors = wave([2, 1, 1, 3], 0.7)
    for sizes in ((4, 5), (None, None)):
        inputs = [Input((*sizes, 3)), Input((1, 1, 3))]
        output = merge(inputs, mode="mul")
        assert K.int_shape(output) == (None, *sizes, 3)
        model = Model(inputs, output)
        np.testing.assert_allclose(model.predict([x, factors]), x * factors, rtol=1e-6)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_transposed_convolution_takes_images_of_any_size(padding):
    config = {"filters": 3, "kernel_size": [3, 2], "strides": [2, 3]}
    entry = ("Conv2DTranspose", {**config, "padding": padding})
    fixed, free = (
        model_of(entry, shape=shape) for shape in ([4, 5, 2], [None, None, 2])
    )
    assert free.output_shape == (None, None, None, 3)
    x = wave([2, 4, 5, 2], 0.7)
    np.testing.assert_allclose(free.predict(x), fixed.predict(x), rtol=1e-5, atol=1e-6)
    again = model_from_json(free.to_json())
    again.set_weights(free.get_weights())
    np.testing.assert_array_equal(again.predict(x), free.predict(x))


def test_an_initializer_may_be_called_as_a_layer(theano):
    initializer = {"class_name": "Identity", "config": {"gain": 0.5}}
    dense = ("Dense", {"units": 3, "kernel_initializer": initializer})
    assert model_of(dense, shape=[3]).output_shape == (None, 3)
