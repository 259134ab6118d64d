"""Mistakes of authors: each is told where it is made, by the name of its plugin, and
stays that plugin's."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import constraints, modules, optimizers, plugins, registry
from oneiros.bases import Callback
from oneiros.discovery import PluginRecord
from oneiros.engine.layer import Layer
from oneiros.errors import (
    FileFormatError,
    NameConflictError,
    PluginLoadError,
    ShapeError,
)
from oneiros.layers import Dense, Embedding, Input
from oneiros.models import Sequential, load_model
from oneiros.optimizers import SGD
from oneiros.saving import Format

ROWS = np.ones((3, 2))


@pytest.fixture
def model():
    made = Sequential([Dense(2, input_dim=2)])
    made.compile("sgd", "mse")
    return made


# Callbacks of every fit


class Telling(Callback):
    """Fails in one method, and counts epochs."""

    def __init__(self, method):
        self.epochs = 0
        setattr(self, method, self.fail)

    def fail(self, *arguments):
        raise RuntimeError("no disk")

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1


METHODS = (
    "set_params",
    "set_model",
    "get_observer",
    "prepare_fit",
    "on_train_begin",
    "on_epoch_begin",
    "on_batch_begin",
    "on_batch_end",
    "on_epoch_end",
    "on_train_end",
)


@pytest.fixture
def of_every_fit(monkeypatch):
    """Lets a plugin add a callback to every fit; returns the plugin's record."""

    def add(callback):
        record = PluginRecord("my-tracker", "1.0")
        run = plugins.PluginManager.run

        def with_it(self, hook, arguments, check=None):
            found = run(self, hook, arguments, check)
            if hook == "oneiros_default_callbacks":
                found.append((record, [callback]))
            return found

        monkeypatch.setattr(plugins.PluginManager, "run", with_it)
        return record

    return add


@pytest.mark.parametrize("method", METHODS)
def test_a_plugins_callback_that_fails_is_left_out(method, model, of_every_fit):
    record = of_every_fit(Telling(method))
    said = f"Telling of my-tracker failed in {method} and is left out of this fit: Run"
    with pytest.warns(UserWarning, match=said) as told:
        history = model.fit(ROWS, ROWS, nb_epoch=3, verbose=0)
    assert len(told) == 1
    assert len(history.epoch) == 3
    assert record.error == "RuntimeError: no disk"


def test_a_callback_of_the_user_ends_the_fit(model):
    with pytest.raises(RuntimeError, match="no disk"):
        model.fit(ROWS, ROWS, verbose=0, callbacks=[Telling("on_train_begin")])


# Formats


class Lines(Format):
    """A format that takes every file and the suffix of HDF5."""

    name = "lines"
    suffixes = (".h5", ".lines")

    def recognises(self, head):
        return True

    def write(self, path, state):
        raise KeyError("no layer")

    def read(self, path, budget):
        raise KeyError("no header")


class Unmade(Lines):
    """Can't be made."""

    def __init__(self):
        raise RuntimeError("no library")


def test_a_format_takes_no_file_from_oneiros(model, tmp_path):
    path = tmp_path / "model.h5"
    with registry.register("format", "a_first", Lines, "my-lab"):
        model.save(path)
        assert path.read_bytes().startswith(b"\x89HDF")
        assert load_model(path).count_params() == 6


def test_a_format_that_cant_be_made_spoils_no_other(model, tmp_path):
    path = tmp_path / "model.h5"
    with registry.register("format", "a_first", Unmade, "my-lab"):
        model.save(path)
        assert load_model(path).count_params() == 6
        with pytest.raises(PluginLoadError, match="'a_first' of my-lab doesn't work"):
            model.save(tmp_path / "model.lines")


def test_an_error_of_a_format_names_it(model, tmp_path):
    path = tmp_path / "model.lines"
    said = "The format 'lines' of my-lab .*failed with .*KeyError"
    with registry.register("format", "lines", Lines, "my-lab"):
        with pytest.raises(FileFormatError, match=said):
            model.save(path)
        assert not path.exists()
        path.write_text("something")
        with pytest.raises(FileFormatError, match=said):
            load_model(path)


def test_formats_with_one_suffix_are_refused(model, tmp_path):
    with (
        registry.register("format", "lines", Lines, "my-lab"),
        registry.register("format", "rows", Lines, "other-lab"),
        pytest.raises(NameConflictError, match=r"'lines', 'rows' all write .* \.lines"),
    ):
        model.save(tmp_path / "model.lines")


# Names


class AdamOfMine(SGD):
    loadable = True


