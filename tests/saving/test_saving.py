"""Saving and loading: what comes back, what a crash leaves, and what errors say."""

import gc
import io
import json
import os
import shutil
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from backends import BACKENDS, OTHER
from oneiros import backend as K
from oneiros import registry
from oneiros.backend.dispatch import backend_of
from oneiros.engine.layer import Layer
from oneiros.errors import (
    ArgumentError,
    ConfigError,
    FileFormatError,
    FileMissingError,
    PluginLoadError,
    UnknownNameError,
    UnsafeFileError,
)
from oneiros.layers import Activation, Dense, Input, Lambda, Merge
from oneiros.models import (
    Model,
    Sequential,
    load_model,
    model_from_config,
    model_from_json,
    model_from_yaml,
    save_model,
)
from oneiros.optimizers import SGD
from oneiros.plugins import manager
from oneiros.saving import Budget, Format, ModelState, load_untrusted, load_weights
from oneiros_saving import model_files

X = np.random.RandomState(0).normal(size=(12, 4)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(12) % 3]


def small(name="first", width=5, **compiled):
    first = Dense(width, input_dim=4, activation="tanh", name=name)
    model = Sequential([first, Dense(3, activation="softmax", name="out")])
    if compiled:
        model.compile(**compiled)
    return model


def trained(**compiled):
    model = small(
        **{
            "optimizer": "adam",
            "loss": "categorical_crossentropy",
            "metrics": ["accuracy"],
            **compiled,
        }
    )
    for _ in range(3):
        model.train_on_batch(X, Y)
    return model


def same(actual, expected):
    assert len(actual) == len(expected) > 0
    np.testing.assert_equal(actual, expected)


def predicts_the_same(loaded, model, x=X):
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))


class Scale(Layer):
    """A layer of this test's own."""

    def __init__(self, factor=2.0, **kwargs):
        self.factor = factor
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.s = self.add_weight(
            (input_shape[-1],), initializer="one", name=f"{self.name}_s"
        )
        super().build(input_shape)

    def call(self, x, mask=None):
        return x * self.s * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def odd_loss(y_true, y_pred):
    return K.mean(K.abs(y_pred - y_true) + 1.0, axis=-1)


# What comes back


def test_a_loaded_model_trains_on_as_the_saved_one_does(tmp_path):
    model = trained()
    model.save(tmp_path / "m.h5")
    loaded = load_model(tmp_path / "m.h5")
    same(loaded.get_weights(), model.get_weights())
    same(loaded.optimizer.get_weights(), model.optimizer.get_weights())
    for _ in range(3):
        assert loaded.train_on_batch(X, Y) == pytest.approx(
            model.train_on_batch(X, Y), rel=1e-6
        )


def test_what_compile_was_given_comes_back(tmp_path):
    a = Input(shape=(4,), name="a")
    model = Model(
        input=a,
        output=[Dense(3, activation="softmax", name="p")(a), Dense(2, name="q")(a)],
    )
    model.compile(
        SGD(lr=0.125, momentum=0.5, nesterov=True, clipnorm=2.0),
        loss={"p": "categorical_crossentropy", "q": "mse"},
        metrics={"p": "accuracy", "q": ["mae", "mse"]},
        loss_weights={"p": 1.0, "q": 0.25},
        sample_weight_mode=None,
    )
    model.save(tmp_path / "m.h5")
    loaded = load_model(tmp_path / "m.h5")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.metrics_names == model.metrics_names
    assert (loaded.loss, loaded.loss_weights) == (model.loss, model.loss_weights)
    targets = [Y, np.zeros((12, 2), "float32")]
    assert loaded.evaluate(X, targets, verbose=0) == pytest.approx(
        model.evaluate(X, targets, verbose=0), rel=1e-6
    )


