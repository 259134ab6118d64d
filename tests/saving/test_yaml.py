"""YAML: what 1.2.2 wrote is read, and what is written here says the same in the same
layout."""

import json

import pytest
import yaml
from fresh import ROOT
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros.errors import ConfigError, UnsafeFileError
from oneiros.layers import Lambda
from oneiros.models import Sequential, model_from_json, model_from_yaml
from oneiros_safe_files.yaml_text import dumps, loads
from plain_data import PLAIN

GOLDEN = sorted((ROOT / "tests" / "golden" / "models").glob("*.yaml"))


def test_there_are_golden_texts():
    assert len(GOLDEN) == 40


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_text_says_what_its_json_says(path):
    assert loads(path.read_text()) == json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_written_text_is_that_of_1_2_2(path):
    """PyYAML's own loader, which 1.2.2 used, finds all that 1.2.2 wrote.

    Tuples, values and keys.
    """
    with K.use("tensorflow"):
        text = model_from_yaml(path.read_text()).to_yaml()
    actual, expected = (
        yaml.load(t, Loader=yaml.UnsafeLoader) for t in (text, path.read_text())
    )
    assert_holds(actual, expected, "")


def assert_holds(actual, expected, where):
    if isinstance(expected, dict):
        assert set(expected) <= set(actual), where
        for key, value in expected.items():
            assert_holds(actual[key], value, f"{where}/{key}")
    elif isinstance(expected, (list, tuple)):
        assert type(actual) is type(expected) and len(actual) == len(expected), where
        for index, (item, value) in enumerate(zip(actual, expected, strict=True)):
            assert_holds(item, value, f"{where}/{index}")
    else:
        assert actual == expected, where


def test_functions_leave_a_marker_as_in_json():
    one = 1
    with K.use("tensorflow"):
        model = Sequential([Lambda(lambda x: x + one, input_shape=(3,), name="plus")])
        assert "python/" not in model.to_yaml().replace("!!python/tuple", "")
        with pytest.raises(UnsafeFileError) as from_yaml:
            model_from_yaml(model.to_yaml())
        with pytest.raises(UnsafeFileError) as from_json:
            model_from_json(model.to_json())
    assert str(from_yaml.value) == str(from_json.value)


@given(PLAIN)
def test_plain_data_comes_back_as_it_was(value):
    text = dumps(value)
    assert loads(text) == value and yaml.safe_load(text) == value


@given(st.text(alphabet="[]{}\",:&*!-?|>#%@` \n1ab'~.", max_size=60))
def test_any_text_is_parsed_as_by_pyyaml_or_refused(text):
    try:
        content = loads(text)
    except (ConfigError, UnsafeFileError):
        return
    assert content == yaml.load(text, Loader=yaml.CSafeLoader)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: !!python/unicode 'x'\nb: !!python/str y\nc: !!python/long '5'",
            {"a": "x", "b": "y", "c": 5},
        ),
        (
            "{a: 'on', b: on, c: 1.0e-05, d: 0x10, e: ~, f: 'null'}",
            {"a": "on", "b": True, "c": 1e-5, "d": 16, "e": None, "f": "null"},
        ),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
    ],
)
def test_what_python_2_and_pyyaml_wrote_is_read(text, expected):
    assert loads(text) == expected


def test_a_repeated_part_is_not_shared():
    content = loads("a: &x [1, 2]\nb: *x")
    content["a"].append(3)
    assert content["b"] == [1, 2]


def test_a_tuple_is_written_as_python_s():
    assert dumps({"shape": (None, 3)}) == "shape: !!python/tuple [null, 3]\n"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", ConfigError, "Expected one YAML document; received 0"),
        ("a\n---\nb", ConfigError, "received 2"),
        ("[a", ConfigError, "isn't YAML"),
        ("{1: a}", ConfigError, "A key in the YAML is 1"),
        ("? [a]\n: b", ConfigError, "A key in the YAML is"),
        ("!!int abc", ConfigError, "'abc' isn't a valid int"),
        ("!!bool 2", ConfigError, "'2' isn't a valid bool"),
        ("a: 2001-01-01", UnsafeFileError, "tag 'timestamp'"),
        ("a: !mine 3", UnsafeFileError, "tag '!mine'"),
        ("a: !!set {x}", UnsafeFileError, "an object with the tag 'set'"),
        ("a: !!binary aGVsbG8=", UnsafeFileError, "binary data"),
        ("!!binary aGVsbG8=", UnsafeFileError, "binary data"),
        ("*x", ConfigError, "undefined alias"),
        ("<<: {a: 1}", UnsafeFileError, "tag 'merge'"),
        (5, ConfigError, "Expected YAML text"),
        ("a: \ud800", ConfigError, "isn't YAML"),
        (
            "!!python/object/apply:numpy.core.multiarray.scalar [1, 2]",
            UnsafeFileError,
            "don't match",
        ),
        (
            "!!python/object/apply:numpy.dtype {args: [O8]}",
            UnsafeFileError,
            "the type 'O8'",
        ),
        (
            "!!python/object/apply:numpy.core.multiarray.scalar\n- "
            "!!python/object/apply:numpy.dtype "
            "{args: [f8]}\n- !!binary AAAAAAAA8H8=",
            UnsafeFileError,
            "holds inf",
        ),
    ],
)
def test_other_text_is_refused(text, error, message):
    with pytest.raises(error, match=message):
        loads(text)
