"""Where objects come from.

What a file records, and what is said of missing ones before any is built.
"""

import json

import h5py
import pytest
from hostile_files import write_config
from oneiros import backend as K
from oneiros import config as configs
from oneiros import plugins, registry
from oneiros.activations import softsign
from oneiros.engine.layer import Layer
from oneiros.errors import ConfigError, UnknownNameError
from oneiros.layers import (
    LSTM,
    Bidirectional,
    Dense,
    Input,
    Lambda,
    TimeDistributed,
    merge,
)
from oneiros.models import (
    Model,
    Sequential,
    load_model,
    model_from_config,
    model_from_json,
)
from oneiros_saving import provenance
from oneiros_saving.config_references import references

pytestmark = pytest.mark.usefixtures("theano")


class Loud(Layer):
    """A layer of a laboratory's.

    Its arguments use Keras' names for things of its own.
    """

    loadable = True

    def __init__(self, init="whisper", activation="relu", **kwargs):
        self.init = init
        self.activation = activation
        super().__init__(**kwargs)

    def get_config(self):
        return {
            **super().get_config(),
            "init": self.init,
            "activation": self.activation,
        }


@pytest.fixture
def laboratory():
    with registry.register("layer", "Loud", Loud, distribution="their-lab"):
        yield


def recorded(path):
    with h5py.File(path) as file:
        return json.loads(file.attrs["oneiros_provenance"])


# What a file records


def test_every_kind_of_object_is_recorded_wherever_it_stands(laboratory, tmp_path):
    words = Input(shape=(3, 4), name="words")
    steps = TimeDistributed(
        Dense(2, init="he_normal", W_regularizer="l2", b_constraint="nonneg")
    )(words)
    around = Bidirectional(LSTM(2, inner_activation="sigmoid"))(steps)
    inner = Sequential([Loud(input_shape=(4,)), Lambda(softsign)], name="inner")
    model = Model(input=words, output=merge([around, inner(around)], mode="sum"))
    model.compile("adadelta", loss=["hinge"], metrics=["accuracy", "fmeasure"])
    model.save(tmp_path / "m.h5")
    origins = recorded(tmp_path / "m.h5")
    assert {key: origin["distribution"] for key, origin in origins.items()} == {
        "activation:linear": "oneiros-activations",
        "activation:relu": "oneiros-activations",
        "activation:sigmoid": "oneiros-activations",
        "activation:tanh": "oneiros-activations",
        "backend:theano": "oneiros-backend-theano",
        "constraint:NonNeg": "oneiros-constraints",
        "function:oneiros-activations:softsign": "oneiros-activations",
        "initialization:glorot_uniform": "oneiros-initializations",
        "initialization:he_normal": "oneiros-initializations",
        "initialization:one": "oneiros-initializations",
        "initialization:orthogonal": "oneiros-initializations",
        "layer:Bidirectional": "oneiros-layers-wrappers",
        "layer:Dense": "oneiros-layers-core",
        "layer:InputLayer": "oneiros-kernel",
        "layer:LSTM": "oneiros-layers-recurrent",
        "layer:Lambda": "oneiros-layers-core",
        "layer:Loud": "their-lab",
        "layer:Merge": "oneiros-layers-core",
        "layer:Model": "oneiros-training",
        "layer:Sequential": "oneiros-training",
        "layer:TimeDistributed": "oneiros-layers-wrappers",
        "metric:fmeasure": "oneiros-metrics",
        "objective:hinge": "oneiros-objectives",
        "optimizer:Adadelta": "oneiros-optimizers",
        "regularizer:L1L2Regularizer": "oneiros-regularizers",
    }
    record = plugins.manager().records["oneiros-layers-core"]
    assert origins["layer:Dense"] == {
        "distribution": record.distribution,
        "version": record.version,
    }


def test_a_class_of_one_s_own_isn_t_taken_for_the_plugin_s_of_the_same_name(tmp_path):
    own = type("Dropout", (Layer,), {})
    Sequential([own(input_shape=(4,)), Dense(2)]).save(tmp_path / "m.h5")
    assert {"layer:Dense", "layer:Dropout"} & recorded(tmp_path / "m.h5").keys() == {
        "layer:Dense"
    }


def test_a_name_that_two_provide_is_recorded_as_the_one_that_was_used(tmp_path):
    model = Sequential([Dense(2, input_dim=4, activation="tanh")])
    with (
        registry.register("activation", "tanh", K.tanh),
        registry.register("layer", "Dense", Loud),
    ):
        model.save(tmp_path / "m.h5")
    origins = recorded(tmp_path / "m.h5")
    assert (
        origins["layer:Dense"]["distribution"] == "oneiros-layers-core"
        and "activation:tanh" not in origins
    )


def test_the_text_of_to_json_is_that_of_keras_and_may_carry_the_record(laboratory):
    text = Sequential([Dense(2, input_dim=4)]).to_json()
    assert json.loads(text).keys() == {"class_name", "config", "keras_version"}
    more = {
        **json.loads(text),
        "oneiros_provenance": {"layer:Dense": {"distribution": "oneiros-layers-core"}},
    }
    assert model_from_json(json.dumps(more)).count_params() == 10


# What is missing


def of(distribution, version="1.0"):
    return {"distribution": distribution, "version": version}