def test_an_uncompiled_model_comes_back_uncompiled(tmp_path):
    model = small()
    save_model(model, tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        assert "training_config" not in file.attrs and "optimizer_weights" not in file
    loaded = load_model(tmp_path / "m.h5")
    assert loaded.optimizer is None
    predicts_the_same(loaded, model)


def test_a_compiled_model_that_never_trained_has_no_optimizer_state(tmp_path):
    small(optimizer="adam", loss="mse").save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        assert "training_config" in file.attrs and "optimizer_weights" not in file
    assert load_model(tmp_path / "m.h5").train_on_batch(X, Y) > 0


def test_names_are_tensorflow_s_on_every_backend_as_the_convolution_is(tmp_path):
    trained().save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        assert list(file["model_weights/first"]) == ["first_W:0", "first_b:0"]
        names = [
            name.decode() for name in file["optimizer_weights"].attrs["weight_names"]
        ]
        assert len(set(names)) == 9 and all(name.endswith(":0") for name in names)


@pytest.mark.parametrize("there", BACKENDS)
def test_a_model_saved_on_one_backend_goes_on_on_the_other(there, tmp_path):
    here = OTHER[there]
    with K.use(there):
        model = trained()
    model.save(tmp_path / "m.h5")
    with K.use(here):
        loaded = load_model(tmp_path / "m.h5")
    assert backend_of(model).name == there
    assert backend_of(loaded).name == here
    for _ in range(3):
        assert loaded.train_on_batch(X, Y) == pytest.approx(
            model.train_on_batch(X, Y), rel=1e-4
        )


def test_methods_run_on_the_model_s_own_backend(tmp_path):
    with K.use("tensorflow"):
        model = trained()
    with K.use("theano"):
        model.save_weights(tmp_path / "w.h5")
        model.load_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert list(file["out"]) == ["out_W:0", "out_b:0"]


def test_a_nested_model_is_one_group_trainable_weights_first(tmp_path):
    from oneiros.layers import BatchNormalization

    inner = Sequential(
        [
            Dense(4, input_dim=4, name="i"),
            BatchNormalization(name="bn"),
            Dense(4, name="j"),
        ],
        name="inner",
    )
    model = Sequential([inner, Dense(3, name="out")])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        names = [
            name.decode().removesuffix(":0")
            for name in file["model_weights/inner"].attrs["weight_names"]
        ]
    assert names == [
        "i_W",
        "i_b",
        "bn_gamma",
        "bn_beta",
        "j_W",
        "j_b",
        "bn_running_mean",
        "bn_running_std",
    ]
    predicts_the_same(load_model(tmp_path / "m.h5"), model)


def test_weights_of_the_same_name_in_one_group_are_told_apart(tmp_path):
    class Twin(Scale):
        def build(self, input_shape):
            self.s = self.add_weight((4,), "zero", name="w")
            self.t = self.add_weight((4,), "zero", name="w")

    model = Sequential([Twin(input_shape=(4,), name="twin")])
    model.set_weights([np.arange(4.0), np.arange(4.0) + 9])
    model.save_weights(tmp_path / "w.h5")
    other = Sequential([Twin(input_shape=(4,), name="twin")])
    other.load_weights(tmp_path / "w.h5")
    same(other.get_weights(), [np.arange(4.0), np.arange(4.0) + 9])


def test_own_classes_and_functions_come_from_custom_objects(tmp_path):
    model = Sequential([Scale(3.0, input_shape=(4,), name="scale"), Dense(3)])
    model.compile("sgd", loss=odd_loss, metrics=[odd_loss])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        assert json.loads(file.attrs["training_config"])["loss"] == "odd_loss"
    with pytest.raises(
        UnknownNameError, match=r"Unknown layer 'Scale'.*custom_objects=\{'Scale'"
    ):
        load_model(tmp_path / "m.h5")
    with pytest.raises(UnknownNameError, match=r"Unknown objective 'odd_loss'"):
        load_model(tmp_path / "m.h5", custom_objects={"Scale": Scale})
    loaded = load_model(
        tmp_path / "m.h5", custom_objects={"Scale": Scale, "odd_loss": odd_loss}
    )
    assert loaded.evaluate(X, Y, verbose=0) == pytest.approx(
        model.evaluate(X, Y, verbose=0), rel=1e-6
    )


def test_own_objects_stay_known_for_names_that_nobody_else_has(tmp_path):
    """As in Keras 1, but for the files of strangers; what a plugin provides keeps its
    name."""
    Sequential([Scale(3.0, input_shape=(4,)), Dense(3)]).save(tmp_path / "m.h5")
    load_model(tmp_path / "m.h5", custom_objects={"Scale": Scale, "Dense": OtherDense})
    again = load_model(tmp_path / "m.h5")
    assert [type(layer) for layer in again.layers] == [Scale, Dense]
    with pytest.raises(UnknownNameError, match="Unknown layer 'Scale'"):
        load_untrusted(tmp_path / "m.h5")


class OtherDense(Dense):
    """A class that has the name of another one."""


def test_a_load_of_untrusted_files_leaves_nothing_behind(tmp_path):
    Sequential([Scale(3.0, input_shape=(4,))]).save(tmp_path / "m.h5")
    load_untrusted(tmp_path / "m.h5", custom_objects={"Scale": Scale})
    with pytest.raises(UnknownNameError, match="Unknown layer 'Scale'"):
        load_model(tmp_path / "m.h5")


def forget(model):
    """Makes this process one that hasn't written the functions of a model."""
    model.layers[0].function = None
    gc.collect()


def test_the_process_that_saved_a_lambda_loads_it(tmp_path):
    """As scripts of Keras 1 do; no code comes from the file."""
    functions = {"mode": lambda pair: pair[0] - pair[1], "output_shape": first_shape}
    parts = [Sequential([Activation("linear", input_shape=(4,))]) for _ in range(2)]
    model = Sequential([Merge(parts, **functions), Lambda(lambda x: x * 2.0 + 1.0)])
    model.save(tmp_path / "m.h5")
    pair = [X, X / 2]
    for loaded in (load_model(tmp_path / "m.h5"), model_from_json(model.to_json())):
        predicts_the_same(loaded, model, pair)


def first_shape(shapes):
    return shapes[0]


def test_functions_of_lambdas_come_from_the_caller(tmp_path):
    model = Sequential([Lambda(lambda x: x * 2.0, input_shape=(4,), name="double")])
    model.save(tmp_path / "m.h5")
    forget(model)
    with pytest.raises(UnsafeFileError, match=r"functions=\{'double'"):
        load_model(tmp_path / "m.h5")
    loaded = load_model(tmp_path / "m.h5", functions={"double": lambda x: x * 2.0})
    np.testing.assert_allclose(loaded.predict(X), X * 2, rtol=1e-6)


# Weights alone


def test_weights_by_name_leave_other_layers_alone(tmp_path):
    source = small()
    target = small(name="other")
    source.save_weights(tmp_path / "w.h5")
    before = target.layers[0].get_weights()
    target.load_weights(tmp_path / "w.h5", by_name=True)
    same(target.layers[0].get_weights(), before)
    same(target.layers[1].get_weights(), source.layers[1].get_weights())


def test_names_that_are_numbers(tmp_path):
    model = Sequential([Dense(2, input_dim=2, name=3), Dense(2, name="b")])
    model.save(tmp_path / "m.h5")
    other = load_model(tmp_path / "m.h5")
    for by_name in (False, True):
        other.set_weights([0 * each for each in other.get_weights()])
        other.load_weights(tmp_path / "m.h5", by_name=by_name)
        same(other.get_weights(), model.get_weights())
    with pytest.raises(FileFormatError, match=r"2 layers \(3, b\); .*\(7\)"):
        Sequential([Dense(2, input_dim=2, name=7)]).load_weights(tmp_path / "m.h5")


@pytest.mark.parametrize("method", ["save", "save_weights"])
def test_weights_by_order_don_t_care_for_names(method, tmp_path):
    source = small()
    target = small(name="other")
    getattr(source, method)(tmp_path / "m.h5")
    target.load_weights(tmp_path / "m.h5")
    same(target.get_weights(), source.get_weights())


@pytest.mark.parametrize(
    ("target", "by_name", "message"),
    [
        (
            lambda: Sequential([Dense(3, input_dim=4, name="only")]),
            False,
            (
                r"w\.h5 holds weights of 2 layers \(first, out\); 'sequential_\d+' has "
                r"1 layers .* \(only\)"
            ),
        ),
        (
            lambda: small(width=6),
            False,
            r"w\.h5 holds for layer 'first' the weights first_W\S* \(4, 5\), "
            r"first_b\S* \(5,\); the layer 'first' \(Dense\) has "
            r"first_W\S* \(4, 6\), first_b\S* \(6,\)\. Nothing was loaded",
        ),
        (
            lambda: Sequential([Dense(3, input_dim=5, bias=False, name="out")]),
            True,
            r"for layer 'out' the weights out_W\S* \(5, 3\), out_b\S* \(3,\); "
            r"the layer 'out' \(Dense\) has out_W\S* \(5, 3\)\.",
        ),
        (
            lambda: Sequential([Dense(3, input_dim=4, name="x")]),
            True,
            r"\(first, out\).*\(x\).*No name matches",
        ),
    ],
    ids=["number of layers", "shape", "number of weights", "no name"],
)
def test_weights_that_don_t_fit_change_nothing(target, by_name, message, tmp_path):
    small().save_weights(tmp_path / "w.h5")
    model = target()
    before = model.get_weights()
    with pytest.raises(FileFormatError, match=message):
        model.load_weights(tmp_path / "w.h5", by_name=by_name)
    same(model.get_weights(), before)


# Files


def test_no_file(tmp_path):
    for load in (load_model, small().load_weights):
        with pytest.raises(
            FileMissingError, match=r"There is no file at .*nothing\.h5"
        ):
            load(tmp_path / "nothing.h5")
        with pytest.raises(FileNotFoundError):
            load("https://example.org/model.h5")
        with pytest.raises(FileMissingError, match="is a folder"):
            load(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "begins with b''"),
        (b"\x80\x02}q\x00.", r"begins with b'\\x80\\x02"),
        (b'{"class_name": 1}', "n't a model file"),
    ],
)
def test_no_model_file(content, said, tmp_path):
    (tmp_path / "m.h5").write_bytes(content)
    with pytest.raises(FileFormatError, match=said) as error:
        load_model(tmp_path / "m.h5")
    assert "Installed formats: hdf5" in str(error.value)
    assert isinstance(error.value, (OSError, ValueError)), "as Keras 1 raised"


