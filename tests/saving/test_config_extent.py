"""Files that ask for more than any model has are refused before anything is built."""

import itertools
import json
import time
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
from hostile_files import write_config
from oneiros import backend as K
from oneiros import layers
from oneiros.errors import (
    ArgumentError,
    FileAccessError,
    FileFormatError,
    ShapeError,
    UnknownNameError,
    UnsafeFileError,
)
from oneiros.models import (
    Model,
    Sequential,
    load_model,
    model_from_config,
    model_from_json,
    model_from_yaml,
)
from oneiros.saving import Budget, load_untrusted, parameter_budget
from oneiros_cli.file_tools import inspection
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_initializations import functions
from oneiros_saving import config_references, loading

ENTRANCES = {
    "load": load_model,
    "inspect": inspect_file,
    "convert": lambda path: convert(path, path.with_name("new.h5")),
}


def activation(name, **config):
    config = {"name": name, "activation": "relu", **config}
    return {"class_name": "Activation", "config": config}


def sequential(parts):
    return {"class_name": "Sequential", "config": parts}


SMALL = sequential([activation("a", batch_input_shape=[None, 3])])
WIDE = sequential([activation(f"a{index}") for index in range(3000)])


def test_texts_are_limited_too():
    with pytest.raises(UnsafeFileError, match="The JSON text: 3,001 layers and"):
        model_from_json(json.dumps(WIDE))
    with pytest.raises(UnsafeFileError, match="The YAML text: 3,001 layers"):
        model_from_yaml(json.dumps(WIDE))
    with pytest.raises(ArgumentError, match="budget must be a Budget"):
        model_from_json(json.dumps(SMALL), budget=5)


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_file_that_the_system_doesn_t_let_be_read(entrance):
    """It is there, and reading it fails."""
    with (
        K.use("theano"),
        pytest.raises(FileAccessError, match=r"Can't load .*: Input/output error"),
    ):
        ENTRANCES[entrance](Path("/proc/self/mem"))


def test_a_large_state_is_no_constant(tmp_path):
    """The zeros before the first step take no memory until the model runs."""
    config = {
        "name": "c",
        "nb_filter": 1,
        "nb_row": 1,
        "nb_col": 1,
        "dim_ordering": "th",
        "batch_input_shape": [None, 2, 1, 1 << 20, 1 << 20],
    }
    layer = {"class_name": "ConvLSTM2D", "config": config}
    with K.use("theano"):
        model = model_from_json(json.dumps(sequential([layer])))
    assert model.output_shape == (None, 1, 1 << 20, 1 << 20)


def wide(class_name, **config):
    """Returns the configuration of a layer on 2,000,000 features."""
    config = {"name": "d", "batch_input_shape": [None, 2_000_000], **config}
    return {"class_name": class_name, "config": config}


WITH_WEIGHTS = {
    "uniform": wide("Dense", output_dim=2),
    "one": wide("Dense", output_dim=2, init="one"),
    "zero": wide("Dense", output_dim=2, init="zero"),
    "batch normalization": wide("BatchNormalization"),
    "no scale": wide("BatchNormalization", scale=False, center=False),
    "slopes": wide("PReLU"),
    "filled": wide("ParametricSoftplus"),
}


@pytest.mark.parametrize("kind", WITH_WEIGHTS)
def test_a_text_is_converted_without_the_weights_that_it_asks_for(tmp_path, kind):
    config = sequential([WITH_WEIGHTS[kind]])
    path = tmp_path / "m.json"
    path.write_text(json.dumps(config))
    with K.use("theano"):
        model_from_json(json.dumps(SMALL))
        tracemalloc.start()
        convert(path, tmp_path / "there.json", dim_ordering="tf")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("shape", [[], [None]])
def test_inputs_without_axes_have_no_ordering(tmp_path, shape):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(sequential([activation("a", batch_input_shape=shape)])))
    with K.use("theano"), pytest.raises(ArgumentError, match="'a' have no axes"):
        convert(path, tmp_path / "new.json", dim_ordering="tf")


