"""What is saved here could be read by Keras 1.2.2.

Its files, loaded and saved, keep their layout.
"""

import inspect
import json
import re
from pathlib import Path

import numpy as np
import oneiros.models
import oneiros.utils.generic_utils
import pytest
from oneiros import backend as K
from oneiros.models import Model, Sequential, load_model

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
FEW = (
    "func_multi_io",
    "nested_model_in_model",
    "seq_conv2d_th",
    "seq_bn_modes12",
    "seq_embedding_mask_lstm",
)
INDEX = json.loads((MODELS / "index.json").read_text(encoding="utf-8"))["models"]
OTHERS = [
    each["name"]
    for each in INDEX
    if not each["custom_objects"] and each["name"] not in FEW
]
CASES = [
    *FEW,
    *(pytest.param(name, marks=pytest.mark.exhaustive(only=True)) for name in OTHERS),
]

FUNCTIONS = {
    "save_model": lambda model, filepath, overwrite=True: None,
    "load_model": lambda filepath, custom_objects=None: None,
    "model_from_config": lambda config, custom_objects=None: None,
    "model_from_json": lambda json_string, custom_objects=None: None,
    "model_from_yaml": lambda yaml_string, custom_objects=None: None,
}
METHODS = {
    "save": lambda self, filepath, overwrite=True: None,
    "save_weights": lambda self, filepath, overwrite=True: None,
    "load_weights": lambda self, filepath, by_name=False: None,
    "to_json": lambda self, **kwargs: None,
    "to_yaml": lambda self, **kwargs: None,
}


def begins_as(function, expected):
    """Tells whether a function takes Keras 1's arguments first, and needs no others."""
    actual, wanted = (
        [
            (each.name, each.default, each.kind)
            for each in inspect.signature(f).parameters.values()
        ]
        for f in (function, expected)
    )
    return actual[: len(wanted)] == wanted and all(
        default is not inspect.Parameter.empty
        for _, default, _ in actual[len(wanted) :]
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_the_arguments_of_keras(name):
    assert begins_as(getattr(oneiros.models, name), FUNCTIONS[name])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("cls", [Model, Sequential])
def test_methods_have_the_arguments_of_keras(cls, name):
    assert begins_as(getattr(cls, name), METHODS[name])


def test_scopes_of_custom_objects_are_where_keras_has_them():
    utils = oneiros.utils.generic_utils
    with utils.custom_object_scope({"A": 1}, {"B": 2}):
        assert utils.get_custom_objects().items() >= {"A": 1, "B": 2}.items()
    with utils.CustomObjectScope({"A": 1}):
        assert utils.get_custom_objects()["A"] == 1
    assert "A" not in utils.get_custom_objects()


def agrees(actual, expected):
    """Tells whether a configuration says all that another says, and perhaps more."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            key in actual and agrees(actual[key], value)
            for key, value in expected.items()
        )
    if isinstance(expected, list):
        return len(actual) == len(expected) and all(map(agrees, actual, expected))
    if isinstance(expected, float):
        return actual == pytest.approx(expected, rel=1e-6)
    return actual == expected


@pytest.mark.parametrize("name", CASES)
def test_keras_own_files_loaded_and_saved_keep_their_layout(
    name, tmp_path, describe_for_keras
):
    path = MODELS / f"{name}.h5"
    with K.use("tensorflow"):
        load_model(path).save(tmp_path / "m.h5")
    actual, expected = describe_for_keras(tmp_path / "m.h5"), describe_for_keras(path)
    assert actual.pop("/@oneiros_provenance")[0] == "attribute"
    for attribute in [place for place in expected if place.endswith("_config")]:
        (*kind, value) = actual.pop(attribute)
        (*other, wanted) = expected.pop(attribute)
        assert kind == other, "the same type on disk"
        assert agrees(json.loads(value), json.loads(wanted))
    states = [
        {
            place: each.pop(place)
            for place in [*each]
            if place.startswith("optimizer_weights")
        }
        for each in (actual, expected)
    ]
    assert actual == expected
    assert_same_state(*states)


def assert_same_state(actual, expected):
    """Checks an optimizer's state.

    Names are of the engine's making, but order, types and values are kept.
    """
    (group, other) = (
        each.pop("optimizer_weights", None) for each in (actual, expected)
    )
    assert (group is None) == (other is None)
    if group is None:
        return
    lists = [each.pop("optimizer_weights@weight_names") for each in (actual, expected)]
    assert lists[0][1] > 0 and lists[0][3:5] == lists[1][3:5], (
        "fixed-length bytes, as many"
    )
    names = [[name.decode() for name in each[-1]] for each in lists]
    assert (
        all(re.fullmatch(r"[^/]+:0", name) for name in names[0])
        and sorted(names[0]) == group[1]
    )
    for one, two in zip(*names, strict=True):
        mine = actual.pop(f"optimizer_weights/{one}")
        theirs = expected.pop(f"optimizer_weights/{two}")
        assert mine[:4] == theirs[:4]
        np.testing.assert_array_equal(
            np.frombuffer(mine[4], "f4"), np.frombuffer(theirs[4], "f4")
        )
    assert actual == expected == {}