@pytest.fixture(scope="module")
def trained_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("trained") / "m.h5"
    with K.use("theano"):
        trained().save(path)
    return path


@pytest.fixture
def tampered(trained_file, tmp_path):
    """Lets a function change a copy of a trained model's file, and returns its path."""

    def make(change):
        shutil.copy(trained_file, tmp_path / "m.h5")
        with h5py.File(tmp_path / "m.h5", "r+") as file:
            change(file)
        return tmp_path / "m.h5"

    with K.use("theano"):
        yield make


def put(attribute, value):
    return lambda file: file.attrs.__setitem__(attribute, value)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (put("model_config", "{"), ConfigError, "isn't JSON"),
        (
            put("model_config", '{"class_name": "Sequential"}'),
            ConfigError,
            "Sequential",
        ),
        (
            put("training_config", '{"loss": "mse"}'),
            FileFormatError,
            "lacks optimizer_config",
        ),
        (
            put(
                "training_config",
                (
                    '{"loss": "mse", "optimizer_config": {"class_name": "Dense", '
                    '"config": {}}}'
                ),
            ),
            UnknownNameError,
            "Unknown optimizer 'Dense'",
        ),
    ],
)
def test_what_a_file_says_is_checked(tampered, change, error, message):
    path = tampered(change)
    with pytest.raises(error, match=message) as raised:
        load_model(path)
    assert str(path) in "\n".join([str(raised.value), *raised.value.__notes__])


