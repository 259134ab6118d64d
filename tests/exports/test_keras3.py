"""`.keras` files, which Keras 3 loads without Oneiros."""

import json
import zipfile
from functools import partial

import numpy as np
import oneiros
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros.exports import ExportError
from oneiros.layers import (
    GRU,
    LSTM,
    Activation,
    AtrousConvolution2D,
    BatchNormalization,
    Bidirectional,
    Convolution2D,
    Cropping2D,
    Deconvolution2D,
    Dense,
    Dropout,
    Flatten,
    Highway,
    Input,
    Lambda,
    LocallyConnected2D,
    Masking,
    MaxoutDense,
    ParametricSoftplus,
    SpatialDropout2D,
    SReLU,
    ThresholdedReLU,
    TimeDistributed,
    ZeroPadding2D,
    merge,
)
from oneiros.models import Model, Sequential, load_model
from oneiros.optimizers import SGD
from oneiros_exports.keras3.description import Describer
from oneiros_exports.keras3.keras_file import KerasExport
from oneiros_exports.keras3.older_releases import make_loadable, without_late
from oneiros_old_files.keras2 import migration_of
from processes import run_python

pytestmark = pytest.mark.usefixtures("one_process", "theano")


def test_what_keras_3_lacks_is_refused_at_once(tmp_path):
    layers = [
        Lambda(lambda x: 2 * x, input_shape=(2,), name="double"),
        Dense(2, name="fine"),
    ]
    with pytest.raises(ExportError) as caught:
        oneiros.export(Sequential(layers), tmp_path / "m.keras")
    assert str(caught.value).splitlines() == [
        "Keras 3 can't hold this model exactly:",
        "  Lambda 'double': Keras 3 has no such layer. ONNX can hold it: model.onnx.",
    ]


def test_paddings_and_seeds_have_their_form_there():
    model = Sequential(
        [
            ZeroPadding2D({"top_pad": 1, "right_pad": 2}, input_shape=(4, 4, 2)),
            ZeroPadding2D((1, 2, 0, 3)),
            ZeroPadding2D((1, 2)),
            SpatialDropout2D(0.5, seed=3),
        ]
    )
    layers = Describer().model(model)["layers"]
    paddings = [layer["arguments"].get("padding") for layer in layers]
    assert paddings == [[[1, 0], [0, 2]], [[1, 2], [0, 3]], [1, 2], None]
    assert layers[-1]["arguments"]["seed"] == 3


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (partial(Convolution2D, 2, 3, 3, border_mode="full"), "border_mode='full'"),
        (
            partial(AtrousConvolution2D, 2, 2, 2, subsample=(1, 2), atrous_rate=(2, 1)),
            r"steps of \[1, 2\] and atrous_rate=\(2, 1\).*ONNX can hold it",
        ),
        (
            lambda **shape: TimeDistributed(BatchNormalization(mode=2), **shape),
            "a BatchNormalization with mode=2 to all steps.*ONNX can hold it",
        ),
    ],
)
def test_arguments_without_a_counterpart_are_named(tmp_path, layer, said):
    with pytest.raises(ExportError, match=said):
        oneiros.export(Sequential([layer(input_shape=(6, 6, 2))]), tmp_path / "m.keras")


def test_constraints_have_a_counterpart():
    layer = Dense(2, W_constraint="maxnorm", input_dim=3)
    assert KerasExport().refusals(Sequential([layer])) == []


