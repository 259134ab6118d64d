"""Corners of files that few writers of models have, and damage or malice may."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ConfigError, FileFormatError, OneirosError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model, model_from_json
from oneiros_cli.file_tools.inspection import inspect_file
from small_models import compiled_dense

KERAS2 = Path(__file__).parent / "keras2"


@pytest.fixture(autouse=True)
def on_tensorflow():
    with K.use("tensorflow"):
        yield


def keras2(*layers, **config):
    inner = {"name": "s", "layers": list(layers), **config}
    return json.dumps(
        {"class_name": "Sequential", "config": inner, "keras_version": "2.3.1"}
    )


def layer(cls, **config):
    return {"class_name": cls, "config": {"name": "odd", **config}}


INPUT = layer("InputLayer", batch_input_shape=[None, 4], dtype="float32", sparse=False)
DENSE = layer("Dense", units=3)


class TestConfigurationsOfKeras2:
    @pytest.mark.parametrize("layers", [None, 5, "x", {}, {"a": DENSE}])
    def test_layers_that_are_no_list(self, layers):
        with pytest.raises(OneirosError):
            model_from_json(keras2(layers=layers))

    @pytest.mark.parametrize(
        "second", [{"class_name": "Dense", "config": 5}, 5, None, {}]
    )
    def test_what_follows_an_input_is_no_layer(self, second):
        with pytest.raises(ConfigError):
            model_from_json(keras2(INPUT, second))

    def test_a_model_that_follows_an_input(self):
        inner = json.loads(keras2(layer("Dense", units=3, batch_input_shape=[None, 4])))
        model = model_from_json(keras2(INPUT, inner, build_input_shape=[None, 4]))
        assert model.output_shape == (None, 3)

    def test_the_shape_that_a_model_was_built_for(self):
        model = model_from_json(
            keras2(layer("Flatten", name="flat"), DENSE, build_input_shape=[None, 2, 2])
        )
        assert model.input_shape == (None, 2, 2) and model.output_shape == (None, 3)

    @pytest.mark.parametrize("kind", ["sparse", "ragged"])
    def test_inputs_that_are_no_arrays_are_refused(self, kind):
        entry = {**INPUT, "config": {**INPUT["config"], kind: True}}
        with pytest.raises(ConfigError, match=r"'odd' is sparse or ragged; convert it"):
            model_from_json(keras2(entry, DENSE))

    def test_layers_of_one_name_in_models_inside_stay_apart(self, tmp_path):
        """By its name a layer is shared in Keras 1.

        In Keras 2 two parts of a model each name their own.
        """

        def dense(name):
            return layer("Dense", name=name, units=2, batch_input_shape=[None, 2])

        def part(*layers):
            return json.loads(keras2(*layers))

        config = keras2(
            dense("a"),
            part(dense("a"), dense("b")),
            part(part(dense("b"), dense("a"))),
            dense("b"),
        )
        model = model_from_json(config)
        inside = [
            model.layers[0],
            *model.layers[1].layers,
            *model.layers[2].layers[0].layers,
            model.layers[3],
        ]
        assert len(set(inside)) == 6 == len({each.name for each in inside})
        assert [inside[0].name, inside[-1].name] == ["a", "b"]
        numbered = part(dense("a"), dense("a_1"))
        assert (
            len(set(model_from_json(keras2(dense("a"), numbered)).layers[1].layers))
            == 2
        )
        model.set_weights(
            [np.full(w.shape, i, "f4") for i, w in enumerate(model.get_weights())]
        )
        model.save(tmp_path / "m.h5")
        x = np.ones((1, 2))
        np.testing.assert_array_equal(
            load_model(tmp_path / "m.h5").predict(x), model.predict(x)
        )

    def test_padding_that_differs_at_the_ends(self):
        padding = [[1, 1], [0, 2], [1, 1]]
        shape = [None, 4, 4, 4, 1]
        entry = layer("ZeroPadding3D", padding=padding, batch_input_shape=shape)
        x = np.ones((1, 4, 4, 4, 1))
        np.testing.assert_array_equal(
            model_from_json(keras2(entry)).predict(x),
            np.pad(x, [(0, 0), *padding, (0, 0)]),
        )


def changed(tmp_path, source, **training):
    """Returns a file of Keras 2 whose `optimizer_config` has other arguments."""
    path = Path(shutil.copy(KERAS2 / f"{source}.h5", tmp_path / "m.h5"))
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["training_config"])
        config["optimizer_config"]["config"].update(training)
        file.attrs["training_config"] = json.dumps(config)
    return path


class TestTrainingOfKeras2:
    def test_an_epsilon_that_is_none_is_the_usual_one(self, tmp_path):
        optimizer = load_model(
            changed(tmp_path, "dense_rmsprop", epsilon=None)
        ).optimizer
        assert optimizer.epsilon == K.epsilon()

    def test_an_optimizer_whose_state_lacks_something_starts_afresh(self, tmp_path):
        path = changed(tmp_path, "dense_rmsprop", momentum=0.5)
        with pytest.warns(UserWarning, match="Keras2RMSprop starts afresh"):
            assert load_model(path).optimizer.momentum == 0.5

    def test_a_state_that_is_only_a_number_of_steps(self, tmp_path):
        path = changed(tmp_path, "dense_legacy_adam")
        with h5py.File(path, "r+") as file:
            del file["optimizer_weights"]
            group = file.create_group("optimizer_weights")
            group.attrs["weight_names"] = np.array([b"iter:0"])
            group["iter:0"] = np.int64(7)
        optimizer = load_model(path).optimizer
        assert K.get_value(optimizer.iterations) == 7 and not any(
            map(np.any, optimizer.get_weights()[1:])
        )


class TestFormats:
    def test_integers_in_the_place_of_weights_are_listed(self, tmp_path):
        Sequential([Dense(1, input_dim=1, name="d")]).save(tmp_path / "m.h5")
        with h5py.File(tmp_path / "m.h5", "r+") as file:
            group = file["model_weights/d"]
            name = group.attrs["weight_names"][0]
            del group[name]
            group[name] = np.ones((1, 1), "i4")
        (inspected,) = inspect_file(tmp_path / "m.h5").layers
        assert [(weight.dtype, weight.unusual) for weight in inspected.weights] == [
            ("int32", 0),
            ("float32", 0),
        ]

    def test_a_training_without_its_text(self, tmp_path):
        model = compiled_dense(optimizer="nadam")
        model._make_train_function()
        model.save(tmp_path / "m.h5")
        with h5py.File(tmp_path / "m.h5", "r+") as file:
            del file["oneiros_training"].attrs["state"]
        with pytest.raises(
            FileFormatError, match=r"lacks the attribute 'state' of '/oneiros_training'"
        ):
            load_model(tmp_path / "m.h5")