REGISTERED = {
    "activation": np.tanh,
    "initialization": np.zeros,
    "regularizer": Lines,
    "constraint": Lines,
    "objective": np.tanh,
    "metric": np.tanh,
    "optimizer": AdamOfMine,
    "callback": Telling,
    "layer": Layer,
}


@pytest.mark.parametrize("kind", REGISTERED)
def test_each_registration_fills_its_module(kind):
    with registry.register(kind, "Mine", REGISTERED[kind], "my-lab"):
        scope = {}
        exec(f"from oneiros.{kind}s import Mine", scope)
        assert scope["Mine"] is REGISTERED[kind]
        assert "Mine" in modules.names(f"oneiros.{kind}s")


def test_a_missing_name_lists_plugins_that_dont_work(monkeypatch):
    broken = PluginRecord("my-lab", state="failed", problems=[("import", "gone", None)])
    records = plugins.manager().records
    monkeypatch.setitem(records, "my-lab", broken)
    monkeypatch.setitem(records, "off-lab", PluginRecord("off-lab", state="disabled"))
    said = "has no 'Mine'.*Plugins with problems: my-lab .gone.; off-lab .disabled."
    with pytest.raises(AttributeError, match=said):
        optimizers.Mine
    with pytest.raises(ImportError, match=said):
        exec("from oneiros.optimizers import Mine")
    assert not hasattr(optimizers, "Mine")


def test_names_in_lower_case_are_those_of_classes():
    manager = plugins.PluginManager()
    manager.records["my-lab"] = record = PluginRecord("my-lab")
    for kind, name in (("optimizer", "AdamOfMine"), ("constraint", "AtMost")):
        manager._collect(record, kind, {name: "my_lab:Mine"})
        assert set(manager.entries[kind]) == {name, name.lower()}
    assert optimizers.get("adam") and constraints.get("maxnorm")


def test_prefer_for_one_kind_settles_no_other():
    prefer = {"metric:f1": "b-lab", "layer:Gate": "b-lab"}
    manager = plugins.PluginManager(prefer=prefer)
    for lab in ("a-lab", "b-lab"):
        manager.records[lab] = record = PluginRecord(lab)
        table = {"f1": f"{lab[0]}:f1", "Gate": f"{lab[0]}:Gate"}
        contents = {"activations": table, "metrics": table, "layers.core": table}
        manager._collect(record, "module", contents)

    def chosen(path, name):
        return manager.choose(manager.modules[path][name]).distribution

    assert chosen("metrics", "f1") == chosen("layers.core", "Gate") == "b-lab"
    with pytest.raises(NameConflictError) as caught:
        chosen("activations", "f1")
    line = '"module:activations.f1" = "a-lab"'
    assert line in str(caught.value) and '"a-lab:activations' not in str(caught.value)
    manager.prefer = {"module:activations.f1": "a-lab"}
    assert chosen("activations", "f1") == "a-lab"


def test_a_name_in_oneiros_itself_that_two_plugins_provide_is_a_conflict():
    manager = plugins.PluginManager()
    for lab in ("a-lab", "b-lab"):
        manager.records[lab] = record = PluginRecord(lab)
        manager._collect(record, "module", {"": {"Thing": f"{lab[0]}:Thing"}})
    with pytest.raises(NameConflictError, match="a-lab and b-lab both provide"):
        manager.choose(manager.modules[""]["Thing"])


# Layers


class NoSuper(Layer):
    def __init__(self, factor=2, **kwargs):
        self.factor = factor


class Pool(Layer):
    supports_masking = True

    def call(self, x, mask=None):
        return K.mean(x, axis=1)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], input_shape[2])


class InCall(Layer):
    def call(self, x, mask=None):
        return K.dot(x, self.add_weight((2, 2), "one", name="W"))


def test_a_constructor_that_never_calls_that_of_layer_is_told():
    said = r"The constructor of NoSuper must call super\(\)\.__init__\(\*\*kwargs\)"
    with pytest.raises(ShapeError, match=said):
        Sequential([NoSuper(input_shape=(2,))])


def test_a_mask_of_steps_that_are_gone_is_told_by_compile():
    pooled = Sequential([Embedding(5, 3, mask_zero=True, input_length=4), Pool()])
    said = r"Pool '.*' passes on a mask of shape \(None, 4\), .* define compute_mask"
    with pytest.raises(ShapeError, match=said):
        pooled.compile("sgd", "mse")


def test_weights_that_each_call_makes_are_told():
    layer = InCall()
    layer(Input((2,)))
    with pytest.warns(UserWarning, match=r"InCall .* weight 'W' after its first call"):
        layer(Input((2,)))
