"""Files converted.

The converted model predicts the same, and converting back gives the same bytes.
"""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from backends import BACKENDS
from oneiros import backend as K
from oneiros import registry
from oneiros.errors import ArgumentError, FileFormatError, OneirosError
from oneiros.layers import (
    LSTM,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Bidirectional,
    Convolution2D,
    Cropping2D,
    Dense,
    Dropout,
    Flatten,
    GlobalMaxPooling2D,
    Input,
    Lambda,
    LocallyConnected2D,
    Permute,
    PReLU,
    Reshape,
    SReLU,
    UpSampling2D,
    ZeroPadding2D,
    merge,
)
from oneiros.models import Model, Sequential, load_model, model_from_json
from oneiros.optimizers import Nadam, RMSprop
from oneiros.saving import Format, ModelState
from oneiros_cli.file_tools.conversion import convert
from oneiros_saving import model_files

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
INDEX = json.loads((MODELS / "index.json").read_text(encoding="utf-8"))["models"]
OTHER = {"th": "tf", "tf": "th"}
ONLY = pytest.mark.slow


def ordering(name):
    text = (MODELS / f"{name}.json").read_text(encoding="utf-8")
    return next(
        (order for order in OTHER if f'"dim_ordering": "{order}"' in text), None
    )


IMAGES = [
    each["name"]
    for each in INDEX
    if ordering(each["name"]) and not each["custom_objects"]
]
FEW = ("seq_conv2d_th", "seq_conv_zoo_tf")
FLIPPED = (
    "seq_conv2d_th",
    "seq_conv_zoo_tf",
    "func_resnet_block_th",
    "seq_convlstm_th",
)


def some(names, few):
    """Returns the cases of which only a few belong to the test command."""
    return [pytest.param(n, marks=[] if n in few else ONLY) for n in names]


@pytest.fixture(
    params=[BACKENDS[0], *(pytest.param(b, marks=ONLY) for b in BACKENDS[1:])]
)
def there(request):
    """Runs the test on one backend in the test command, on all in the exhaustive
    run."""
    with K.use(request.param):
        yield request.param


def stored(path):
    """Returns the weights and the optimizer's state in a file, as bytes."""
    _, state = model_files.read(path)
    weights = [
        [(name, value.tobytes()) for name, value in named]
        for _, named in state.weights
        if named
    ]
    return weights, [value.tobytes() for _, value in state.optimizer_weights or ()]


def fed(model, inputs=None):
    """Returns arrays for a model, their axes moved as a conversion says."""
    random = np.random.RandomState(0)
    arrays = []
    for tensor in model.inputs:
        shape = [2, *K.int_shape(tensor)[1:]]
        arrays.append(random.randint(0, 5, size=shape).astype(K.dtype(tensor)))
        if inputs:
            axes = inputs.get(tensor._keras_history[0].name, range(1, len(shape)))
            axes = (
                next(iter(inputs.values())) if isinstance(model, Sequential) else axes
            )
            arrays[-1] = arrays[-1].transpose(0, *axes)
    return arrays[0] if len(arrays) == 1 else arrays


def check(model, path, dim_ordering, **options):
    """Converts a model there and back; returns the converted one."""
    there, back = path.with_suffix(".there.h5"), path.with_suffix(".back.h5")
    model.save(path)
    inputs = convert(path, there, dim_ordering=dim_ordering, **options)
    assert len(
        convert(there, back, dim_ordering=OTHER[dim_ordering], **options)
    ) == len(inputs)
    assert stored(back) == stored(path)
    converted = load_model(there, **options)
    text = json.dumps(model_files.read(there)[1].model_config)
    assert f'"dim_ordering": "{OTHER[dim_ordering]}"' not in text
    compare(model, converted, inputs, dim_ordering)
    return converted


def compare(model, converted, inputs, dim_ordering):
    expected = model.predict(fed(model))
    predicted = converted.predict(fed(model, inputs))
    if expected.ndim == 4:
        predicted = predicted.transpose(
            0, *((3, 1, 2) if dim_ordering == "tf" else (2, 3, 1))
        )
    np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-5)


def with_weights(model):
    random = np.random.RandomState(1)
    model.set_weights(
        [random.uniform(0.2, 1, size=value.shape) for value in model.get_weights()]
    )
    return model