def test_a_cropping_that_leaves_nothing_is_refused(tmp_path):
    layers = [
        Cropping2D(((1, 0), (0, 2)), dim_ordering="tf", input_shape=(7, 2, 2)),
        Dropout(0.5),
    ]
    with pytest.raises(ExportError, match="Keras 3 can't build this model: Value"):
        oneiros.export(Sequential(layers), tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


def test_a_model_called_with_other_sizes_is_refused(tmp_path):
    inner = Sequential([Activation("tanh", input_shape=(3,))])
    small = Input((2,))
    with pytest.raises(ExportError, match="Keras 3 can't build this model: Value"):
        oneiros.export(Model(small, inner(small)), tmp_path / "m.keras")
    steps = Sequential([Activation("tanh", input_shape=(None, 3))])
    fixed = Input((4, 3))
    assert KerasExport().refusals(Model(fixed, steps(fixed))) == []


def size_in_keras_3(size, width, step, border_mode, padding):
    """Returns the rows of a Conv2DTranspose's output, by its documentation."""
    if padding is None and border_mode == "same":
        return size * step
    if padding is None:
        return size * step + max(width - step, 0)
    overlap = width // 2 if border_mode == "same" else 0
    return (size - 1) * step + width - 2 * overlap + padding


@given(
    size=st.integers(1, 9),
    width=st.integers(1, 5),
    step=st.integers(1, 4),
    border_mode=st.sampled_from(["same", "valid"]),
    data=st.data(),
)
def test_deconvolutions_have_the_size_that_their_output_shape_says(
    size, width, step, border_mode, data
):
    smallest = (size - 1) * step + 1
    if border_mode == "valid":
        smallest += width - 1
    rows = data.draw(st.integers(smallest, smallest + step - 1))
    layer = Deconvolution2D(
        *(1, width, width, (None, rows, rows, 1)),
        subsample=(step, step),
        border_mode=border_mode,
        dim_ordering="tf",
    )
    migration = migration_of("Deconvolution2D")
    weights = [np.zeros((width, width, 1, 1)), np.zeros(1)]
    arguments = migration.to_keras3(layer.get_config(), weights).arguments
    padding = arguments.get("output_padding") or [None]
    assert padding == [None] or max(padding) < step
    assert size_in_keras_3(size, width, step, border_mode, padding[0]) == rows


def test_an_output_shape_without_counterpart_is_refused(tmp_path):
    up = Deconvolution2D(
        *(1, 2, 2, (None, 15, 16, 1)),
        subsample=(2, 2),
        border_mode="same",
        dim_ordering="tf",
        input_shape=(8, 8, 3),
    )
    with pytest.raises(ExportError, match=r"\(None, 15, 16, 1\).*ONNX can hold it"):
        oneiros.export(Sequential([up]), tmp_path / "m.keras")


def registered_layers():
    """Returns a model with each layer that `oneiros_keras3` registers."""
    flat = Input((4,), name="flat")
    image = Input((1, 5, 5), name="image")
    penalties = {"W_regularizer": "l2", "b_regularizer": "l1"}
    x = Highway(activation="hard_sigmoid", W_constraint="maxnorm", **penalties)(flat)
    x = BatchNormalization(mode=1, gamma_regularizer="l2")(x)
    x = MaxoutDense(3, nb_feature=2, b_constraint="nonneg", **penalties)(x)
    x = BatchNormalization(mode=2)(ParametricSoftplus()(x))
    y = LocallyConnected2D(2, 2, 3, dim_ordering="th", **penalties)(image)
    y = SReLU(shared_axes=[2, 3])(y)
    y = Flatten()(ThresholdedReLU(0.3)(y))
    y = Dense(3, activity_regularizer="l2")(y)
    cosine = Flatten()(merge([x, y], mode="cos", dot_axes=1))
    joined = merge([x, y, cosine], mode="concat")
    return Model([flat, image], Dense(1, bias=False, name="y")(joined))


REGISTERED = """
import sys

import keras
import numpy as np
import oneiros_keras3

model = keras.models.load_model(sys.argv[1])
data = np.load(sys.argv[2])
inputs = [data[x.name] for x in model.inputs]
np.save(sys.argv[3] + "/outputs.npy", model.predict(inputs, verbose=0))
model.compile(keras.optimizers.SGD(0.1), "mse")
losses = [model.train_on_batch(inputs, data["y"]) for _ in range(3)]
np.save(sys.argv[3] + "/losses.npy", losses)
"""


def merged_masks(modes=("concat",)):
    """Returns a model that merges steps of which masks hide different ones, or none, or
    those that a nested model has passed on."""
    first = Input((5, 3), name="first")
    second = Input((5, 3), name="second")
    hidden = Masking()(first)
    others = Masking()(second)
    inner = Sequential([LSTM(3, return_sequences=True, input_shape=(5, 3))])
    passed_on = inner(hidden)
    ends = []
    for mode in modes:
        both = merge([hidden, others], mode=mode)
        one = merge([hidden, second], mode=mode)
        nested = merge([passed_on, hidden, second], mode=mode)
        ends += [GRU(2)(x) for x in (both, one, nested)]
    return Model([first, second], Dense(1, name="y")(merge(ends, mode="concat")))


def batch_for(model):
    """Returns noise for each input by its name; of steps, some are zeros."""
    batch = {}
    for place, (name, x) in enumerate(
        zip(model.input_names, model.inputs, strict=True)
    ):
        array = np.random.normal(size=(8, *K.int_shape(x)[1:])).astype("float32")
        if array.ndim == 3:
            array[:, place : place + 2] = 0
        batch[name] = array
    return batch


@pytest.mark.slow
@pytest.mark.parametrize("network", [registered_layers, merged_masks])
@pytest.mark.parametrize("engine", ["jax", "tensorflow"])
def test_registered_layers_predict_and_train_on_each_backend_of_keras(
    tmp_path, engine, network
):
    model = network()
    weights = [np.random.normal(0.5, 0.2, w.shape) for w in model.get_weights()]
    model.set_weights(weights)  # Keras 3 on JAX takes 1 as the slope of abs at 0
    KerasExport().write(model, tmp_path / "m.keras")
    batch = batch_for(model)
    y = np.random.normal(size=(8, 1)).astype("float32")
    np.savez(tmp_path / "data.npz", y=y, **batch)
    arguments = [tmp_path / "m.keras", tmp_path / "data.npz", tmp_path]
    run_python(REGISTERED, *arguments, KERAS_BACKEND=engine)
    inputs = list(batch.values())
    outputs = np.load(tmp_path / "outputs.npy")
    np.testing.assert_allclose(outputs, model.predict(inputs), rtol=1e-5, atol=1e-6)
    model.compile(SGD(lr=0.1), "mse")
    losses = [model.train_on_batch(inputs, y) for _ in range(3)]
    np.testing.assert_allclose(np.load(tmp_path / "losses.npy"), losses, rtol=1e-4)


def test_what_keras_3_lacks_gets_the_name_of_a_registered_class():
    model = registered_layers()
    description = Describer().model(model)
    names = {layer["class_name"] for layer in description["layers"]}
    registered = {name.partition(">")[2] for name in names if ">" in name}
    assert registered == {
        "BatchNormalization",
        "Cosine",
        "Highway",
        "LocallyConnected2D",
        "MaxoutDense",
        "ParametricSoftplus",
        "SReLU",
        "ThresholdedReLU",
    }


def test_names_with_slashes_as_in_googlenet(tmp_path):
    """`inception_3a/1x1` was a common name; Keras 3 takes no slash."""
    image = Input((4,), name="data/in")
    left = Dense(2, name="inception_3a/1x1")(image)
    right = Dense(2, name="inception_3a_1x1")(image)
    model = Model(image, merge([left, right], name="sum/out"), name="goog/net")
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((1, 4)), np.ones((1, 2)))
    report = oneiros.export(model, tmp_path / "m.keras")
    ports = [*report.written.inputs, *report.written.outputs]
    assert [port.name for port in ports] == ["data_in", "sum_out"]
    (note,) = report.written.notes
    assert "'inception_3a_1x1' is 'inception_3a_1x1_'" in note
    loaded = load_model(tmp_path / "m.keras")
    assert loaded.optimizer.get_weights()[0] == 1
    assert {layer.name for layer in loaded.layers} == {
        "data_in",
        "inception_3a_1x1",
        "inception_3a_1x1_",
        "sum_out",
    }


