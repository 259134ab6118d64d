"""A file that is wrong in one place is caught by the replay, whatever the place."""

from pathlib import Path

import numpy as np
import oneiros
import onnx
import pytest
from oneiros import backend as K
from oneiros import registry
from oneiros.exports import ExportError
from oneiros.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Convolution2D,
    Dense,
    Flatten,
    Input,
    Masking,
    MaxPooling2D,
    merge,
)
from oneiros.models import Model
from oneiros_exports.onnx.onnx_file import OnnxExport
from oneiros_exports.replay import compared, expectation_of
from oneiros_saving.pickling import on_backend
from onnx import helper, numpy_helper

TOLERANCE = 1e-5


def network():
    image = Input((2, 7, 7), name="image")
    steps = Input((None, 3), name="steps")
    options = {"border_mode": "same", "subsample": (2, 2), "dim_ordering": "th"}
    seen = Convolution2D(3, 3, 3, name="convolution2d_1", **options)(image)
    seen = BatchNormalization(axis=1)(seen)
    seen = Flatten()(MaxPooling2D((2, 2), dim_ordering="th")(seen))
    heard = LSTM(4, return_sequences=True, name="heard")(Masking()(steps))
    heard = GRU(4)(heard)
    joined = merge([seen, heard], mode="concat")
    return Model([image, steps], Dense(3, activation="softmax", name="y")(joined))


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A model, its outputs, and its file."""
    with K.use("theano"):
        np.random.seed(3)
        model = network()
        model.set_weights(
            [np.random.uniform(0.1, 1.0, w.shape) for w in model.get_weights()]
        )
        path = tmp_path_factory.mktemp("export") / "m.onnx"
        destination = OnnxExport()
        written = destination.write(on_backend(model, "onnx"), path)
        yield model, expectation_of(model), destination, path, written


def replayed(export, path):
    model, expectation, destination, _, written = export
    return compared(model, expectation, destination, path, written, TOLERANCE)


def test_the_right_file_agrees(export):
    assert replayed(export, export[3]).agrees


def node(proto, operator):
    return next(each for each in proto.graph.node if each.op_type == operator)


def set_attribute(proto, operator, name, value):
    found = node(proto, operator)
    others = [each for each in found.attribute if each.name != name]
    del found.attribute[:]
    found.attribute.extend([*others, helper.make_attribute(name, value)])


def change_initializer(proto, name, change):
    for stored in proto.graph.initializer:
        if stored.name == name:
            array = np.array(numpy_helper.to_array(stored))
            changed = np.ascontiguousarray(change(array))
            stored.CopyFrom(numpy_helper.from_array(changed, name))
            return
    raise AssertionError(f"no initializer {name}")


def swapped_gates(proto):
    kernel = node(proto, "LSTM").input[1]
    change_initializer(proto, kernel, lambda w: np.roll(w, w.shape[1] // 4, axis=1))


def without_lengths(proto):
    node(proto, "GRU").input[4] = ""


def flipped_kernel(proto):
    kernel = node(proto, "Conv").input[1]
    change_initializer(proto, kernel, lambda w: w[:, :, ::-1, ::-1])


def other_operator(operator, other):
    def change(proto):
        node(proto, operator).op_type = other

    return change


def attribute(operator, name, value):
    def change(proto):
        set_attribute(proto, operator, name, value)

    return change


GATES_OF_KERAS_3 = [1 / 6]
MUTATIONS = {
    "gates of Keras 3": attribute("LSTM", "activation_alpha", GATES_OF_KERAS_3),
    "reset after the product": attribute("GRU", "linear_before_reset", 1),
    "gates in another order": swapped_gates,
    "masks forgotten": without_lengths,
    "borders on the other side": attribute("Conv", "pads", [0, 0, 2, 2]),
    "kernel flipped": flipped_kernel,
    "mean instead of maximum": other_operator("MaxPool", "AveragePool"),
    "inputs joined in another order": lambda proto: node(
        proto, "Concat"
    ).input.reverse(),
    "another activation": other_operator("Softmax", "LogSoftmax"),
}


@pytest.mark.parametrize(
    ("name", "layer"),
    [("gates of Keras 3", "LSTM 'heard'"), ("kernel flipped", "Convolution2D 'conv")],
)
def test_the_layer_is_named_whatever_branch_it_is_in(export, tmp_path, name, layer):
    class Wrong(OnnxExport):
        def write(self, model, path):
            written = super().write(model, path)
            proto = onnx.load(path)
            MUTATIONS[name](proto)
            onnx.save(proto, path)
            return written

    with (
        registry.register("export", "wrong", Wrong),
        pytest.raises(ExportError, match=f"First layer whose output differs: {layer}"),
    ):
        oneiros.export(export[0], tmp_path / "m.wrong")


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_file_is_caught(export, tmp_path, name):
    proto = onnx.load(export[3])
    MUTATIONS[name](proto)
    path = Path(tmp_path) / "m.onnx"
    onnx.save(proto, path)
    comparison = replayed(export, path)
    assert not comparison.agrees
    assert comparison.largest.relative > 1e-4