def inserted(model):
    return [layer.name for layer in model.layers if "_axes" in layer.name]


# The order of images' axes


@pytest.mark.parametrize("name", some(IMAGES, FEW))
def test_keras_own_models_predict_the_same_in_the_other_order(there, name, tmp_path):
    path = MODELS / f"{name}.h5"
    order = ordering(name)
    inputs = convert(path, tmp_path / "there.h5", dim_ordering=OTHER[order])
    convert(tmp_path / "there.h5", tmp_path / "back.h5", dim_ordering=order)
    assert stored(tmp_path / "back.h5") == stored(path)
    model, converted = load_model(path), load_model(tmp_path / "there.h5")
    compare(model, converted, inputs, OTHER[order])
    assert converted.optimizer.get_config() == model.optimizer.get_config()


def image_model(order, *layers, shape=(2, 6, 5)):
    shape = shape if order == "th" else (*shape[1:], shape[0])
    first = Convolution2D(
        3, 2, 2, border_mode="same", dim_ordering=order, input_shape=shape
    )
    return with_weights(Sequential([first, *layers]))


@pytest.mark.parametrize("order", some(["th", "tf"], ["th"]))
def test_layers_that_follow_the_values(there, order, tmp_path):
    axis, rows = (1, (2, 3)) if order == "th" else (3, (1, 2))
    model = image_model(
        order,
        BatchNormalization(axis=axis),
        PReLU(shared_axes=list(rows)),
        SReLU(),
        ZeroPadding2D((1, 2), dim_ordering=order),
        Cropping2D(((1, 0), (0, 1)), dim_ordering=order),
        UpSampling2D((2, 1), dim_ordering=order),
        AveragePooling2D((2, 2), dim_ordering=order),
        Activation("tanh"),
        LocallyConnected2D(4, 2, 2, dim_ordering=order),
        Dropout(0.5),
        Flatten(),
        BatchNormalization(),
        PReLU(),
        Dense(3),
    )
    assert inserted(check(model, tmp_path / "m.h5", OTHER[order])) == []


@pytest.mark.parametrize("order", some(["th", "tf"], ["th"]))
def test_where_nothing_is_known_the_axes_are_moved_back(there, order, tmp_path):
    """A recurrent layer over columns, and a decoder whose image comes out of a
    vector."""
    columns = image_model(order, Permute((3, 1, 2)), Reshape((-1, 6)), LSTM(2))
    assert inserted(check(columns, tmp_path / "a.h5", OTHER[order])) == []
    rows = image_model(order, Reshape((6, -1)), Bidirectional(LSTM(2)))
    assert len(inserted(check(rows, tmp_path / "b.h5", OTHER[order]))) == 1
    shape = (2, 3, 3) if order == "th" else (3, 3, 2)
    layers = [
        Dense(18, input_dim=4),
        Reshape(shape),
        Convolution2D(2, 2, 2, dim_ordering=order),
        Flatten(),
    ]
    decoder = with_weights(Sequential([*layers, Activation("softmax")]))
    assert len(inserted(check(decoder, tmp_path / "c.h5", OTHER[order]))) == 2


def test_an_image_that_reaches_another_layer_first(there, tmp_path):
    layers = [
        BatchNormalization(axis=3, input_shape=(2, 4, 5)),
        Activation("relu"),
        Convolution2D(3, 2, 2, dim_ordering="th"),
        GlobalMaxPooling2D(dim_ordering="th"),
    ]
    model = with_weights(Sequential(layers))
    converted = check(model, tmp_path / "m.h5", "tf")
    assert converted.input_shape == (None, 4, 5, 2) and converted.layers[0].axis == 2


def test_graphs_with_branches_vectors_and_models_inside(there, tmp_path):
    image, vector = Input((2, 4, 4), name="image"), Input((3,), name="vector")
    deep = Input((3, 4, 4))
    scaled = BatchNormalization(axis=1)(Convolution2D(3, 1, 1, dim_ordering="th")(deep))
    inside = Model(deep, Activation("relu")(scaled), name="inside")
    first = Convolution2D(3, 3, 3, border_mode="same", dim_ordering="th")(image)
    second = inside(first)
    both = merge([first, second, inside(second)], mode="concat", concat_axis=1)
    summed = merge([first, second], mode="sum")
    vectors = merge([vector, Dense(2)(vector)], mode="concat")
    flat = merge([Flatten()(both), vectors, Flatten()(summed)], mode="concat")
    model = with_weights(Model([image, vector], Dense(2)(flat)))
    assert inserted(check(model, tmp_path / "m.h5", "tf")) == []


