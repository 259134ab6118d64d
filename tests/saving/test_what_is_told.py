"""What loading tells of a file that is unusual.

Parts that no model has, numbers that aren't any, types.
"""

import re
import warnings

import h5py
import numpy as np
import pytest
from oneiros.errors import FileFormatError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_safe_files.safetensors_file import write_safetensors

pytestmark = pytest.mark.usefixtures("theano")


@pytest.fixture
def model():
    return Sequential([Dense(3, input_dim=2, name="hidden"), Dense(1, name="output")])


@pytest.fixture(params=["whole", "weights"])
def file(model, tmp_path, request):
    path = tmp_path / "m.h5"
    (model.save if request.param == "whole" else model.save_weights)(path)
    return path


def load(model, path):
    with h5py.File(path) as stored:
        holds_model = "model_weights" in stored
    return load_model(path) if holds_model else model.load_weights(path)


def inner(file, place):
    return f"/model_weights{place}" if "model_weights" in file else place


def put_group(file, place):
    file.create_group(place)["inside"] = np.ones(3)


def put_array(file, place):
    file[place] = np.ones(3)


def put_link(file, place):
    file[place] = h5py.ExternalLink("elsewhere.h5", "/")


@pytest.mark.parametrize("place", ["/notes", "/hidden/hidden_V:0", "/third"])
@pytest.mark.parametrize("put", [put_group, put_array, put_link])
def test_what_belongs_to_no_model_is_told(model, file, place, put):
    with h5py.File(file, "r+") as stored:
        place = inner(stored, place)
        put(stored, place)
    assert inspect_file(file).unread == [place]
    with pytest.warns(
        UserWarning, match=re.escape(f"belong to no model and weren't read: {place}.")
    ) as caught:
        load(model, file)
    assert caught[0].filename == __file__


def test_a_list_of_it_is_short(model, file):
    with h5py.File(file, "r+") as stored:
        for number in range(9):
            stored.create_group(f"extra{number}")
    assert len(inspect_file(file).unread) == 9
    with pytest.warns(UserWarning, match="extra4, …"):
        load(model, file)


def test_the_group_that_keras_2_adds_is_no_surprise(model, file):
    with h5py.File(file, "r+") as stored:
        stored.create_group(inner(stored, "/top_level_model_weights")).attrs[
            "weight_names"
        ] = np.zeros(0)
    load(model, file)
    assert inspect_file(file).unread == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_none_or_too_large_are_told(model, file, value):
    with h5py.File(file, "r+") as stored:
        name = inner(stored, "/output/output_W:0")
        values = np.append(np.ones(2), value).reshape(stored[name].shape)
        del stored[name]
        stored[name] = values
    with pytest.warns(UserWarning, match=r"holds NaN or infinite numbers for output_W"):
        load(model, file)


def test_large_numbers_are_numbers(model, file):
    with h5py.File(file, "r+") as stored:
        stored[inner(stored, "/output/output_W:0")][:] = 3e38
    load(model, file)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_weights_of_another_type_are_refused(model, tmp_path, dtype):
    before = model.get_weights()
    names = [["hidden", ["W", "b"]], ["output", ["W", "b"]]]
    tensors = dict(
        zip(["hidden/W", "hidden/b", "output/W", "output/b"], before, strict=True)
    )
    tensors["output/W"] = np.ones((3, 1), dtype)
    metadata = {
        "format": "oneiros-format-safetensors",
        "layers": str(names).replace("'", '"'),
    }
    path = tmp_path / "m.safetensors"
    write_safetensors(path, tensors, metadata)
    expected = (
        rf"for layer 'output' the weights W \(3, 1\) of {dtype}, b \(1,\); "
        rf"the layer 'output' \(Dense\) has "
    )
    with pytest.raises(FileFormatError, match=expected):
        model.load_weights(path)
    np.testing.assert_equal(model.get_weights(), before)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_floats_of_another_length_are_converted(model, file, dtype):
    with h5py.File(file, "r+") as stored:
        place = inner(stored, "/output/output_W:0")
        del stored[place]
        stored[place] = np.full((3, 1), 0.5, dtype)
    with warnings.catch_warnings(action="error"):
        loaded = load(model, file) or model
    assert loaded.get_weights()[2].tolist() == [[0.5]] * 3


@pytest.fixture
def trained(model, tmp_path):
    model.compile("adam", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), nb_epoch=1, verbose=0)
    model.save(tmp_path / "m.h5")
    return tmp_path / "m.h5"


def change_state(path, change):
    with h5py.File(path, "r+") as file:
        group = file["optimizer_weights"]
        name = group.attrs["weight_names"][-1]
        value = group[name][()]
        del group[name]
        group[name] = change(value)


@pytest.mark.parametrize("number", [np.nan, 1e300])
def test_such_numbers_in_the_optimizer_s_state_are_told(trained, number):
    change_state(trained, lambda value: np.full(value.shape, number))
    with pytest.warns(
        UserWarning, match="NaN or infinite numbers in the optimizer's state"
    ):
        load_model(trained)


def test_warnings_point_at_the_call(trained, model, tmp_path):
    """Each comes from another depth of what loads."""
    model.set_weights([np.full_like(value, np.nan) for value in model.get_weights()])
    model.save_weights(tmp_path / "w.h5")
    with pytest.warns(UserWarning) as caught:
        change_state(trained, lambda value: np.full_like(value, np.nan))
        load_model(trained)
        change_state(trained, lambda value: np.ones((7, 7), "float32"))
        load_model(trained)
        model.load_weights(tmp_path / "w.h5")
    messages = [str(warning.message) for warning in caught]
    assert "optimizer's state" in messages[0] and "starts afresh" in messages[1]
    assert "will be useless" in messages[2] and len(messages) == 3
    assert {warning.filename for warning in caught} == {__file__}


def test_integers_in_the_place_of_an_optimizer_s_floats_are_refused(trained):
    change_state(trained, lambda value: value.astype(int))
    with pytest.raises(
        FileFormatError, match=r"for the optimizer's state .* numbers of another kind"
    ):
        load_model(trained)


@pytest.mark.parametrize("suffix", [".h5", ".safetensors"])
def test_weights_alone_don_t_tell_what_trained_them(model, suffix, tmp_path):
    model.save_weights(tmp_path / f"w{suffix}")
    inspection = inspect_file(tmp_path / f"w{suffix}")
    assert (inspection.trained_on, inspection.kernels) == ("unknown", "tensorflow")
    assert inspection.keras_version == ("1.2.2" if suffix == ".safetensors" else None)


def test_an_attribute_without_a_value_is_told(file, model):
    with h5py.File(file, "r+") as stored:
        group = stored.get("model_weights", stored)
        group.attrs["layer_names"] = h5py.Empty("S5")
    with pytest.raises(
        FileFormatError, match=r"the attribute 'layer_names' of '/.*' has no value"
    ):
        load(model, file)
