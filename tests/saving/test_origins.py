"""Which engine a file was trained on, what is flipped then, and older layouts."""

import re
import textwrap
from contextlib import ExitStack
from itertools import permutations

import h5py
import numpy as np
import pytest
from older_files import as_theano_wrote
from oneiros import backend as K
from oneiros import registry
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError, FileFormatError
from oneiros.layers import (
    LSTM,
    AtrousConvolution1D,
    AtrousConvolution2D,
    Bidirectional,
    Conv1DTranspose,
    ConvLSTM1D,
    ConvLSTM2D,
    Convolution1D,
    Convolution2D,
    Convolution3D,
    Deconvolution2D,
    Dense,
    DepthwiseConv1D,
    Flatten,
    Input,
    Keras2Conv1D,
    LocallyConnected1D,
    LocallyConnected2D,
    SeparableConvolution2D,
    TimeDistributed,
)
from oneiros.models import Model, Sequential, load_model, model_from_config
from oneiros.saving import ModelState
from oneiros.utils.layer_utils import convert_all_kernels_in_model
from oneiros_old_files.base import Migration
from oneiros_old_files.file_origin import origin_of

ORDERINGS = ("tf", "th")


def saved(model, tmp_path, whole_model=True):
    (model.save if whole_model else model.save_weights)(tmp_path / "m.h5")
    as_theano_wrote(tmp_path / "m.h5")
    if whole_model:
        with h5py.File(tmp_path / "m.h5", "r+") as file:
            del file.attrs["oneiros_provenance"]
    return tmp_path / "m.h5"


def flip(value, ordering, axes):
    """Turns a kernel with NumPy's slices alone."""
    reverse = (slice(None, None, -1),) * axes
    return (
        value[reverse]
        if ordering == "tf" or axes == 1
        else value[(slice(None), slice(None), *reverse)]
    )


def shape(ordering, *sizes):
    return (*sizes, 2) if ordering == "tf" else (2, *sizes)