def test_a_model_and_a_layer_that_are_called_twice(there, tmp_path):
    order = {"dim_ordering": "th", "border_mode": "same"}
    left, right = (Input((2, 6, 6), name=name) for name in ("left", "right"))
    layers = [Convolution2D(4, 3, 3, input_shape=(2, 6, 6), **order), Flatten()]
    read = Sequential([*layers, Dense(3)], name="read")
    twice = Convolution2D(2, 3, 3, **order)
    outputs = [read(left), read(twice(twice(right)))]
    model = with_weights(Model([left, right], merge(outputs, mode="sum")))
    assert inserted(check(model, tmp_path / "m.h5", "tf")) == []


def test_layers_inside_sequentials_and_a_sequential_first(there, tmp_path):
    inner = Sequential(
        [Convolution2D(2, 2, 2, dim_ordering="th", input_shape=(2, 4, 4))]
    )
    model = with_weights(
        Sequential(
            [
                inner,
                Sequential([Activation("relu", input_shape=(2, 3, 3))]),
                Flatten(),
                Dense(2),
            ]
        )
    )
    check(model, tmp_path / "m.h5", "tf")


def test_functions_and_own_classes_are_passed_on(there, tmp_path):
    model = image_model(
        "th", Lambda(lambda x: x[:, :1], name="red"), Flatten(), Dense(2)
    )
    functions = {"red": lambda x: x[:, :1]}
    assert inserted(check(model, tmp_path / "m.h5", "tf", functions=functions)) == [
        "red_axes"
    ]


def test_objects_of_one_s_own_are_in_the_new_model_too(there, tmp_path):
    class Halved(Activation):
        pass

    def doubled(x):
        return 2.0 * x

    model = image_model("th", Halved("relu"), Flatten(), Dense(2, activation=doubled))
    objects = {"Halved": Halved, "doubled": doubled}
    converted = check(model, tmp_path / "m.h5", "tf", custom_objects=objects)
    assert converted.layers[-1].activation is doubled


def test_a_configuration_alone(there, tmp_path):
    convert(MODELS / "seq_conv2d_th.json", tmp_path / "m.json", dim_ordering="tf")
    model = model_from_json((tmp_path / "m.json").read_text())
    assert model.input_shape == (None, 8, 8, 2) and model.layers[2].axis == 3


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
@pytest.mark.parametrize("version", ["2.1.6", "2.2.4"])
def test_configurations_of_keras_2(version, suffix, tmp_path):
    dense = {
        "name": "d",
        "units": 3,
        "batch_input_shape": [None, 4],
        "activation": "relu",
        "dtype": "float32",
    }
    config = {
        "class_name": "Sequential",
        "keras_version": version,
        "config": [{"class_name": "Dense", "config": dense}],
    }
    (tmp_path / "a.json").write_text(json.dumps(config))
    convert(tmp_path / "a.json", tmp_path / f"b{suffix}")
    convert(tmp_path / f"b{suffix}", tmp_path / "c.json")
    assert model_from_json((tmp_path / "c.json").read_text()).output_shape == (None, 3)


def test_a_missing_plugin_is_told_with_where_the_file_says_it_came_from(tmp_path):
    recorded = {"layer:Shout": {"distribution": "my-lab", "version": "1.0"}}
    config = {
        "class_name": "Sequential",
        "config": [{"class_name": "Shout", "config": {"name": "s"}}],
        "oneiros_provenance": recorded,
    }
    (tmp_path / "a.json").write_text(json.dumps(config))
    with pytest.raises(OneirosError, match=r"came from 'my-lab 1\.0'"):
        convert(tmp_path / "a.json", tmp_path / "b.json", dim_ordering="tf")


