"""JSON in and out: what is refused, and what configurations become."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros import registry
from oneiros.errors import ConfigError, UnsafeFileError
from oneiros_safe_files import json_text
from plain_data import PLAIN


@given(PLAIN)
def test_plain_data_comes_back_as_it_was(value):
    text = json_text.dumps(value)
    assert text == json.dumps(value) and json_text.loads(text) == value


@given(st.text(alphabet='[]{}",:\\ \n1aé', max_size=60))
def test_any_text_is_parsed_as_by_the_standard_library_or_refused(text):
    try:
        expected = json.loads(text)
    except json.JSONDecodeError:
        with pytest.raises((ConfigError, UnsafeFileError)):
            json_text.loads(text)
        return
    try:
        assert json_text.loads(text) == expected
    except UnsafeFileError as error:
        assert "occurs twice" in str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 100_000 + "]" * 100_000, "nests deeper than 200"),
        ('{"a":' * 100_000, "nests deeper"),
        ("9" * 5000, "finite number of at most 40 digits"),
        ("-" + "9" * 5000, "at most 40 digits"),
        ("0." + "1" * 5000, "at most 40 digits"),
        ("NaN", "holds NaN"),
        ("[Infinity]", "holds Infinity"),
        ('{"a": -Infinity}', "holds -Infinity"),
        ("1e999", "holds 1e999"),
        ('["\\ud800"]', "half of a character"),
        ('{"\\uDC00x": 1}', "half of a character"),
        ('{"a": 1, "b": 2, "a": 3}', r"occurs twice .* the keys \['a', 'b'\]"),
        ('[{"x": {"y": 1, "y": 1}}]', "occurs twice"),
        ("[" + "{}," * 1_000_000 + "{}]", "more than 1000000 tokens"),
        ("[" + "0," * 3_000_000 + "0]", "more than 1000000 tokens"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_text_is_refused_without_much_memory(text, expected):
    with pytest.raises(UnsafeFileError, match=expected) as caught:
        json_text.loads(text)
    assert len(str(caught.value)) < 400
    if len(text) > 1_000_000:
        return  # it is refused before anything is made of it; tracing takes long
    tracemalloc.start()
    try:
        with pytest.raises(UnsafeFileError):
            json_text.loads(text)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{'a': 1}", '{"a": 1} x', "nan"])
def test_what_is_no_json(text):
    with pytest.raises(ConfigError, match="This isn't JSON"):
        json_text.loads(text)


@pytest.mark.parametrize("value", [None, {"class_name": "Model"}, b"{}", 3])
def test_what_is_no_text(value):
    with pytest.raises(
        ConfigError, match=f"Expected JSON text; received {type(value).__name__}"
    ):
        json_text.loads(value)


def test_brackets_within_text_do_not_count():
    assert json_text.loads(json.dumps({"a": "[" * 1000, "b": '\\"{' * 300})) == {
        "a": "[" * 1000,
        "b": '\\"{' * 300,
    }


def test_a_deep_but_sane_configuration_loads():
    layers = [
        {"name": f"layer_{i}", "config": {str(k): k for k in range(30)}}
        for i in range(1000)
    ]
    assert json_text.loads(json.dumps({"layers": layers}))["layers"] == layers


def test_numpy_values_become_plain():
    value = {
        "a": np.float32(0.5),
        "b": np.int64(3),
        "c": np.arange(4).reshape(2, 2),
        "d": np.bool_(True),
        "e": (1, None),
    }
    expected = {"a": 0.5, "b": 3, "c": [[0, 1], [2, 3]], "d": True, "e": [1, None]}
    assert json.loads(json_text.dumps(value)) == expected


def test_layout_is_the_callers():
    assert (
        json_text.dumps({"b": 1, "a": 2}, sort_keys=True, indent=1)
        == '{\n "a": 2,\n "b": 1\n}'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [np.float32("-inf")]])
def test_numbers_that_loads_would_refuse_are_not_written(value):
    with pytest.raises(ConfigError, match="can't be written as JSON"):
        json_text.dumps({"mask_value": value})


def test_an_object_that_is_no_data():
    with pytest.raises(
        ConfigError,
        match=r"object <object object.* is no number, text, list, dict or function",
    ):
        json_text.dumps({"x": object()})


def double(x):
    return x * 2


def test_functions_are_written_by_name_without_bytecode():
    from oneiros import activations, objectives

    assert json_text.dumps(activations.relu) == '"oneiros-activations:relu"'
    assert (
        json_text.dumps(objectives.mean_squared_error)
        == '"oneiros-objectives:mean_squared_error"'
    )
    for function, name in ((double, "double"), (lambda x: x, "<lambda>"), (len, "len")):
        written = json.loads(json_text.dumps(function))
        assert written["class_name"] == "__function__" and written["name"].endswith(
            name
        )
        assert written.keys() - {"code_sha256"} == {"class_name", "name"}


def test_a_function_that_only_has_the_name_of_a_registered_one():
    def relu(x):
        return x

    assert json.loads(json_text.dumps(relu))["class_name"] == "__function__"
    with registry.register("activation", "double", double, distribution="my-lab"):
        assert json_text.dumps(double) == '"my-lab:double"'