def test_axes_that_make_no_sense_can_t_be_converted(tmp_path):
    """Images that are joined along the batch had no sentence."""
    path = tmp_path / "m.json"
    with K.use("theano"):
        x = layers.Input((8, 8, 3))
        seen = layers.Convolution2D(2, 2, 2, dim_ordering="tf")(x)
        flat = layers.Flatten()(seen)
        joined = layers.merge([flat, flat], mode="concat", concat_axis=0)
        path.write_text(Model(x, layers.Dense(2)(joined)).to_json())
        with pytest.raises(ArgumentError, match="axes of a layer make"):
            convert(path, tmp_path / "new.json", dim_ordering="th")


def test_no_more_than_1_000_missing_names_and_refused_functions_are_listed(tmp_path):
    names = {f"a{number}_activation": f"u{number}" for number in range(1001)}
    functions = {f"f{number}": "x" for number in range(1001)}
    kinds = {f"f{number}_type": "lambda" for number in range(1001)}
    path = tmp_path / "m.json"
    path.write_text(
        json.dumps(sequential([activation("a", **names, **functions, **kinds)]))
    )
    inspection = inspect_file(path)
    assert len(inspection.missing) == len(inspection.refused) == 1000
    with pytest.raises(UnknownNameError, match="At least 1,000 names are unknown"):
        model_from_json(path.read_text())


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("key", ["name", "class_name"])
def test_the_length_of_a_name_is_limited(tmp_path, entrance, key):
    """The places of 1,900 layers in a model took 1.8 GB: its name had a megabyte."""
    inner = {**sequential([]), key: "n" * 301}
    path = write_config(tmp_path / "m.h5", sequential([inner]))
    with (
        K.use("theano"),
        pytest.raises(UnsafeFileError, match="a name of 301 characters") as caught,
    ):
        ENTRANCES[entrance](path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "arguments",
    [{"activation": "u" * 301}, {"W_regularizer": {"name": "u" * 301}}],
    ids=["activation", "regularizer"],
)
def test_the_length_of_a_function_s_name_is_limited(arguments):
    config = sequential([activation("a", **arguments)])
    with pytest.raises(UnsafeFileError, match="a name of 301 characters"):
        model_from_json(json.dumps(config))


def test_a_message_quotes_little_of_a_configuration(tmp_path):
    """A shape that was a text of a megabyte became a part of the message."""
    config = sequential([activation("a", batch_input_shape="s" * 1_000_000)])
    path = write_config(tmp_path / "m.h5", config)
    loads = {
        "a file": lambda: load_model(path),
        "a text": lambda: model_from_json(json.dumps(config)),
        "a dict": lambda: model_from_config(config),
        "a conversion": lambda: convert(path, tmp_path / "new.json", dim_ordering="tf"),
    }
    with K.use("theano"):
        for load in loads.values():
            with pytest.raises(ShapeError, match="characters more") as caught:
                load()
            assert "'a' received the shape 'sss" in str(caught.value)
            assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("name", [[1, 2], {"a": 1}, 5, None])
def test_names_that_are_no_texts(tmp_path, name):
    config = graph({"inbound_nodes": [[["i", 0, 0]]]})
    config["config"]["name"] = name
    path = tmp_path / "m.json"
    path.write_text(json.dumps(config))
    with K.use("theano"):
        convert(path, tmp_path / "new.json", dim_ordering="tf")


@pytest.mark.parametrize(
    "name", ["全角\u3000空白", "a\u00a0b", "größe", "層 1", "می\u200cشود"]
)
def test_unusual_names_are_no_attack(name):
    with K.use("theano"):
        model = model_from_json(
            json.dumps(sequential([activation(name, batch_input_shape=[None, 3])]))
        )
    assert model.layers[0].name == name


def test_the_place_of_a_layer_is_limited():
    part = activation("inner")
    for number in range(20):
        part = {**sequential([part]), "name": f"{number}" * 100}
    places = [part.where for part in config_references.layers(part)]
    assert places[1] == "18" * 100
    assert max(map(len, places)) == 1000
    assert places[-1].startswith("…")
    assert places[-1].endswith(f"/{'0' * 100}/inner")