def test_an_optimizer_state_that_doesn_t_fit(tampered):
    def change(file):
        names = file["optimizer_weights"].attrs["weight_names"]
        file["optimizer_weights"].attrs["weight_names"] = names[:-1]

    with (
        pytest.warns(UserWarning, match="weren't read: /optimizer_weights"),
        pytest.warns(
            UserWarning,
            match=r"m\.h5 is loaded .* its Adam starts afresh.* 9 arrays and not 8",
        ),
    ):
        model = load_model(tampered(change))
    assert not any(np.any(value) for value in model.optimizer.get_weights())


def test_a_budget_is_passed_on(tmp_path):
    model = small()
    model.save(tmp_path / "m.h5")
    path = tmp_path / "m.h5"
    budget = Budget(steps=3)
    limit = r"over the limit of 3 \(Budget\.steps\)"
    with pytest.raises(UnsafeFileError, match=limit):
        load_model(path, budget=budget)
    with pytest.raises(UnsafeFileError, match=limit):
        load_weights(model, path, budget=budget)


# Writing


class Broken(Format):
    """A format whose writing fails halfway."""

    name = "broken"
    suffixes = (".broken",)

    def recognises(self, head):
        return head.startswith(b"BROKEN")

    def write(self, path, state):
        path.write_bytes(b"BROKEN half")
        raise OSError("disk full")

    def read(self, path, budget):
        return ModelState(weights=[("first", [("W", np.zeros(3))])])


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "m.broken").write_bytes(b"old")
    with (
        registry.register("format", "broken", Broken),
        pytest.raises(OSError, match="disk full"),
    ):
        small().save(tmp_path / "m.broken")
    assert (tmp_path / "m.broken").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "m.broken"]