CASES = {
    "Convolution2D": (
        lambda o: Convolution2D(3, 2, 3, dim_ordering=o, input_shape=shape(o, 5, 6)),
        [0],
        2,
    ),
    "AtrousConvolution2D": (
        lambda o: AtrousConvolution2D(
            3, 2, 3, atrous_rate=(2, 1), dim_ordering=o, input_shape=shape(o, 5, 6)
        ),
        [0],
        2,
    ),
    "Convolution3D": (
        lambda o: Convolution3D(
            3, 2, 3, 1, dim_ordering=o, input_shape=shape(o, 4, 4, 4)
        ),
        [0],
        3,
    ),
    "Deconvolution2D": (
        lambda o: Deconvolution2D(
            3, 2, 3, None, dim_ordering=o, input_shape=shape(o, 4, 4)
        ),
        [0],
        2,
    ),
    "SeparableConvolution2D": (
        lambda o: SeparableConvolution2D(
            3, 2, 3, dim_ordering=o, input_shape=shape(o, 5, 6)
        ),
        [],
        2,
    ),
    "LocallyConnected2D": (
        lambda o: LocallyConnected2D(
            3, 2, 3, dim_ordering=o, input_shape=shape(o, 5, 6)
        ),
        [],
        2,
    ),
    "ConvLSTM2D": (
        lambda o: ConvLSTM2D(
            3, 3, 3, dim_ordering=o, input_shape=(None, *shape(o, 5, 6))
        ),
        [0, 1, 3, 4, 6, 7, 9, 10],
        2,
    ),
    "TimeDistributed": (
        lambda o: TimeDistributed(
            Convolution2D(3, 2, 3, dim_ordering=o), input_shape=(4, *shape(o, 5, 6))
        ),
        [0],
        2,
    ),
    "nested": (
        lambda o: Sequential(
            [
                Sequential(
                    [
                        Convolution2D(
                            3, 2, 3, dim_ordering=o, input_shape=shape(o, 5, 6)
                        ),
                        Flatten(),
                    ]
                )
            ]
        ),
        [0],
        2,
    ),
    "Convolution1D": (lambda o: Convolution1D(3, 2, input_shape=(6, 2)), [0], 1),
    "AtrousConvolution1D": (
        lambda o: AtrousConvolution1D(3, 2, atrous_rate=2, input_shape=(6, 2)),
        [0],
        1,
    ),
    "Keras2Conv1D": (
        lambda o: Keras2Conv1D(3, 2, padding="causal", input_shape=(6, 2)),
        [0],
        1,
    ),
    "Conv1DTranspose": (lambda o: Conv1DTranspose(3, 2, input_shape=(6, 2)), [0], 1),
    "ConvLSTM1D": (lambda o: ConvLSTM1D(3, 3, input_shape=(None, 6, 2)), [0, 1], 1),
    "DepthwiseConv1D": (lambda o: DepthwiseConv1D(2, input_shape=(6, 2)), [], 1),
    "LocallyConnected1D": (
        lambda o: LocallyConnected1D(3, 2, input_shape=(6, 2)),
        [],
        1,
    ),
    "Bidirectional": (lambda o: Bidirectional(LSTM(3), input_shape=(6, 2)), [], 1),
    "Dense": (lambda o: Dense(3, input_shape=(2,)), [], 1),
}


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("whole_model", [True, False], ids=["whole", "weights"])
def test_what_theano_flipped_is_flipped_and_nothing_else(
    case, ordering, whole_model, tmp_path
):
    make, kernels_at, axes = CASES[case]
    with K.use("tensorflow"):
        model = Sequential([make(ordering)])
        path = saved(model, tmp_path, whole_model)
        stored = model.get_weights()
        if whole_model:
            model = load_model(path)
        else:
            model.load_weights(path)
        weights = model.get_weights()
        model.load_weights(path, trained_on="tensorflow")
    expected = [
        flip(v, ordering, axes) if i in kernels_at else v for i, v in enumerate(stored)
    ]
    np.testing.assert_equal(weights, expected)
    np.testing.assert_equal(model.get_weights(), stored)


@pytest.mark.parametrize("case", CASES)
def test_a_file_means_the_same_with_either_convolution(case, set_convolution, tmp_path):
    make, kernels_at, axes = CASES[case]
    both = permutations(["tensorflow", "theano"])
    for ordering, (first, second) in zip(ORDERINGS, both):
        set_convolution(first)
        with K.use("tensorflow"):
            model = Sequential([make(ordering)])
            model.compile("sgd", "mse")
            sizes = [size or 3 for size in model.input_shape[1:]]
            x = np.random.normal(size=(2, *sizes))
            predicted = model.predict(x)
            stored = model.get_weights()
            model.save(tmp_path / "m.h5")
            again = load_model(tmp_path / "m.h5")
            np.testing.assert_equal(again.get_weights(), stored)
            set_convolution(second)
            other = load_model(tmp_path / "m.h5")
        expected = [
            flip(v, ordering, axes) if i in kernels_at else v
            for i, v in enumerate(stored)
        ]
        np.testing.assert_equal(other.get_weights(), expected)
        np.testing.assert_allclose(other.predict(x), predicted, atol=1e-5)


@pytest.mark.parametrize("name", ["seq_conv2d_th", "seq_conv2d_tf"])
def test_files_of_tensorflow_load_into_theanos_convolution(
    name, set_convolution, golden_dir
):
    set_convolution("theano")
    arrays = np.load(golden_dir / "models" / f"{name}.npz")
    model = load_model(golden_dir / "models" / f"{name}.h5")
    np.testing.assert_allclose(model.predict(arrays["x0"]), arrays["pred0"], atol=1e-5)
    with pytest.warns(UserWarning, match="were converted when they were loaded"):
        convert_all_kernels_in_model(model)


def convolution(**more):
    return Convolution2D(3, 2, 3, input_shape=(5, 6, 2), dim_ordering="tf", **more)


