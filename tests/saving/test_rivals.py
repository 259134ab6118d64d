"""Plugins of one name: a file says whose class it means, and is believed if that one
is there; another one's is never used in silence."""

import numpy as np
import pytest
from oneiros import registry, settings
from oneiros.discovery import PluginRecord
from oneiros.engine.layer import Layer
from oneiros.errors import ConfigError, UnknownNameError
from oneiros.migrations import Migration
from oneiros.models import Sequential, load_model, model_from_json
from oneiros.plugins import manager
from oneiros_saving import model_files
from oneiros_saving.saving import state_of

ROW = np.ones((1, 2))


class Gate(Layer):
    """Multiplies by two."""

    loadable = True
    by = 2.0

    def call(self, x, mask=None):
        return x * self.by


class Rival(Gate):
    """Has the same name, and multiplies by five."""

    loadable = True
    by = 5.0


Rival.__name__ = "Gate"


@pytest.fixture
def installed(monkeypatch):
    """Installs a plugin, for this process, that provides a `Gate`."""

    def install(distribution, cls, version="1.0", **others):
        record = PluginRecord(distribution, version)
        monkeypatch.setitem(manager().records, distribution, record)
        made = [registry.register("layer", "Gate", cls, distribution)]
        for kind, obj in others.items():
            made.append(registry.register(kind, "Gate", obj, distribution))
        registrations.extend(made)
        return record

    registrations = []
    yield install
    for registration in registrations:
        registration.close()


@pytest.fixture
def file(installed, tmp_path):
    """A file of the Gate of lab-a 1.0, which isn't installed any more."""
    path = tmp_path / "gate.h5"
    installed("lab-a", Gate)
    Sequential([Gate(input_shape=(2,))]).save(path)
    for entry in list(registry.registered):
        if entry.name == "Gate":
            del registry.registered[entry]
    del manager().records["lab-a"]
    return path


def test_of_two_that_are_there_the_files_is_used(installed, file):
    installed("lab-a", Gate)
    installed("lab-b", Rival)
    assert load_model(file).predict(ROW).max() == 2
    with settings.override(prefer={"layer:Gate": "lab-b"}):
        assert load_model(file).predict(ROW).max() == 2
        assert registry.resolve("layer", "Gate") is Rival


def test_a_rival_is_told_and_refused_on_demand(installed, file):
    installed("lab-b", Rival)
    said = (
        r"layer 'Gate' is of lab-a 1\.0, which isn't installed here\. That of lab-b "
        "has the same name"
    )
    with pytest.warns(UserWarning, match=said):
        assert load_model(file).predict(ROW).max() == 5
    refused = pytest.raises(ConfigError, match=f"{said}.*Nothing was built")
    with settings.override(strict=True), refused:
        load_model(file)


def test_a_disabled_plugin_is_told_as_disabled(installed, file, monkeypatch):
    off = PluginRecord("lab-a", "1.0", state="disabled")
    monkeypatch.setitem(manager().records, "lab-a", off)
    with pytest.raises(
        UnknownNameError, match=r"of 'lab-a 1\.0'.*which is disabled: rem"
    ):
        load_model(file)
    installed("lab-b", Rival)
    with pytest.warns(UserWarning, match="of lab-a 1.0, which is disabled here"):
        load_model(file)


class Narrow(Gate):
    """Of another version: takes no argument of the file's."""

    loadable = True

    def __init__(self, width, name=None):
        super().__init__(name=name)


@pytest.mark.parametrize("version", ["0.9", "2.0"])
def test_an_error_names_another_version(installed, file, version):
    installed("lab-a", Narrow, version)
    with pytest.raises(ConfigError) as caught:
        load_model(file)
    said = f"The file was saved with lab-a 1.0; here is {version}."
    assert str(caught.value).count(said) == 1


def test_the_version_of_the_file_isnt_named(installed, file):
    installed("lab-a", Narrow)
    with pytest.raises(ConfigError) as caught:
        load_model(file)
    assert "The file was saved with" not in str(caught.value)


class Times(Gate):
    """Of version 2: the factor is an argument."""

    loadable = True

    def __init__(self, factor=7.0, **kwargs):
        self.factor = self.by = factor
        super().__init__(**kwargs)


class FromVersion1(Migration):
    """Version 1 called it `times`."""

    def translated(self, name, config):
        origin = self.origin
        if (origin.distribution, origin.distribution_version) == ("lab-a", "1.0"):
            config["factor"] = config.pop("times")
        return name, config


def test_a_plugin_reads_configurations_of_its_earlier_versions(installed, tmp_path):
    installed("lab-a", Times, "2.0", migration=FromVersion1)
    Times.__name__ = "Gate"
    state = state_of(Sequential([Times(3.0, input_shape=(2,))]))
    path = tmp_path / "new.h5"
    model_files.write(path, state)
    assert load_model(path).predict(ROW).max() == 3
    (entry,) = state.model_config["config"]
    entry["config"]["times"] = entry["config"].pop("factor")
    state.provenance["layer:Gate"] = {"distribution": "lab-a", "version": "1.0"}
    model_files.write(path, state)
    assert load_model(path).predict(ROW).max() == 3


def test_an_error_in_a_layer_is_blamed_on_the_layer():
    class Broken(Layer):
        def call(self, x, mask=None):
            if broken:
                raise ZeroDivisionError("no weights here")
            return x

    broken = False
    text = Sequential([Broken(input_shape=(2,), name="inner")]).to_json()
    broken = True
    said = "The Broken 'inner' can't be built .*ZeroDivisionError: no weights here"
    with pytest.raises(ConfigError, match=said):
        model_from_json(text, {"Broken": Broken})