def test_a_layer_that_two_models_share_is_said_to_be_copied(tmp_path):
    shared = Dense(3, name="shared")
    within = Input((3,))
    inner = Model(within, shared(within), name="inner")
    x = Input((3,))
    model = Model(x, merge([inner(x), shared(x), Activation("tanh")(x)]))
    report = oneiros.export(model, tmp_path / "m.keras")
    (note,) = report.written.notes
    assert note.startswith("shared here, copied in the file: shared.")


def test_what_only_later_releases_of_keras_know_is_left_out(tmp_path):
    """Keras 3.12 refuses arguments that 3.15 writes."""
    path = tmp_path / "m.keras"
    initializer = {"seed": None, "input_axes": None, "output_axes": None}
    dense = {"units": 2, "quantization_config": None, "kernel": initializer}
    sums = {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"layers": [dense, sums]}))
        archive.writestr("metadata.json", "{}")
    make_loadable(str(path))
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        assert archive.read("metadata.json") == b"{}"
    assert config == {"layers": [{"units": 2, "kernel": {"seed": None}}, {}]}
    assert without_late({"quantization_config": {"a": 1}, "renorm": True}) == {
        "quantization_config": {"a": 1},
        "renorm": True,
    }


STATEFUL = """
import sys

import keras
import numpy as np
import oneiros_keras3

model = keras.models.load_model(sys.argv[1])
x = np.load(sys.argv[2])
outputs = [np.asarray(model(batch)) for batch in (x, x)]
np.save(sys.argv[3], outputs)
"""