def test_the_weights_of_another_model_are_named_shortly(tmp_path):
    """The message had a megabyte."""
    path = tmp_path / "w.h5"
    name = "n" * 5000
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name]
        group = file.create_group(name)
        group.attrs["weight_names"] = [f"w{index}" for index in range(500)]
        for index in range(500):
            group[f"w{index}"] = np.zeros(1)
    model = Sequential([layers.Dense(3, input_dim=4)])
    with pytest.raises(FileFormatError, match="holds for layer 'nnn") as refusal:
        model.load_weights(path)
    assert len(str(refusal.value)) < 3000


def dense(rows, columns, init):
    config = {"name": "d", "init": init, "output_dim": columns}
    config["batch_input_shape"] = [None, rows]
    return {"class_name": "Dense", "config": config}


def test_short_memory_is_no_mistake_in_a_configuration(tmp_path, monkeypatch):
    def short(*arguments):
        raise MemoryError

    config = sequential([dense(3, 4, "uniform")])
    path = write_config(tmp_path / "m.h5", config)
    monkeypatch.setattr(functions, "initialized", short)
    with K.use("theano"):
        with pytest.raises(FileAccessError, match="The JSON text: Cannot allocate mem"):
            model_from_json(json.dumps(config))
        with pytest.raises(FileAccessError, match=r"m\.h5: Cannot allocate memory"):
            load_model(path)


def model_and_peak(layer):
    """Returns the model of one layer, and the memory that building it took."""
    text = json.dumps(sequential([layer]))
    with K.use("theano"):
        model_from_json(text)
        tracemalloc.start()
        model = model_from_json(text)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return model, peak


def test_the_length_of_a_text_is_limited_before_it_is_read():
    for text in (" " * 7_500_001, b" " * 7_500_001):
        with pytest.raises(UnsafeFileError, match=r"JSON .* 7,500,001\..*text_bytes="):
            model_from_json(text)
        with pytest.raises(UnsafeFileError, match="The YAML text has a length of 7,50"):
            model_from_yaml(text)


def test_an_identity_takes_no_more_memory_than_its_values():
    model, peak = model_and_peak(dense(1000, 1000, "identity"))
    kernel = model.get_weights()[0]
    np.testing.assert_array_equal(kernel, np.eye(1000))
    assert peak < 1.5 * kernel.nbytes


FILLED = {
    "one": (wide("Dense", output_dim=2, init="one", bias=False), [1.0]),
    "zero": (wide("Dense", output_dim=2, init="zero", bias=False), [0.0]),
    "batch normalization": (wide("BatchNormalization"), [1.0, 0.0, 0.0, 1.0]),
    "softplus": (wide("ParametricSoftplus"), [0.2, 5.0]),
}


@pytest.mark.parametrize("kind", FILLED)
def test_equal_values_take_no_more_memory_than_themselves(kind):
    """Ones took three times as much."""
    layer, values = FILLED[kind]
    model, peak = model_and_peak(layer)
    weights = model.get_weights()
    for weight, value in zip(weights, values, strict=True):
        np.testing.assert_array_equal(weight, np.full_like(weight, value))
    assert peak < 1.5 * sum(weight.nbytes for weight in weights)


def graph(calls):
    """Returns the configuration of a model with one layer."""
    size = {"name": "i", "batch_input_shape": [None, 3]}
    layers = [
        {"class_name": "InputLayer", "name": "i", "config": size, "inbound_nodes": []},
        {
            "class_name": "Dense",
            "name": "d",
            "config": {"name": "d", "output_dim": 3},
            **calls,
        },
    ]
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["d", 0, 0]]}
    return {"class_name": "Model", "config": {"name": "m", "layers": layers, **ends}}


def test_the_caller_limits_the_weights_of_a_file(tmp_path):
    """Its states aren't in the file, and may have more numbers than its weights."""
    state = layers.SimpleRNN(10, batch_input_shape=(500_000, 1, 1), stateful=True)
    with K.use("jax"):
        Sequential([state]).save(tmp_path / "m.h5")
        with pytest.raises(UnsafeFileError, match="parameter_budget"):
            load_model(tmp_path / "m.h5")
        with parameter_budget(6_000_000):
            assert load_model(tmp_path / "m.h5").count_params() == 120
        with parameter_budget(100), pytest.raises(UnsafeFileError, match="is 100 "):
            load_model(tmp_path / "m.h5")


