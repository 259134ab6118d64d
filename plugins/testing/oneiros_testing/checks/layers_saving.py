"""What must hold for a layer's configuration, its files and its copies."""

import copy
import json
import tempfile
from pathlib import Path

import numpy as np
from oneiros import config as configs
from oneiros.engine.layer import Layer
from oneiros.migrations import Origin, migrated
from oneiros.models import load_model

from oneiros_testing.checks import Subject
from oneiros_testing.checks.layers import TOLD_BY_WEIGHTS, assert_close, layer_check
from oneiros_testing.layer_sample import sample_of
from oneiros_testing.samples import FOR_THE_INPUT, variations

CONFIGURED = ["check_arguments_are_kept", "check_configuration_is_json"]
COPIED = ["check_copy_computes_the_same"]


@layer_check(once=True)
def check_files_may_use_it(subject):
    """The class itself says `loadable = True`, without which no file that names it can
    be loaded."""
    assert vars(subject.component).get("loadable") is True, (
        "Write `loadable = True` in the class, if its constructor only stores "
        "arguments."
    )


@layer_check(once=True, after=["check_takes_what_every_layer_takes"])
def check_arguments_are_kept(subject):
    """`get_config` returns every argument with the value that was given, and
    `from_config` takes it back."""
    sample = sample_of(subject)
    layer = sample.make(name="kept", trainable=False)
    config = layer.get_config()
    assert isinstance(config, dict), (
        f"get_config returns {config!r:.80}, not a dict with the constructor's "
        "arguments. Leave it to Layer, or add to super().get_config()."
    )
    for name, value in {**sample.arguments, "name": "kept", "trainable": False}.items():
        if name not in FOR_THE_INPUT:
            _assert_kept(config, name, value)
    for name, _, value in variations(subject.component, sample.arguments):
        try:
            varied = sample.make(**{name: value})
        except Exception:
            continue  # a value that doesn't go with the others
        _assert_kept(varied.get_config(), name, value)
    again = subject.component.from_config(config).get_config()
    assert again == config, (
        f"A layer made from the configuration has another one: "
        f"{_unequal(config, again)}. Arguments are stored as they were given."
    )


def _assert_kept(config, name: str, value):
    assert name in config, (
        f"The argument {name!r} isn't in the configuration. Store it as self.{name}, "
        "or add it in get_config or argument_config."
    )
    kept = config[name]
    told = f"{name}={value!r} was given, and get_config has {kept!r}."
    if isinstance(value, str):
        assert kept is not None, told
        assert not isinstance(kept, str) or value in (kept, "default"), told
    elif isinstance(value, bool | int | float):
        assert isinstance(kept, dict) or np.allclose(kept, value, rtol=1e-6), told
    elif isinstance(value, list | tuple) and not any(map(_is_layer, value)):
        assert kept is not None and list(kept) == list(value), told


def _is_layer(value) -> bool:
    return isinstance(value, Layer)


def _unequal(one, other) -> str:
    names = [name for name in one | other if one.get(name) != other.get(name)]
    return ", ".join(f"{n}: {one.get(n)!r} and {other.get(n)!r}" for n in names)


@layer_check(once=True, after=["check_arguments_are_kept"])
def check_configuration_is_json(subject):
    """The configuration is plain data that JSON text holds."""
    config = sample_of(subject).make().get_config()
    try:
        text = json.dumps(config)
    except TypeError as error:
        raise AssertionError(
            f"{error}; the configuration is {config}. Turn arrays into lists, and "
            "objects into their names or configurations, in argument_config."
        ) from None
    assert isinstance(json.loads(text), dict)


@layer_check(after=[*CONFIGURED, TOLD_BY_WEIGHTS])
def check_copy_computes_the_same(subject):
    """A layer made from the JSON text of the configuration, with the same weights,
    predicts the same."""
    sample = sample_of(subject)
    text = json.dumps(sample.base.layer.get_config())
    again = sample.called(_restored(subject, json.loads(text)))
    weights = sample.base.layer.get_weights()
    shapes = [weight.shape for weight in weights]
    found = [weight.shape for weight in again.layer.get_weights()]
    assert shapes == found, (
        f"The copy has weights of the shapes {found}, not {shapes}: an argument on "
        "which they depend isn't in the configuration."
    )
    again.layer.set_weights(weights)
    arrays = sample.arrays()
    told = (
        "A layer made from the configuration predicts something else: what its output "
        "depends on is neither an argument nor a weight"
    )
    assert_close(again.values(arrays), sample.base.values(arrays), told)


def _restored(subject: Subject, config):
    """Returns a layer made from its configuration as from a file's."""
    name = subject.component.__name__
    objects = {name: subject.component}
    return configs.layer_from_config({"class_name": name, "config": config}, objects)


def _read_today(subject: Subject, config, version: str = ""):
    """Returns what a configuration in a file of an earlier version is today."""
    name = subject.component.__name__
    source = {"distribution": subject.distribution, "version": version}
    origin = Origin(recorded={f"layer:{name}": source})
    return migrated({"class_name": name, "config": config}, origin)["config"]


@layer_check(after=COPIED)
def check_file_of_a_model(subject):
    """A model with it, saved as `.h5` and loaded, predicts the same."""
    sample = sample_of(subject)
    model = sample.weighted().model()
    arrays = sample.arrays()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.h5")
        model.save(str(path))
        loaded = load_model(
            str(path), custom_objects={subject.component.__name__: subject.component}
        )
    told = (
        "The loaded model predicts something else. Compare get_weights() and "
        "get_config() of its layer with those of the saved one"
    )
    assert_close(_predicted(loaded, arrays), _predicted(model, arrays), told)


@layer_check(after=[*COPIED, "check_weight_names_differ"])
def check_file_of_weights(subject):
    """Weights saved as `.h5` and loaded into a new layer give the same predictions."""
    sample = sample_of(subject)
    model, new = sample.weighted().model(), sample.called().model()
    if not model.weights:
        return
    arrays = sample.arrays()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "weights.h5")
        model.save_weights(str(path))
        new.load_weights(str(path))
    told = (
        "A new layer with the saved weights predicts something else. Compare "
        "get_weights() of both, and the names of the weights"
    )
    assert_close(_predicted(new, arrays), _predicted(model, arrays), told)


def _predicted(model, arrays):
    predicted = model.predict(arrays)
    return predicted if isinstance(predicted, list) else [predicted]


@layer_check(after=["check_file_of_a_model"])
def check_deep_copy(subject):
    """`copy.deepcopy` of a model with it predicts the same."""
    sample = sample_of(subject)
    model = sample.weighted().model()
    arrays = sample.arrays()
    told = "The copy predicts something else"
    copied = copy.deepcopy(model)
    assert_close(_predicted(copied, arrays), _predicted(model, arrays), told)


@layer_check(tags=["earlier"], once=True)
def check_earlier_configurations(subject):
    """Configurations of earlier versions of the package still make the layer, as its
    migration reads them."""
    sample = sample_of(subject)
    for earlier in subject.declared.get("earlier", ()):
        try:
            layer = _restored(subject, _read_today(subject, **earlier))
            sample.called(layer).values(sample.arrays())
        except Exception as error:
            raise AssertionError(
                f"The configuration of version {earlier.get('version')} fails: {error} "
                "Accept the former arguments, or register a migration."
            ) from error