def test_it_is_what_keras_1_did_by_hand(tmp_path):
    """It is what `convert_all_kernels_in_model` does, which scripts of Keras 1 call
    after loading."""
    with K.use("tensorflow"):
        model = Sequential([convolution()])
        path = saved(model, tmp_path)
        stored = model.get_weights()
        model.load_weights(path)
        flipped = model.get_weights()[0]
        model.set_weights(stored)
        model.load_weights(path, trained_on="tensorflow")
        convert_all_kernels_in_model(model)
    np.testing.assert_array_equal(model.get_weights()[0], flipped)


@pytest.mark.parametrize("whole_model", [True, False], ids=["whole", "weights"])
def test_what_is_saved_here_is_never_flipped(whole_model, tmp_path):
    model = Sequential([convolution()])
    expected = model.get_weights()
    (model.save if whole_model else model.save_weights)(tmp_path / "m.h5")
    if whole_model:
        model = load_model(tmp_path / "m.h5")
    else:
        model.load_weights(tmp_path / "m.h5")
    np.testing.assert_array_equal(model.get_weights()[0], expected[0])


def test_a_group_of_theano_s_is_flipped_too(tmp_path):
    with K.use("tensorflow"):
        model = Sequential([convolution()])
        path = saved(model, tmp_path, whole_model=False)
        stored = model.get_weights()
        with h5py.File(path) as file:
            model.load_weights_from_hdf5_group(file)
    np.testing.assert_array_equal(model.get_weights()[0], stored[0][::-1, ::-1])


def test_by_name_turns_what_it_matches(tmp_path):
    with K.use("tensorflow"):
        first = convolution(name="c")
        path = saved(Sequential([first]), tmp_path, whole_model=False)
        same = convolution(name="c")
        model = Sequential([same, Flatten(), Dense(2)])
        model.load_weights(path, by_name=True)
    np.testing.assert_array_equal(
        same.get_weights()[0], first.get_weights()[0][::-1, ::-1]
    )


def state(*names, **more):
    return ModelState(weights=[("c", [(name, np.zeros(1)) for name in names])], **more)


@pytest.mark.parametrize(
    ("stored", "engine"),
    [
        (state("c_W", "c_b"), "theano"),
        (state("c_W:0", "c_b:0"), "tensorflow"),
        (state(), "tensorflow"),
        (state("c_W", "c_b:0"), None),
        (state("c/kernel", backend="theano"), "theano"),
        (state("c/kernel", backend="cntk"), "tensorflow"),
        (state("c/kernel:0", backend="theano"), None),
    ],
)
def test_the_engine_is_read_off_the_names(stored, engine):
    assert origin_of(stored).engine == engine
    assert origin_of(stored, "theano").engine == "theano"


def test_a_file_that_contradicts_itself_is_asked_about(tmp_path):
    with K.use("tensorflow"):
        model = Sequential([convolution(name="c")])
        model.save_weights(tmp_path / "m.h5")
        with h5py.File(tmp_path / "m.h5", "r+") as file:
            file["c"].move("c_W:0", "c_W")
            file["c"].attrs["weight_names"] = np.array([b"c_W", b"c_b:0"])
        before = model.get_weights()
        with pytest.raises(FileFormatError, match="trained_on='theano'") as caught:
            model.load_weights(tmp_path / "m.h5")
        assert "'c'" in str(caught.value)
        np.testing.assert_array_equal(model.get_weights()[0], before[0])
        model.load_weights(tmp_path / "m.h5", trained_on="tensorflow")


def test_another_engine_is_an_error(tmp_path):
    with pytest.raises(ArgumentError, match="trained_on='cntk'"):
        origin_of(ModelState(), "cntk")