def test_a_layer_is_no_model(tmp_path):
    (tmp_path / "a.json").write_text(
        '{"class_name": "Dense", "config": {"output_dim": 3}}'
    )
    with pytest.raises(FileFormatError, match="holds a Dense, which isn't a model"):
        convert(tmp_path / "a.json", tmp_path / "b.json", kernels="theano")


@pytest.mark.parametrize(
    ("made", "arguments"), [(Nadam, {}), (RMSprop, {"decay": 0.1})]
)
def test_what_the_optimizer_counts_is_kept(there, made, arguments, tmp_path):
    x = np.random.random((8, 4, 4, 1))
    model = Sequential(
        [
            Convolution2D(2, 3, 3, input_shape=(4, 4, 1), dim_ordering="tf"),
            Flatten(),
            Dense(1),
        ]
    )
    model.compile(made(**arguments), "mse")
    model.fit(x, x[:, 0, 0], nb_epoch=2, verbose=0, shuffle=False)
    model.save(tmp_path / "tf.h5")
    convert(tmp_path / "tf.h5", tmp_path / "th.h5", dim_ordering="th")
    converted = load_model(tmp_path / "th.h5")
    losses = [
        each.fit(images, x[:, 0, 0], nb_epoch=3, verbose=0, shuffle=False).history[
            "loss"
        ]
        for each, images in ((model, x), (converted, x.transpose(0, 3, 1, 2)))
    ]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)


# Engines' kernels


@pytest.mark.parametrize("name", some(FLIPPED, FLIPPED[:1]))
def test_kernels_for_theano_and_back(there, name, tmp_path):
    path = MODELS / f"{name}.h5"
    convert(path, tmp_path / "theano.h5", kernels="theano")
    _, state = model_files.read(tmp_path / "theano.h5")
    names = [weight for _, named in state.weights for weight, _ in named]
    assert names and not any(weight.endswith(":0") for weight in names)
    model, converted = load_model(path), load_model(tmp_path / "theano.h5")
    np.testing.assert_allclose(
        converted.predict(fed(model)), model.predict(fed(model)), rtol=1e-5, atol=1e-6
    )
    convert(tmp_path / "theano.h5", tmp_path / "back.h5", kernels="tensorflow")
    assert stored(tmp_path / "back.h5") == stored(path)


def test_kernels_and_their_moments_are_flipped(there, tmp_path):
    convert(MODELS / "seq_conv2d_th.h5", tmp_path / "theano.h5", kernels="theano")
    (before, after) = (
        model_files.read(path)[1]
        for path in (MODELS / "seq_conv2d_th.h5", tmp_path / "theano.h5")
    )
    for one, other in zip(before.weights, after.weights, strict=True):
        for (_, value), (_, flipped) in zip(one[1], other[1], strict=True):
            expected = value[:, :, ::-1, ::-1] if value.ndim == 4 else value
            np.testing.assert_array_equal(flipped, expected)
    pairs = zip(before.optimizer_weights, after.optimizer_weights, strict=True)
    changed = [value.ndim for (_, value), (_, other) in pairs if (value != other).any()]
    assert changed == [4] * 4


def test_trained_on_says_what_the_names_don_t(there, tmp_path):
    convert(MODELS / "seq_conv2d_th.h5", tmp_path / "a.h5", trained_on="theano")
    _, state = model_files.read(tmp_path / "a.h5")
    with h5py.File(MODELS / "seq_conv2d_th.h5") as file:
        kernel = file["model_weights/convolution2d_1/convolution2d_1_W:0"][()]
    np.testing.assert_array_equal(state.weights[0][1][0][1], kernel[:, :, ::-1, ::-1])


# Formats


def test_between_formats_without_building(tmp_path):
    source = MODELS / "func_multi_io.h5"
    convert(source, tmp_path / "copy.hdf5")
    assert stored(tmp_path / "copy.hdf5") == stored(source)
    convert(source, tmp_path / "w.h5", weights_only=True)
    assert model_files.read(tmp_path / "w.h5")[1].model_config is None
    convert(source, tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text()) == json.loads(
        (MODELS / "func_multi_io.json").read_text()
    )