@pytest.fixture
def looked_at(monkeypatch):
    """The thread's clock goes a second further whenever it is read. Returns how often
    that was."""
    readings = itertools.count()
    monkeypatch.setattr(time, "thread_time", lambda: next(readings))
    return lambda: next(readings)


def test_a_load_has_no_clock_unless_the_caller_wants_one(tmp_path, looked_at):
    with K.use("theano"):
        Sequential([layers.Dense(3, input_dim=4)]).save(tmp_path / "m.h5")
        load_model(tmp_path / "m.h5")
        model_from_json(json.dumps(SMALL))
        convert(tmp_path / "m.h5", tmp_path / "new.json", dim_ordering="tf")
    assert looked_at() == 0


TIMED = {
    "a text": lambda path, budget: model_from_json(json.dumps(WIDE), budget=budget),
    "a dict": lambda path, budget: model_from_config(WIDE, budget=budget),
    "a file": lambda path, budget: load_model(path, budget=budget),
    "an upload": lambda path, budget: load_untrusted(path, budget=budget),
    "an inspection": lambda path, budget: inspect_file(path, budget=budget),
}


@pytest.mark.parametrize("reading", TIMED)
def test_the_clock_is_looked_at_everywhere(tmp_path, looked_at, reading):
    """A layer, a weight and 64 steps of reading are what comes between two looks."""
    path = write_config(tmp_path / "m.h5", WIDE)
    budget = Budget(seconds=1, layers=4_000)
    with (
        K.use("theano"),
        pytest.raises(UnsafeFileError, match=r"more than 1 s .*Budget\(seconds=60\)"),
    ):
        TIMED[reading](path, budget)
    assert looked_at() == 3


def test_weights_are_read_by_the_clock(tmp_path):
    path = tmp_path / "w.h5"
    with K.use("theano"):
        model = Sequential([layers.Dense(1, input_dim=1) for _ in range(20)])
        model.save_weights(path)
        with pytest.raises(UnsafeFileError, match="more than 0 s"):
            loading.load_weights(model, path, budget=Budget(seconds=0))


def test_a_service_s_door_has_a_clock(tmp_path, monkeypatch):
    ends = []
    for module in (inspection, loading):
        monkeypatch.setattr(
            module, "running", lambda *limit: ends.append(limit) or 1 / 0
        )
    path = write_config(tmp_path / "m.h5", SMALL)
    for enter in (load_untrusted, inspect_file):
        with K.use("theano"), pytest.raises(ZeroDivisionError):
            enter(path)
    assert ends == [(10.0, path)] * 2


def test_the_limit_of_time_holds_between_any_two_layers(monkeypatch):
    """Nothing is built after the time is over."""
    made = []

    class Slow(layers.Activation):
        def __init__(self, **kwargs):
            made.append(kwargs["name"])
            super().__init__(**kwargs)
            monkeypatch.setattr(time, "thread_time", lambda: 1e9)

    slow = {**activation("slow", batch_input_shape=[None, 3]), "class_name": "Slow"}
    config = sequential([slow, activation("next"), activation("last")])
    with K.use("theano"), pytest.raises(UnsafeFileError, match=r"more than 5 s"):
        model_from_json(json.dumps(config), {"Slow": Slow}, budget=Budget(seconds=5))
    assert made == ["slow"]


def test_the_weights_of_a_text_are_limited_by_their_memory():
    config = sequential([dense(100, 100, "uniform")])
    text = json.dumps(config)
    limits = Budget(array_bytes=40_399)
    builds = [
        lambda: model_from_json(text, budget=limits),
        lambda: model_from_yaml(text, budget=limits),
        lambda: model_from_config(config, budget=limits),
    ]
    with K.use("theano"):
        for build in builds:
            with pytest.raises(UnsafeFileError, match="limit is 10,099 parameters"):
                build()
        model_from_json(text, budget=Budget(array_bytes=40_400))
