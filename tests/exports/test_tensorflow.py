"""SavedModels and files of TensorFlow Lite, read by TensorFlow without Oneiros."""

import numpy as np
import oneiros
import pytest
from oneiros.exports import ExportError
from oneiros.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    ConvLSTM2D,
    Convolution2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Masking,
    ParametricSoftplus,
    SeparableConvolution2D,
    UpSampling2D,
    merge,
)
from oneiros.models import Model, Sequential
from oneiros_exports.tensorflow.saved_model import SavedModelExport
from oneiros_saving.pickling import on_backend
from processes import run_python

pytestmark = pytest.mark.usefixtures("one_process", "theano")

READER = """
import sys
import numpy as np
import tensorflow as tf

predict = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
inputs = np.load(sys.argv[2])
outputs = predict(**{name: tf.constant(inputs[name]) for name in inputs.files})
np.savez(sys.argv[3], **{name: value.numpy() for name, value in outputs.items()})
assert not any(name.partition(".")[0] == "oneiros" for name in sys.modules)
"""


def two_inputs():
    image = Input((2, 6, 6), name="image")
    steps = Input((None, 3), name="1 steps")
    seen = Flatten()(
        Convolution2D(2, 3, 3, activation="relu", dim_ordering="th")(image)
    )
    heard = GRU(3)(Masking()(steps))
    joined = Dropout(0.5, name="dropout_1")(merge([seen, heard], mode="concat"))
    return Model([image, steps], [Dense(2, name="a")(joined), Dense(1, name="b")(seen)])


@pytest.mark.slow
def test_a_saved_model_is_served_by_the_names_of_layers(tmp_path):
    model = two_inputs()
    copied = on_backend(model, "tensorflow")
    written = SavedModelExport().write(copied, tmp_path / "saved_model")
    assert [port.name for port in written.inputs] == ["image", "x_1_steps"]
    assert written.left_out == ["Dropout 'dropout_1'"]
    rng = np.random.default_rng(0)
    inputs = {
        "image": rng.normal(size=(5, 2, 6, 6)).astype("float32"),
        "x_1_steps": rng.normal(size=(5, 9, 3)).astype("float32"),
    }
    np.savez(tmp_path / "inputs.npz", **inputs)
    files = [tmp_path / name for name in ("saved_model", "inputs.npz", "outputs.npz")]
    run_python(READER, *files)
    outputs = np.load(tmp_path / "outputs.npz")
    expected = dict(zip("ab", model.predict(list(inputs.values())), strict=True))
    for name, value in expected.items():
        np.testing.assert_allclose(outputs[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_tensorflow_lite_holds_masked_recurrent_layers_row_by_row(tmp_path):
    layers = [Masking(input_shape=(4, 2)), LSTM(3, return_sequences=True), GRU(2)]
    report = oneiros.export(Sequential(layers), tmp_path / "m.tflite")
    assert report.written.summary == "batch size 1"
    assert report.comparison.largest.relative < 1e-5


def windows_smaller_than_strides():
    image = Input((1, 7, 6))
    options = {"subsample": (2, 2), "border_mode": "same", "dim_ordering": "th"}
    return Model(
        image,
        [
            Convolution2D(3, 2, 1, **options)(image),
            Convolution2D(3, 1, 1, **options)(image),
            SeparableConvolution2D(3, 2, 1, depth_multiplier=2, **options)(image),
        ],
    )


def enlarged_images():
    return Sequential(
        [
            UpSampling2D((1, 3), dim_ordering="th", input_shape=(2, 4, 3)),
            Convolution2D(2, 2, 2, dim_ordering="th"),
        ]
    )


def large_softplus():
    return Sequential([ParametricSoftplus(beta_init=60.0, input_shape=(3,))])


def loops_of_different_sizes():
    images = Input((3, 5, 4, 2))
    options = {"dim_ordering": "tf"}
    heard = ConvLSTM2D(2, 2, 2, return_sequences=True, **options)(images)
    return Model(images, ConvLSTM2D(2, 2, 2, **options)(heard))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "summary"),
    [
        (windows_smaller_than_strides, "open batch size"),
        (enlarged_images, "open batch size"),
        (large_softplus, "open batch size"),
        (loops_of_different_sizes, "batch size 1"),
    ],
)
def test_tensorflow_lite_computes_what_it_would_get_wrong(tmp_path, network, summary):
    report = oneiros.export(network(), tmp_path / "m.tflite")
    assert report.written.summary == summary
    assert report.comparison.largest.relative < 1e-5


@pytest.mark.slow
def test_what_tensorflow_lite_lacks_is_refused_with_a_way_out(tmp_path):
    by_batch = BatchNormalization(mode=2, input_shape=(3, 2), name="by_batch")
    with pytest.raises(ExportError, match=r"'by_batch' .*mode=2.*Export it to ONNX"):
        oneiros.export(Sequential([by_batch, LSTM(2)]), tmp_path / "m.tflite")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_tensorflow_lite_asks_for_the_number_of_images(tmp_path):
    layer = ConvLSTM2D(2, 2, 2, dim_ordering="tf", input_shape=(None, 5, 4, 2))
    with pytest.raises(ExportError, match="Give the sizes that are open in convlstm2d"):
        oneiros.export(Sequential([layer]), tmp_path / "m.tflite")


def test_stateful_layers_are_refused(tmp_path):
    model = Sequential([LSTM(2, stateful=True, batch_input_shape=(1, 3, 2), name="s")])
    with pytest.raises(ExportError, match=r"LSTM 's': it keeps its state .*stateful=F"):
        oneiros.export(model, tmp_path / "saved_model")