@pytest.mark.parametrize("engine", ["tensorflow", "theano"])
def test_sequences_of_keras_1_0_had_kernels_of_another_shape(engine, tmp_path):
    with K.use("tensorflow"):
        model = Sequential([Convolution1D(3, 2, input_shape=(6, 4), name="c")])
        kernel = np.random.normal(size=(3, 4, 2, 1)).astype("float32")
        with h5py.File(tmp_path / "m.h5", "w") as file:
            end = ":0" if engine == "tensorflow" else ""
            file.attrs["layer_names"] = np.array([b"c"])
            names = [f"c_W{end}", f"c_b{end}"]
            file.create_group("c").attrs["weight_names"] = np.array(
                [name.encode() for name in names]
            )
            file["c"][names[0]] = kernel
            file["c"][names[1]] = np.zeros(3, "float32")
        model.load_weights(tmp_path / "m.h5")
    expected = kernel.transpose(2, 3, 1, 0)
    weights = model.get_weights()[0]
    np.testing.assert_array_equal(
        weights, expected if engine == "tensorflow" else expected[::-1]
    )


def test_weights_of_keras_0_that_do_not_fit_are_told_with_the_way_out(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["nb_layers"] = 1
        group = file.create_group("layer_0")
        group.attrs["nb_params"] = 2
        group["param_0"] = np.ones((4, 3))
        group["param_1"] = np.ones(3)
    with K.use("tensorflow"):
        model = Sequential([Dense(3, input_dim=5)])
        with pytest.raises(FileFormatError, match=r"Keras 0\.") as caught:
            model.load_weights(tmp_path / "m.h5")
        code = re.search(
            r"( +with h5py\.File.*?\(arrays\)\n)", str(caught.value), re.DOTALL
        )[1]
        fitting = Sequential([Dense(3, input_dim=4)])
        exec(
            textwrap.dedent(code),
            {"h5py": h5py, "path": tmp_path / "m.h5", "model": fitting},
        )
    assert [value.mean() for value in fitting.get_weights()] == [1, 1], (
        "the way out works as it is printed"
    )


# What others may use


def test_a_layer_that_two_models_share_is_flipped_once(tmp_path):
    with K.use("tensorflow"):
        x, y = Input(shape=(5, 6, 2)), Input(shape=(5, 6, 2))
        shared = convolution(name="shared")
        inner = Model(x, Flatten()(shared(x)), name="inner")
        model = Model(y, [inner(y), shared(y)])
        stored = shared.get_weights()[0]
        model.load_weights(saved(model, tmp_path, whole_model=False))
    np.testing.assert_array_equal(shared.get_weights()[0], stored[::-1, ::-1])


class Louder(Migration):
    """What a plugin would offer for its layer Shout, once called Loud."""

    def translated(self, name, config):
        return (
            ("Scaled", {"name": config["name"], "by": config["volume"]})
            if name == "Loud"
            else (name, config)
        )

    def flipped(self, config, arrays):
        return [-value for value in arrays]


class Scaled(Layer):
    loadable = True

    def __init__(self, by=1.0, **kwargs):
        self.by = by
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.s = self.add_weight(
            (input_shape[-1],), initializer="one", name=f"{self.name}_s"
        )
        super().build(input_shape)

    def call(self, x, mask=None):
        return x * self.s * self.by


def test_a_plugin_says_how_its_own_layer_is_read(tmp_path):
    config = [
        {
            "class_name": "Dense",
            "config": {"name": "d", "output_dim": 3, "input_dim": 2},
        },
        {"class_name": "Loud", "config": {"name": "l", "volume": 2.0}},
    ]
    with ExitStack() as stack:
        stack.enter_context(K.use("tensorflow"))
        stack.enter_context(registry.register("layer", "Scaled", Scaled))
        for name in ("Loud", "Scaled"):
            stack.enter_context(registry.register("migration", name, Louder))
        model = model_from_config({"class_name": "Sequential", "config": config})
        assert (type(model.layers[1]), model.layers[1].by) == (Scaled, 2.0)
        model.load_weights(saved(model, tmp_path, whole_model=False))
        assert model.layers[1].get_weights()[0].tolist() == [-1, -1, -1]
