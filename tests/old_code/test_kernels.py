"""Kernels from Theano: flipped once, when they are loaded, whatever the script does
then; and weights of Keras 0.x, which came from there."""

import copy
import warnings

import h5py
import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.layers import Activation, Convolution2D, Dense, Flatten
from oneiros.models import Sequential, load_model
from oneiros.utils.layer_utils import convert_all_kernels_in_model
from oneiros.utils.np_utils import convert_kernel
from oneiros_layers_core import spatial


@pytest.fixture
def genuine(golden_dir):
    return golden_dir / "models" / "seq_conv2d_th.h5"


def convolution(model):
    return next(layer for layer in model.layers if layer.name.startswith("conv"))


def test_converting_a_model_that_was_flipped_when_loaded_leaves_it(genuine):
    model = load_model(genuine, trained_on="theano")
    images = np.random.uniform(size=(2, *model.input_shape[1:]))
    expected = model.predict(images)
    with pytest.warns(
        UserWarning, match=r"of convolution2d_1, .*were converted when they were loaded"
    ):
        convert_all_kernels_in_model(model)
    np.testing.assert_array_equal(model.predict(images), expected)
    before = model.get_weights()[0]
    convert_all_kernels_in_model(model)
    np.testing.assert_array_equal(model.get_weights()[0], before[:, :, ::-1, ::-1])


def test_converting_its_kernels_one_by_one_leaves_them(genuine):
    model = load_model(genuine, trained_on="theano")
    kernel = K.get_value(convolution(model).W)
    with pytest.warns(UserWarning, match="stays unchanged"):
        converted = convert_kernel(kernel, "th")
    np.testing.assert_array_equal(converted, kernel)
    other = np.arange(kernel.size).reshape(kernel.shape)
    np.testing.assert_array_equal(convert_kernel(other, "th"), other[:, :, ::-1, ::-1])


def test_a_file_from_tensorflow_need_not_be_converted_on_theano(genuine):
    """With Keras 1 on Theano it had to be."""
    with K.use("theano"):
        model = load_model(genuine)
        before = model.get_weights()
        with pytest.warns(UserWarning, match="were converted when they were loaded"):
            convert_all_kernels_in_model(model)
        np.testing.assert_array_equal(model.get_weights()[0], before[0])
        model = load_model(genuine)
        with pytest.warns(UserWarning, match="stays unchanged"):
            kernel = convert_kernel(K.get_value(convolution(model).W), "th")
    np.testing.assert_array_equal(kernel, before[0])


def test_a_file_from_tensorflow_is_converted_as_ever_elsewhere(genuine):
    with K.use("tensorflow"):
        model = load_model(genuine)
        before = model.get_weights()[0]
        convert_all_kernels_in_model(model)
    np.testing.assert_array_equal(model.get_weights()[0], before[:, :, ::-1, ::-1])


@pytest.mark.parametrize("way", ["weights", "layer", "model"])
def test_the_first_kernel_set_by_hand_on_theano_warns(way):
    spatial._warn_of_flip.cache_clear()
    arrays = [np.ones((2, 1, 3, 3)), np.zeros(2)]

    def program():
        initial = arrays if way == "weights" else None
        layer = Convolution2D(
            2, 3, 3, dim_ordering="th", input_shape=(1, 8, 8), weights=initial
        )
        model = copy.deepcopy(Sequential([layer]))
        {"weights": model, "layer": layer, "model": model}[way].set_weights(arrays)

    with K.use("tensorflow"), warnings.catch_warnings(action="error"):
        program()
    with K.use("theano"):
        with pytest.warns(UserWarning, match=r"K\.set_convolution\('theano'\)") as seen:
            program()
        assert [warning.filename for warning in seen] == [__file__]
        with warnings.catch_warnings(action="error"):
            program()


def keras_0(path, layers):
    """Writes weights as Keras 0.x did: a list of arrays for each layer."""
    with h5py.File(path, "w") as file:
        file.attrs["nb_layers"] = len(layers)
        for number, arrays in enumerate(layers):
            group = file.create_group(f"layer_{number}")
            group.attrs["nb_params"] = len(arrays)
            for index, array in enumerate(arrays):
                group[f"param_{index}"] = array
    return path


def network():
    return Sequential(
        [
            Convolution2D(2, 2, 2, dim_ordering="th", input_shape=(1, 4, 4)),
            Activation("relu"),
            Flatten(),
            Dense(3),
        ]
    )


def test_weights_of_keras_0_load_into_a_model_that_fits(tmp_path):
    kernel = np.random.uniform(size=(2, 1, 2, 2)).astype("float32")
    dense = np.random.uniform(size=(18, 3)).astype("float32")
    layers = [[kernel, np.ones(2)], [], [], [dense, np.full(3, 2.0)]]
    model = network()
    model.load_weights(keras_0(tmp_path / "w.h5", layers))
    expected = [kernel[:, :, ::-1, ::-1], np.ones(2), dense, np.full(3, 2.0)]
    assert_each_close(model.get_weights(), expected)
