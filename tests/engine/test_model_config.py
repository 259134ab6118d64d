"""Models to configurations and back.

1.2.2's layout, layers in any order, what makes no graph.
"""

import copy
import json

import numpy as np
import pytest
from oneiros import registry
from oneiros.engine.layer import Input
from oneiros.errors import (
    ArgumentError,
    ConfigError,
    GraphError,
    UnknownNameError,
    UnsafeFileError,
)
from oneiros.models import Model
from oneiros.saving import model_from_config
from oneiros_safe_files.json_text import loads
from tiny_layers import OBJECTS, Scale, Shift, Total


def net():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = Shift(2.0, name="shared")
    total = Total(name="total")([shared(a), shared(b)])
    return Model(
        [a, b], [Scale(name="scale")(total), shared.get_output_at(1)], name="net"
    )


def entry(name, cls, inbound, **config):
    return {
        "name": name,
        "class_name": cls,
        "config": {"name": name, **config},
        "inbound_nodes": inbound,
    }


START = entry("x", "InputLayer", [], batch_input_shape=[None, 3])


def graph(*layers, ends=(("last", 0, 0),), starts=(("x", 0, 0),)):
    return {
        "name": "m",
        "layers": list(layers),
        "input_layers": [list(place) for place in starts],
        "output_layers": [list(place) for place in ends],
    }


def build(config):
    return Model.from_config(copy.deepcopy(config), OBJECTS)


def test_calls_outside_the_model_are_left_out_and_indices_adjusted():
    x = Input((3,), name="x")
    layer = Shift(name="s")
    layer(Input((3,)))
    layer(Input((3,)))
    model = Model(x, layer(x))
    config = model.get_config()
    assert config["layers"][1]["inbound_nodes"] == [[["x", 0, 0]]]
    assert config["output_layers"] == [["s", 0, 0]]
    assert build(config).get_config() == config


def test_layers_may_be_listed_in_any_order():
    layers = [
        entry("last", "Shift", [[["twice", 1, 0]]]),
        entry("twice", "Shift", [[["x", 0, 0]], [["between", 0, 0]]]),
        entry("between", "Shift", [[["twice", 0, 0]]]),
        START,
    ]
    model = build(graph(*layers))
    assert [layer.name for layer in model.layers] == ["x", "twice", "between", "last"]
    backwards = [entry(str(i), "Shift", [[[str(i + 1), 0, 0]]]) for i in range(600)]
    chain = [
        entry("last", "Shift", [[["0", 0, 0]]]),
        *backwards,
        entry("600", "Shift", [[["x", 0, 0]]]),
        START,
    ]
    assert len(build(graph(*chain)).layers) == 603


@pytest.mark.parametrize(
    "calls",
    [
        [entry("last", "Shift", [[["last", 0, 0]]])],
        [
            entry("last", "Shift", [[["other", 0, 0]]]),
            entry("other", "Shift", [[["last", 0, 0]]]),
        ],
        [entry("last", "Shift", [[["x", 7, 0]]])],
    ],
    ids=["itself", "cycle", "no such call"],
)
def test_layers_that_wait_for_each_other(calls):
    with pytest.raises(
        GraphError, match=r"in a cycle, or to calls that don't exist.*inbound_nodes"
    ):
        build(graph(START, *calls))


@pytest.mark.parametrize(
    "place",
    [
        ["nobody", 0, 0],
        ["x", 0, 1],
        ["x", 0, -1],
        ["x", -1, 0],
        ["x", True, 0],
        ["x", 0.0, 0],
        ["x", 0],
        ["x", 0, 0, {}],
        "x",
        None,
        [["x"], 0, 0],
    ],
    ids=str,
)
def test_a_reference_to_what_does_not_exist(place):
    with pytest.raises(
        ConfigError,
        match=r"refers to .* doesn't exist.*\[layer name, node index, tensor index\]",
    ):
        build(graph(START, entry("last", "Shift", [[place]])))
    with pytest.raises(ConfigError, match=r"refers to .* doesn't exist"):
        build(
            {
                **graph(START, entry("last", "Shift", [[["x", 0, 0]]])),
                "output_layers": [place],
            }
        )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"layers": None}, "layer 'Model' can't be built"),
        ({"layers": {"x": {}}}, "layer 'Model' can't be built"),
        ({"layers": [3]}, "layer 'Model' can't be built"),
        ({"layers": [{"name": ["x"]}]}, "layer 'Model' can't be built"),
        (
            {"layers": [{**START, "inbound_nodes": None}]},
            "layer 'Model' can't be built",
        ),
        ({"layers": [START, START]}, "two layers named 'x'"),
        (
            {"layers": [{"name": "x", "class_name": 3, "config": {}}]},
            "configuration of the layer looks like",
        ),
        ({"input_layers": 3}, "layer 'Model' can't be built"),
    ],
)
def test_a_configuration_of_another_form(change, expected):
    with pytest.raises(ConfigError, match=expected):
        build({**graph(START), **change})