def test_a_configuration_carries_where_its_objects_come_from(tmp_path):
    with K.use(BACKENDS[0]):
        Sequential([Dense(2, input_dim=2)]).save(tmp_path / "m.h5")
        convert(tmp_path / "m.h5", tmp_path / "m.json")
        text = (tmp_path / "m.json").read_text()
        assert (
            json.loads(text)["oneiros_provenance"]["layer:Dense"]["distribution"]
            == "oneiros-layers-core"
        )
        assert model_from_json(text).count_params() == 6


@pytest.mark.parametrize(
    ("source", "target", "arguments", "said"),
    [
        (
            "seq_conv2d_th.h5",
            "m.png",
            {},
            r"m\.png: no installed format has this suffix. Available: \.json",
        ),
        (
            "seq_conv2d_th_weights.h5",
            "m.json",
            {},
            "holds weights but no configuration",
        ),
        (
            "seq_conv2d_th.json",
            "m.h5",
            {},
            "holds no weights. Write its configuration to one of .json",
        ),
        (
            "seq_conv2d_th_weights.h5",
            "m.h5",
            {"dim_ordering": "tf"},
            "holds only weights. Without a configuration",
        ),
        (
            "seq_conv2d_th.h5",
            "m.h5",
            {"dim_ordering": "nchw"},
            "dim_ordering='nchw'. Expected 'th', 'tf' or None",
        ),
        (
            "seq_conv2d_th.h5",
            "m.h5",
            {"kernels": "torch"},
            "kernels='torch'. Expected 'tensorflow', 'theano' or None",
        ),
    ],
)
def test_what_can_t_be_done_is_told_and_nothing_is_written(
    source, target, arguments, said, tmp_path
):
    with K.use(BACKENDS[0]), pytest.raises(ArgumentError, match=said):
        convert(MODELS / source, tmp_path / target, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_calls_of_which_only_some_are_images_are_refused(tmp_path):
    with K.use(BACKENDS[0]):
        image, grid = Input((2, 3, 3)), Input((2, 3, 3))
        scale = BatchNormalization(axis=1)
        read = Convolution2D(1, 2, 2, dim_ordering="th")(scale(image))
        other = Lambda(lambda x: x, name="same")(scale(grid))
        model = Model([image, grid], [read, other])
        model.save(tmp_path / "m.h5")
        with pytest.raises(
            ArgumentError, match=r"is called on images and on other inputs"
        ):
            convert(
                tmp_path / "m.h5",
                tmp_path / "n.h5",
                dim_ordering="tf",
                functions={"same": lambda x: x},
            )


def test_branches_of_a_sequential_are_refused(tmp_path):
    with (
        K.use(BACKENDS[0]),
        pytest.raises(
            ArgumentError, match="begins with a Merge that contains its branches"
        ),
    ):
        convert(
            MODELS / "seq_merge_two_branches.h5", tmp_path / "m.h5", dim_ordering="tf"
        )


def test_a_state_without_a_layout_is_kept_as_it_is(tmp_path):
    state = ModelState(weights=[("a", [("W", np.ones(3, "float32"))])])
    model_files.write(tmp_path / "w.h5", state)
    convert(tmp_path / "w.h5", tmp_path / "v.h5")
    assert stored(tmp_path / "v.h5") == stored(tmp_path / "w.h5")


class WeightsAlone(Format):
    """A format like that of a plugin that stores arrays and nothing else."""

    name = "arrays"
    suffixes = (".arrays",)

    def recognises(self, head):
        return head.startswith(b"ARRAYS")

    def write(self, path, state):
        if state.model_config is not None:
            raise ArgumentError("It holds weights alone.")
        path.write_bytes(
            b"ARRAYS"
            + b"".join(
                value.tobytes() for _, named in state.weights for _, value in named
            )
        )


def test_formats_of_plugins_are_written_by_their_suffix(tmp_path):
    source = MODELS / "seq_conv2d_th.h5"
    with registry.register("format", "arrays", WeightsAlone):
        with pytest.raises(
            ArgumentError,
            match=r"It holds weights alone\. To convert .*: weights_only=True",
        ):
            convert(source, tmp_path / "m.arrays")
        convert(source, tmp_path / "m.arrays", weights_only=True)
    assert (tmp_path / "m.arrays").stat().st_size == 6 + 4 * 172