def test_the_suffix_chooses_what_is_written_and_the_head_what_is_read(tmp_path):
    model = small()
    with registry.register("format", "broken", Broken):
        model.save(tmp_path / "model.without-known-suffix")
        (tmp_path / "really.h5").write_bytes(b"BROKEN")
        with pytest.raises(FileFormatError, match="only weights"):
            load_model(tmp_path / "really.h5")
        predicts_the_same(load_model(tmp_path / "model.without-known-suffix"), model)


def test_an_existing_file_is_kept_where_nobody_can_be_asked(tmp_path, monkeypatch):
    (tmp_path / "m.h5").write_bytes(b"old")
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    for save in (small().save, small().save_weights):
        with pytest.raises(ArgumentError, match=r"m\.h5 exists, and overwrite=False"):
            save(tmp_path / "m.h5", overwrite=False)
    assert (tmp_path / "m.h5").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("answer", "replaced"), [("y\n", True), ("n\n", False), ("\n", False)]
)
def test_on_a_terminal_the_user_is_asked(
    answer, replaced, tmp_path, monkeypatch, capsys
):
    (tmp_path / "m.h5").write_bytes(b"old")
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    small().save(tmp_path / "m.h5", overwrite=False)
    assert "m.h5 exists. Overwrite it?" in capsys.readouterr().out
    assert ((tmp_path / "m.h5").read_bytes() != b"old") == replaced


def test_links_and_permissions_survive(tmp_path):
    (tmp_path / "real.h5").write_bytes(b"old")
    (tmp_path / "real.h5").chmod(0o640)
    (tmp_path / "link.h5").symlink_to("real.h5")
    small().save(tmp_path / "link.h5")
    assert (tmp_path / "link.h5").is_symlink() and (
        tmp_path / "real.h5"
    ).stat().st_mode & 0o777 == 0o640
    assert load_model(tmp_path / "real.h5").count_params() == 43


def test_places_where_nothing_can_be_saved(tmp_path):
    with pytest.raises(
        FileMissingError, match=r"there is no folder .*nowhere\. Create it first"
    ):
        small().save(tmp_path / "nowhere" / "m.h5")
    with pytest.raises(ArgumentError, match="it exists but isn't a file"):
        small().save(tmp_path)
    with pytest.raises(ArgumentError, match="it exists but isn't a file"):
        small().save(os.devnull)
    assert not Path(os.devnull).is_file()


def test_hooks_are_called_around_saving_and_loading(tmp_path, monkeypatch):
    called = []
    monkeypatch.setattr(
        model_files.plugins,
        "call",
        lambda hook, **arguments: called.append((hook, arguments)) or [],
    )
    model = small()
    path = tmp_path / "m.h5"
    model.save(path)
    model.load_weights(path)
    loaded = load_model(path)
    assert [hook.removeprefix("oneiros_") for hook, _ in called] == [
        "before_save",
        "after_save",
        "before_load",
        "after_load",
        "before_load",
        "after_load",
    ]
    assert called[1][1] == {"model": model, "path": path} and called[-1][1] == {
        "model": loaded,
        "path": path,
    }
    assert called[2][1] == {"path": path}


@pytest.mark.parametrize("name", ["m.json", "m.yaml", "m.yml"])
def test_texts_are_not_written_as_hdf5_and_not_read_as_models(name, tmp_path):
    model = Sequential([Dense(2, input_dim=3)])
    for save in (model.save, model.save_weights):
        with pytest.raises(ArgumentError, match=r"to_json\(\) or model\.to_yaml\(\)"):
            save(tmp_path / name)
    (tmp_path / name).write_text(model.to_json())
    with pytest.raises(FileFormatError, match="use model_from_json or model_from_yaml"):
        load_model(tmp_path / name)


