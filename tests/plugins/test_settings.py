"""Settings: which source wins, and what is said about values that make no sense."""

import json

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from oneiros import settings
from oneiros.errors import SettingsError

KERAS_1 = {
    "image_dim_ordering": "th",
    "epsilon": 1e-05,
    "floatx": "float64",
    "backend": "tensorflow",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, with functions that write the files."""
    monkeypatch.delenv("ONEIROS_BACKEND")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ONEIROS_HOME", str(tmp_path / "oneiros"))
    (tmp_path / "oneiros").mkdir()
    (tmp_path / ".keras").mkdir()
    return tmp_path


def write(home, text):
    (home / "oneiros" / "settings.toml").write_text(text)


def write_keras(home, values):
    (home / ".keras" / "keras.json").write_text(
        values if isinstance(values, str) else json.dumps(values)
    )


def test_defaults(home):
    assert [
        settings.get(key)
        for key in ("backend", "floatx", "epsilon", "image_dim_ordering")
    ] == [None, "float32", 1e-7, "tf"]
    assert (
        settings.get("disable"),
        settings.get("prefer"),
        settings.get("strict"),
    ) == ((), {}, False)


def test_precedence(home, monkeypatch):
    write_keras(home, KERAS_1)
    write(home, 'backend = "jax"\nepsilon = 1e-3\n')
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    monkeypatch.setenv("ONEIROS_BACKEND", "mine")
    with settings.override(backend="code"), settings.override(backend="inner"):
        sources = settings.candidates("backend")
    file = str(home / "oneiros" / "settings.toml")
    keras = str(home / ".keras" / "keras.json")
    assert sources == [
        ("inner", "settings.override"),
        ("code", "settings.override"),
        ("mine", "ONEIROS_BACKEND"),
        ("theano", "KERAS_BACKEND"),
        ("jax", file),
        ("tensorflow", keras),
        (None, "default"),
    ]
    assert settings.get("epsilon") == 1e-3
    assert settings.get("floatx") == "float64", "the file of Keras 1 is read too"
    assert settings.get("image_dim_ordering") == "th"


def test_an_empty_variable_counts_as_unset(home, monkeypatch):
    monkeypatch.setenv("ONEIROS_BACKEND", "")
    assert settings.get("backend") is None


def test_overrides_end_with_their_block(home):
    with pytest.raises(RuntimeError), settings.override(floatx="float64"):
        assert settings.get("floatx") == "float64"
        raise RuntimeError
    assert settings.get("floatx") == "float32"


@pytest.mark.parametrize(
    "values",
    [
        {
            "image_data_format": "channels_last",
            "epsilon": 1e-07,
            "floatx": "float32",
            "backend": "tensorflow",
        },
        {"backend": "cntk", "floatx": "float64"},
        {"backend": "jax", "floatx": "float64"},
        {"floatx": "float64"},
        ["float64"],
        "{not json",
        "",
    ],
)
def test_another_keras_configuration_is_passed_over(home, values):
    write_keras(home, values)
    assert settings.get("floatx") == "float32" and settings.get("backend") is None


def test_the_place_of_the_file(home, monkeypatch):
    assert settings.path() == home / "oneiros" / "settings.toml"
    monkeypatch.delenv("ONEIROS_HOME")
    assert settings.path() == home / ".oneiros" / "settings.toml"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("No", False)],
)
def test_strict_from_the_environment(home, monkeypatch, text, value):
    monkeypatch.setenv("ONEIROS_STRICT", text)
    assert settings.get("strict") is value


def test_disable_takes_any_spelling(home, monkeypatch):
    monkeypatch.setenv("ONEIROS_DISABLE", "Oneiros_CLI, my.lab,,oneiros-cli")
    assert settings.get("disable") == ("my-lab", "oneiros-cli")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'flotx = "float64"',
            "there is no setting 'flotx'. The settings are: backend, floatx, ",
        ),
        ('floatx = "bfloat16"', "sets 'floatx' to 'bfloat16'; it must be"),
        ("epsilon = 0", "sets 'epsilon' to 0; it must be a number above 0"),
        ("epsilon = true", "it must be a number above 0"),
        ("backend = 1", "it must be the name of a backend"),
        ("disable = [1]", "it must be a list of distributions"),
        ('disable = ["oneiros-kernel"]', "other than the kernel"),
        ('prefer = "my-lab"', "it must be a table such as {'layer:LSTM': 'my-lab'}"),
        ("strict = 2", "it must be true or false"),
        ("floatx = ", "can't be read"),
    ],
)
def test_mistakes_in_the_file_name_it(home, text, message):
    write(home, text)
    with pytest.raises(SettingsError) as caught:
        settings.get("floatx")
    assert str(home / "oneiros" / "settings.toml") in str(caught.value)
    assert message in str(caught.value)


def test_mistakes_elsewhere(home, monkeypatch):
    with (
        pytest.raises(SettingsError, match="there is no setting 'backnd'"),
        settings.override(backnd="theano"),
    ):
        pass
    with pytest.raises(SettingsError, match="there is no setting 'nope'"):
        settings.get("nope")
    monkeypatch.setenv("ONEIROS_STRICT", "perhaps")
    with pytest.raises(
        SettingsError,
        match="ONEIROS_STRICT sets 'strict' to 'perhaps'; it must be true or false",
    ):
        settings.get("strict")


@budget(deadline=None)
@given(st.text(alphabet="abcXYZ019-_.", min_size=1))
def test_the_normal_form_of_a_name_is_its_own(name):
    normal = settings.distribution_name(name)
    assert settings.distribution_name(normal) == normal
    assert (
        normal == normal.lower() and not set("_.") & set(normal) and "--" not in normal
    )


def test_a_plugin_has_a_table_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "settings.toml").write_text('[plugin.my-lab]\nfolder = "runs"\n')
    monkeypatch.setenv("ONEIROS_HOME", str(tmp_path))
    assert settings.of_plugin("my-lab") == {"folder": "runs"}
    assert settings.of_plugin("other") == {}
    with pytest.raises(SettingsError, match="a table for each plugin"):
        settings.override(plugin=3).__enter__()