@pytest.mark.parametrize("call", ["x", [], None, {}, 3])
def test_a_call_that_is_no_list_of_references(call):
    with pytest.raises((ConfigError, ArgumentError)):
        build(graph(START, entry("last", "Shift", [call])))


def test_no_configuration_at_all():
    with pytest.raises(ConfigError, match="layer 'Model' can't be built"):
        Model.from_config(None)


def test_an_end_without_layers_is_a_graph_error():
    with pytest.raises(GraphError, match="no layer returned output 0"):
        build(graph(START, ends=()))


def test_custom_classes_are_known_during_the_call_alone():
    config = net().get_config()
    with pytest.raises(
        UnknownNameError, match=r"Unknown layer 'S.*custom_objects=\{'S"
    ):
        Model.from_config(config)
    build(config)
    with pytest.raises(UnknownNameError):
        Model.from_config(config)


def test_from_config_is_guarded_like_loading():
    config = graph(START, entry("last", "Scale", [[["x", 0, 0]]]))
    with (
        registry.register("layer", "Scale", Scale),
        pytest.raises(UnsafeFileError, match="loadable = True"),
    ):
        Model.from_config(config)
    huge = graph(
        entry("x", "InputLayer", [], batch_input_shape=[None, 10**12]),
        config["layers"][1],
    )
    with pytest.raises(
        UnsafeFileError,
        match=r"Scale 'last' ask for a weight of shape \(1000000000000,\)",
    ):
        build(huge)


def classes(config):
    """All class names in a configuration."""
    if isinstance(config, dict):
        names = {config["class_name"]} if "class_name" in config else set()
        return names.union(*(classes(value) for value in config.values()))
    return (
        set().union(*(classes(value) for value in config))
        if isinstance(config, list)
        else set()
    )


def differing(ours, theirs, where=""):
    """Yields where our configuration lacks or contradicts what 1.2.2 wrote.

    Further keys are welcome.
    """
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key, value in theirs.items():
            yield from differing(ours.get(key, "(missing)"), value, f"{where}.{key}")
    elif (
        isinstance(theirs, list) and isinstance(ours, list) and len(ours) == len(theirs)
    ):
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differing(*pair, f"{where}[{index}]")
    elif ours != theirs:
        yield f"{where}: {ours!r}, in Keras 1.2.2 {theirs!r}"


FIELDS = ["class_name", "config", "keras_version"]


def test_models_of_keras_1_come_back_as_they_were(golden_dir):
    """Every golden model whose layers are installed.

    The same layers, order and connections.
    """
    tried = []
    known = set(registry.names("layer"))
    for path in sorted((golden_dir / "models").glob("*.json")):
        config = (
            loads(path.read_text())
            if path.name != "index.json"
            else {"class_name": None}
        )
        if classes(config) <= known:
            model = model_from_config(config)
            written = json.loads(model.to_json())
            assert list(written) == list(config) == FIELDS, path.name
            assert not list(differing(written, config)), path.name
            tried.append(path.stem)
    needed = {
        "func_merge_modes",
        "func_multi_io",
        "nested_model_in_model",
        "nested_multi_output_model",
    }
    assert {*needed, "seq_merge_two_branches", "seq_opt_adam"} <= set(tried)


@pytest.mark.parametrize(
    "name",
    ["nested_model_in_model", "nested_multi_output_model", "seq_merge_two_branches"],
)
def test_order_of_weights_is_that_of_keras_1(golden_dir, name):
    (expected,) = [
        entry["weight_names"]
        for entry in json.loads((golden_dir / "models" / "index.json").read_text())[
            "models"
        ]
        if entry["name"] == name
    ]
    model = model_from_config(
        loads((golden_dir / "models" / f"{name}.json").read_text())
    )
    ours = [str(weight.name).removesuffix(":0") for weight in model.ordered_weights()]
    assert ours == [weight.removesuffix(":0") for weight in expected]
    shapes = [value.shape for value in model.get_weights()]
    with np.load(golden_dir / "models" / f"{name}.npz") as stored:
        assert shapes == [
            stored[f"resume_w{index}"].shape for index in range(len(shapes))
        ]