@pytest.mark.slow
def test_stateful_layers_keep_their_state_in_keras_3(tmp_path):
    layers = [
        LSTM(3, stateful=True, return_sequences=True, batch_input_shape=(2, 4, 3)),
        Bidirectional(GRU(2, stateful=True)),
    ]
    model = Sequential(layers)
    oneiros.export(model, tmp_path / "m.keras")
    x = np.random.normal(size=(2, 4, 3)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    files = [tmp_path / name for name in ("m.keras", "x.npy", "outputs.npy")]
    run_python(STATEFUL, *files, KERAS_BACKEND="jax")
    model.reset_states()
    expected = [model.predict(x, batch_size=2) for _ in range(2)]
    assert np.abs(expected[0] - expected[1]).max() > 1e-3
    outputs = np.load(tmp_path / "outputs.npy")
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_merged_masks_hide_in_keras_3_what_they_hide_here(tmp_path):
    """Keras 3's own classes hide only what all masks hide."""
    model = merged_masks(["concat", "sum", "mul", "ave"])
    report = oneiros.export(model, tmp_path / "m.keras")
    for name in ("Concatenate", "Add", "Multiply", "Average"):
        assert name in report.written.notes[-1]
    arrays = list(batch_for(model).values())
    back = load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        back.predict(arrays), model.predict(arrays), rtol=1e-5, atol=1e-6
    )


def test_masks_joined_step_by_step_hide_the_same_in_keras_3(tmp_path):
    first = Input((5, 3), name="first")
    second = Input((4, 3), name="second")
    joined = merge([Masking()(first), second], mode="concat", concat_axis=1)
    model = Model([first, second], LSTM(2)(joined))
    assert oneiros.export(model, tmp_path / "m.keras").comparison.agrees


def test_merges_without_masks_need_keras_alone():
    first = Input((5, 3))
    joined = merge([first, GRU(3, return_sequences=True)(first)], mode="sum")
    description = Describer().model(Model(first, joined))
    assert [each["class_name"] for each in description["layers"]] == ["GRU", "Add"]


def test_a_nested_model_that_gets_a_mask_merges_as_keras_1_does(tmp_path):
    """And stays frozen."""
    x = Input((5, 3))
    inner = Model(x, merge([x, GRU(3, return_sequences=True)(x)], mode="concat"))
    inner.trainable = False
    steps = Input((5, 3))
    model = Model(steps, LSTM(2)(inner(Masking()(steps))))
    report = oneiros.export(model, tmp_path / "m.keras")
    assert "it has Concatenate" in report.written.notes[-1]
    back = load_model(tmp_path / "m.keras")
    assert back.get_layer(inner.name).trainable_weights == []


def test_steps_that_our_bidirectional_repeats_come_back(tmp_path):
    steps = Input((5, 3))
    both = Bidirectional(GRU(2, return_sequences=True))(Masking()(steps))
    model = Model(steps, TimeDistributed(Dense(2))(both))
    arrays = np.random.normal(size=(4, 5, 3))
    arrays[:, 3:] = 0
    oneiros.export(model, tmp_path / "m.keras")
    back = load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        back.predict(arrays), model.predict(arrays), rtol=1e-5, atol=1e-6
    )


def test_theanos_convolution_is_exported_as_it_computes(set_convolution, tmp_path):
    """The replay compares; Keras 3 puts other borders around with strides."""
    set_convolution("theano")
    arguments = {"border_mode": "same", "dim_ordering": "tf", "input_shape": (6, 6, 2)}
    model = Sequential([Convolution2D(3, 3, 3, **arguments)])
    oneiros.export(model, tmp_path / "m.keras")
    model = Sequential([Convolution2D(3, 3, 3, subsample=(2, 2), **arguments)])
    with pytest.raises(ExportError, match="something else"):
        oneiros.export(model, tmp_path / "n.keras")