@pytest.mark.parametrize("suffix", [".h5", ".safetensors"])
@pytest.mark.parametrize(
    "name",
    ["/a", "a/", "..", "a/../b", "a//b", ".", "x\0y", "x\ny", "\ud800", "x" * 40_000],
)
def test_names_that_cant_be_loaded_are_refused_and_nothing_is_lost(
    name, suffix, tmp_path
):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"old")
    with K.use("theano"):
        model = Sequential([Dense(3, input_dim=4, name=name)])
    with pytest.raises(
        ArgumentError,
        match=r"can't be saved under that name: .* Rename it and save again",
    ):
        model.save_weights(path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
    model.layers[0].name = "plain"
    model.save_weights(path)
    weights = model.get_weights()
    model.set_weights([np.zeros_like(weight) for weight in weights])
    model.load_weights(path)
    same(model.get_weights(), weights)


@pytest.mark.parametrize("names", [("d", "d/d_W:0"), ("d/d_W:0/x", "d")])
def test_a_layer_in_the_place_of_another_ones_weight_is_refused(names, tmp_path):
    with K.use("theano"):
        model = Sequential([Dense(3, input_dim=3, name=name) for name in names])
    with pytest.raises(
        ArgumentError, match="its path in the file is that of a weight of the layer 'd"
    ):
        model.save(tmp_path / "m.h5")
    assert not list(tmp_path.iterdir())


def test_names_with_slashes_are_saved(tmp_path):
    with K.use("theano"):
        model = Sequential(
            [Dense(3, input_dim=3, name=name) for name in ("a", "a/b", "block/a", "é")]
        )
        model.save(tmp_path / "m.h5")
        loaded = load_model(tmp_path / "m.h5")
    assert [layer.name for layer in loaded.layers] == ["a", "a/b", "block/a", "é"]
    same(loaded.get_weights(), model.get_weights())


def test_two_layers_of_one_name_in_sequentials_are_not_made_one(tmp_path):
    with K.use("theano"):
        inner = Sequential([Dense(1, input_dim=1, name="dense")])
        model = Sequential([Dense(1, input_dim=1, name="dense"), inner])
        with pytest.raises(ArgumentError, match="two layers named 'dense'"):
            model.save(tmp_path / "m.h5")
        inner.layers[0].name = "other"
        model.set_weights(
            [
                np.full_like(weight, 2 + i)
                for i, weight in enumerate(model.get_weights())
            ]
        )
        model.save(tmp_path / "m.h5")
        loaded = load_model(tmp_path / "m.h5")
    predicts_the_same(loaded, model, np.ones((2, 1)))


def test_one_layer_in_two_sequentials_is_saved(tmp_path):
    with K.use("theano"):
        shared = Dense(3, input_dim=3)
        model = Sequential([shared, Sequential([shared])])
        model.save(tmp_path / "m.h5")
        loaded = load_model(tmp_path / "m.h5")
    predicts_the_same(loaded, model, np.ones((2, 3)))


class BrokenAtOnce(Broken):
    def __init__(self):
        raise RuntimeError("no driver")


class BrokenWhenAsked(Broken):
    def recognises(self, head):
        return head[10**6]


class Strange(Broken):
    suffixes = None


@pytest.mark.parametrize("broken", [BrokenAtOnce, BrokenWhenAsked, Strange, 5])
def test_a_format_that_doesn_t_work_stops_no_other(broken, tmp_path):
    model = small()
    with registry.register("format", "a_broken_one", broken):
        model.save(tmp_path / "m.h5")
        same(load_model(tmp_path / "m.h5").get_weights(), model.get_weights())


def test_a_file_isn_t_saved_in_another_format_than_its_suffix_s(tmp_path):
    with (
        registry.register("format", "a_broken_one", BrokenAtOnce),
        pytest.raises(
            PluginLoadError, match=r"'a_broken_one'.*RuntimeError: no driver"
        ),
    ):
        small().save(tmp_path / "m.broken")
    assert not list(tmp_path.iterdir())


def test_the_fault_of_a_format_is_recorded_as_its_plugin_s(tmp_path):
    record = manager().records["oneiros-saving"]
    before = record.state, list(record.problems)
    (tmp_path / "m.broken").write_bytes(b"BROKEN")
    try:
        with (
            registry.register(
                "format", "a_broken_one", BrokenAtOnce, distribution="oneiros-saving"
            ),
            pytest.raises(FileFormatError, match=r"'a_broken_one'.*RuntimeError: no d"),
        ):
            load_model(tmp_path / "m.broken")
        assert ("oneiros_formats", "RuntimeError: no driver") in [
            problem[:2] for problem in record.problems
        ]
    finally:
        record.state, record.problems = before


@pytest.mark.parametrize("written", ["json", "yaml", "config"])
def test_functions_for_a_model_from_a_configuration(written):
    layer = Lambda(lambda x: x * 2.0, name="double", input_shape=(3,))
    model = Sequential([layer])
    build, source = {
        "json": (model_from_json, model.to_json),
        "yaml": (model_from_yaml, model.to_yaml),
        "config": (model_from_config, lambda: json.loads(model.to_json())),
    }[written]
    stored = source()
    forget(model)
    with pytest.raises(UnsafeFileError, match="double"):
        build(stored)
    built = build(stored, functions={"double": lambda x: x * 5.0})
    np.testing.assert_allclose(built.predict(np.ones((1, 3))), [[5, 5, 5]])
    with pytest.raises(ArgumentError, match="has no layer of that name"):
        build(stored, functions={"other": abs})


def upsampling(**arguments):
    """Returns a configuration as Keras 1.0 wrote it: `UpSampling2D` has no order."""
    image = {"name": "conv", "nb_filter": 2, "nb_row": 1, "nb_col": 1, **arguments}
    return {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "UpSampling2D",
                "config": {
                    "name": "up",
                    "size": [2, 2],
                    "batch_input_shape": [None, 1, 3, 4],
                },
            },
            {"class_name": "Convolution2D", "config": image},
        ],
    }