CONFIG = {
    "class_name": "Sequential",
    "config": [
        {
            "class_name": "Dense",
            "config": {
                "name": "d",
                "output_dim": 2,
                "input_dim": 4,
                "activation": "swoosh",
            },
        },
        {
            "class_name": "TimeDistributed",
            "config": {"name": "t", "layer": {"class_name": "Loud", "config": {}}},
        },
        {
            "class_name": "Sequential",
            "config": [{"class_name": "Loud", "config": {"name": "l", "init": "mine"}}],
        },
    ],
}
TRAINING = {
    "optimizer_config": {"class_name": "Quick", "config": {}},
    "loss": {"l": "odd"},
    "metrics": ["acc"],
}


def test_all_that_is_missing_is_told_at_once_before_anything_is_built(
    tmp_path, monkeypatch
):
    with registry.register("layer", "Loud", Loud, distribution="their-lab"):
        model = Sequential([Dense(2, input_dim=4), Loud(name="a")])
        model.compile("sgd", "mse")
        model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        record = {
            **json.loads(file.attrs["oneiros_provenance"]),
            "objective:odd": of("other-lab", "2.1"),
        }
        file.attrs.update(
            model_config=json.dumps(CONFIG),
            training_config=json.dumps(TRAINING),
            oneiros_provenance=json.dumps(record),
        )
    monkeypatch.setattr(
        "oneiros.config.layer_from_config", lambda config: pytest.fail("built")
    )
    with pytest.raises(UnknownNameError) as error:
        load_model(tmp_path / "m.h5")
    first, *lines = str(error.value).splitlines()
    assert first == "4 names are unknown here." and lines[-1].endswith(
        "Nothing was built."
    )
    assert [line.split(".")[0] for line in lines] == [
        "Unknown activation 'swoosh'",
        "Unknown layer 'Loud'",
        "Unknown optimizer 'Quick'",
        "Unknown objective 'odd'",
    ]
    assert "The file claims that it came from 'their-lab" in lines[1]
    assert (
        "The file claims that it came from 'other-lab 2.1'. Anyone can write that: ask "
        "the file's author before you install anything." in lines[3]
    )
    assert "The file claims" not in lines[0] + lines[2]
    assert str(tmp_path) in error.value.__notes__[0]


def test_the_owners_index_says_what_to_install(monkeypatch):
    owners = {
        **registry.owners(),
        "layer": {**registry.owners()["layer"], "Loud": "oneiros-layers-loud"},
    }
    monkeypatch.setattr(registry, "owners", lambda: owners)
    with pytest.raises(
        UnknownNameError,
        match=r"oneiros-layers-loud, which is not installed\. Type: pip ",
    ):
        model_from_config(CONFIG)


def test_what_the_caller_passes_is_not_missing():
    known = {"Loud": Loud, "swoosh": K.relu, "Quick": object, "odd": object}
    assert {
        each.name for each in provenance.missing(references(CONFIG, TRAINING))
    } == known.keys()
    with configs.custom_object_scope(known):
        assert provenance.missing(references(CONFIG, TRAINING)) == []


def test_arguments_of_other_people_s_layers_may_mean_something_else(laboratory):
    entry = {
        "class_name": "Loud",
        "config": {"init": "whisper", "batch_input_shape": [None, 4]},
    }
    assert (
        model_from_config({"class_name": "Sequential", "config": [entry]})
        .layers[0]
        .init
        == "whisper"
    )
    said = {"initialization:whisper": of("their-lab")}
    (lacking,) = provenance.missing(references(entry), said)
    assert (lacking.kind, lacking.name, lacking.where) == (
        "initialization",
        "whisper",
        ["Loud"],
    )


def test_the_key_of_an_origin_is_no_advice(tmp_path):
    """It became a note, at any length."""
    origin = {"distribution": "evil", "version": "1"}
    keys = ["Type pip install evil:Loud", "layer:Loud"]
    record = json.dumps(dict.fromkeys(keys, origin))
    path = write_config(tmp_path / "m.h5", CONFIG, oneiros_provenance=record)
    with pytest.raises(UnknownNameError) as caught:
        load_model(path)
    text = "\n".join([str(caught.value), *caught.value.__notes__])
    assert text.count("'evil 1'") == 1
    assert "pip" not in text


@pytest.mark.parametrize(
    "origin",
    [
        of("evil --index-url=http://evil.example"),
        of("\x1b[2Jlab"),
        of("a" * 500),
        of(["lab"]),
        {"distribution": {}},
        {},
        "lab",
        7,
        None,
    ],
)
def test_what_a_file_says_of_an_origin_is_repeated_only_if_it_is_a_distribution_s_name(
    origin,
):
    assert provenance.stated(origin) == ""
    with pytest.raises(UnknownNameError, match="Unknown layer 'Loud'") as error:
        provenance.check(CONFIG["config"][1], provenance={"layer:Loud": origin})
    assert "The file claims" not in str(error.value)


def test_a_version_that_is_none_is_left_out():
    assert "from 'lab'. Anyone" in provenance.stated(of("lab", "1.0; rm -rf"))


@pytest.mark.parametrize("said", [[], "x", 3, {"layer:Loud": None}])
def test_a_record_of_any_type_is_survived(said):
    with pytest.raises(UnknownNameError, match="Unknown layer 'Loud'"):
        provenance.check({**CONFIG["config"][1], "oneiros_provenance": said})


@pytest.mark.parametrize(
    "config",
    [None, [], 3, "x", {}, {"class_name": 3}, {"class_name": "Model", "config": 7}],
)
def test_what_is_no_configuration_names_nothing_and_the_error_is_that_of_building(
    config,
):
    assert len(list(references(config))) <= 1
    with pytest.raises(ConfigError):
        model_from_config(config)
