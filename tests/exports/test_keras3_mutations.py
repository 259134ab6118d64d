"""A table that is wrong in one place gives no `.keras` file: the replay names the
layer."""

from dataclasses import replace

import numpy as np
import oneiros
import pytest
from oneiros import backend as K
from oneiros import registry
from oneiros.exports import ExportError, shared_processes
from oneiros.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Convolution2D,
    Dense,
    Embedding,
    Flatten,
    Input,
    LeakyReLU,
    Masking,
    MaxPooling2D,
    SimpleRNN,
    UpSampling2D,
    merge,
)
from oneiros.models import Model

pytestmark = pytest.mark.exhaustive(only=True)


def network():
    image = Input((2, 8, 8), name="image")
    steps = Input((5, 3), name="steps")
    words = Input((4,), dtype="int32", name="words")
    th = {"dim_ordering": "th"}
    seen = Convolution2D(3, 3, 3, border_mode="same", name="kernel", **th)(image)
    seen = MaxPooling2D((2, 4), name="pooled", **th)(seen)
    seen = UpSampling2D((1, 2), name="larger", **th)(seen)
    seen = MaxPooling2D((2, 2), strides=(1, 1), name="moved", **th)(seen)
    seen = BatchNormalization(axis=1, epsilon=0.1, name="normal")(seen)
    seen = LeakyReLU(0.1, name="leak")(seen)
    seen = Flatten(name="flat")(seen)
    heard = LSTM(4, return_sequences=True, name="heard")(Masking(name="mask")(steps))
    both = Bidirectional(SimpleRNN(3), merge_mode="sum", name="both")(heard)
    last = GRU(3, go_backwards=True, name="last")(heard)
    read = GRU(3, name="read")(Embedding(9, 2, mask_zero=True, name="words_2")(words))
    joined = merge([both, last], mode="ave", name="mean")
    joined = merge([seen, joined, read], mode="concat", name="joined")
    return Model(
        [image, steps, words], [Dense(3, activation="softmax", name="y")(joined), heard]
    )


@pytest.fixture(scope="module")
def model():
    with K.use("theano"), shared_processes():
        np.random.seed(3)
        model = network()
        model.set_weights(
            [np.random.uniform(0.1, 1.0, w.shape) for w in model.get_weights()]
        )
        yield model


def argument(name, value):
    """A table with another value of an argument."""

    def change(layer):
        assert layer.arguments[name] != value
        return replace(layer, arguments={**layer.arguments, name: value})

    return change


def arrays(function):
    """A table with other weights."""
    return lambda layer: replace(layer, arrays=function(layer.arrays))


def another_class(name):
    return lambda layer: replace(layer, class_name=name)


def another_order(*order):
    """A table with the gates in another order."""

    def rolled(weights):
        gates = [np.split(array, len(order), axis=-1) for array in weights]
        return [np.concatenate([parts[i] for i in order], axis=-1) for parts in gates]

    return arrays(rolled)


def reset_after(layer):
    kernel, recurrent, bias = layer.arrays
    changed = argument("reset_after", True)(layer)
    return replace(
        changed, arrays=[kernel, recurrent, np.stack([bias, np.zeros_like(bias)])]
    )


def exchanged(first, second):
    """A table with two weights exchanged."""

    def exchange(weights):
        weights = list(weights)
        weights[first], weights[second] = weights[second], weights[first]
        return weights

    return arrays(exchange)


def other_direction(layer):
    return argument("go_backwards", not layer.arguments["go_backwards"])(layer)


def sum_instead_of_mean(layer):
    is_mean = layer.class_name == "Average"
    return replace(layer, class_name="Add") if is_mean else layer


def turned(weights):
    kernel, bias = weights
    return [kernel[::-1, ::-1], bias]


def mirrored(weights):
    kernel, bias = weights
    return [kernel.swapaxes(0, 1), bias]


def without_bias(weights):
    kernel, bias = weights
    return [kernel, np.zeros_like(bias)]


HARD_SIGMOID_THERE = argument("recurrent_activation", "hard_sigmoid")
MUTATIONS = {
    "gates of LSTM in the order of the layer here": (
        "LSTM",
        another_order(0, 2, 1, 3),
        "heard",
    ),
    "gates of GRU exchanged": ("GRU", another_order(1, 0, 2), "last|read"),
    "hard sigmoid of Keras 3": ("LSTM", HARD_SIGMOID_THERE, "heard"),
    "hard sigmoid of Keras 3 in GRU": ("GRU", HARD_SIGMOID_THERE, "last|read"),
    "reset after the product": ("GRU", reset_after, "last|read"),
    "steps in the other direction": ("GRU", other_direction, "last|read"),
    "another epsilon": ("BatchNormalization", argument("epsilon", 1e-3), "normal"),
    "another axis": ("BatchNormalization", argument("axis", 3), "normal"),
    "gamma and beta exchanged": ("BatchNormalization", exchanged(0, 1), "normal"),
    "mean and variance exchanged": ("BatchNormalization", exchanged(2, 3), "normal"),
    "kernel turned": ("Convolution2D", arrays(turned), "kernel"),
    "rows and columns exchanged": ("Convolution2D", arrays(mirrored), "kernel"),
    "no bias": ("Convolution2D", arrays(without_bias), "kernel"),
    "mean instead of maximum": (
        "MaxPooling2D",
        another_class("AveragePooling2D"),
        "pooled",
    ),
    "channels last": ("Flatten", argument("data_format", "channels_first"), "flat"),
    "interpolation": ("UpSampling2D", argument("interpolation", "bilinear"), "larger"),
    "another slope": ("LeakyReLU", argument("negative_slope", 0.3), "leak"),
    "another mask value": ("Masking", argument("mask_value", 1.0), "mask|heard"),
    "no mask": ("Embedding", argument("mask_zero", False), "read"),
    "another merge mode": ("Bidirectional", argument("merge_mode", "ave"), "both"),
    "sum instead of mean": ("Merge", sum_instead_of_mean, "mean"),
}
"""For each mistake: the class, what its table gives, and the layers that may differ
first."""


def with_table(monkeypatch, class_name, change):
    """Makes the table of a class wrong."""
    table = registry.resolve("migration", class_name)
    right = table.to_keras3

    def wrong(self, config, weights):
        return change(right(self, config, weights))

    monkeypatch.setattr(table, "to_keras3", wrong)


def test_the_right_tables_agree(model, tmp_path):
    report = oneiros.export(model, tmp_path / "m.keras")
    assert report.comparison.largest.relative < 1e-5


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_table_is_caught(monkeypatch, model, tmp_path, name):
    class_name, change, layers = MUTATIONS[name]
    with_table(monkeypatch, class_name, change)
    with pytest.raises(ExportError) as caught:
        oneiros.export(model, tmp_path / "m.keras")
    assert "computes something else" in str(caught.value)
    assert any(f" '{layer}'." in str(caught.value) for layer in layers.split("|"))
    assert not list(tmp_path.iterdir())


def test_a_missing_return_sequences_is_caught(monkeypatch, model, tmp_path):
    with_table(monkeypatch, "LSTM", argument("return_sequences", False))
    with pytest.raises(ExportError, match="Keras 3 can't build this model"):
        oneiros.export(model, tmp_path / "m.keras")