def test_a_configuration_of_keras_1_0_without_a_dim_ordering():
    model = model_from_json(json.dumps(upsampling(dim_ordering="th")))
    assert model.output_shape == (None, 2, 6, 8)
    assert model.layers[0].dim_ordering == "th"


def test_an_order_that_no_layer_of_a_configuration_tells():
    config = upsampling(dim_ordering="tf", nb_row=9, border_mode="valid")
    config["config"][1]["config"].pop("dim_ordering")
    config["config"][1]["class_name"] = "MaxPooling2D"
    config["config"][1]["config"] = {"name": "pool", "pool_size": [9, 1]}
    with pytest.raises(ConfigError, match=r"K\.set_image_dim_ordering\('th'\)"):
        model_from_json(json.dumps(config))


def enlarged(**arguments):
    """Returns a configuration of Keras 1.0 in which the numbers of elements agree
    whichever order the image has."""
    layers = [
        ("Dense", {"name": "d", "output_dim": 64, "input_dim": 3}),
        ("Reshape", {"name": "image", "target_shape": [1, 8, 8]}),
        ("UpSampling2D", {"name": "up", "size": [2, 2], **arguments}),
        ("Reshape", {"name": "result", "target_shape": [1, 16, 16]}),
    ]
    entries = [{"class_name": name, "config": config} for name, config in layers]
    return {"class_name": "Sequential", "config": entries}


ADVICE = r"dim_ordering of up; .*K\.set_image_dim_ordering\('th'\) before loading"


def test_an_order_that_no_layer_tells_is_warned_of_where_nothing_fails():
    with pytest.warns(UserWarning, match=ADVICE) as warned:
        model = model_from_json(json.dumps(enlarged()))
    assert [each.filename for each in warned] == [__file__]
    assert model.layers[2].dim_ordering == "tf"


def test_who_follows_the_warning_gets_the_other_order_in_silence(set_ordering):
    set_ordering("th")
    model = model_from_json(json.dumps(enlarged()))
    assert model.layers[2].output_shape == (None, 1, 16, 16)


def test_a_whole_file_without_an_order_is_warned_of_until_it_is_saved_anew(tmp_path):
    path = tmp_path / "m.h5"
    model_from_json(json.dumps(enlarged(dim_ordering="tf"))).save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        del config["config"][2]["config"]["dim_ordering"]
        file.attrs["model_config"] = json.dumps(config).encode()
    with pytest.warns(UserWarning, match=ADVICE) as warned:
        model = load_model(path)
    assert [each.filename for each in warned] == [__file__]
    model.save(path)
    assert load_model(path).layers[2].dim_ordering == "tf"


def test_a_configuration_that_is_nested_without_end():
    config = {"class_name": "Sequential", "config": [{"class_name": "UpSampling2D"}]}
    arguments = config["config"][0]["config"] = {"name": "up"}
    for _ in range(5000):
        arguments["name"] = {"a": arguments["name"]}
    config["config"].append(
        {"class_name": "MaxPooling2D", "config": {"dim_ordering": "th"}}
    )
    with pytest.raises(ConfigError):
        model_from_config(config)
