"""Settings: the sources of each value, and their order.

The order is: `override(...)` in code, environment variables, `settings.toml` in
`$ONEIROS_HOME` (by default `~/.oneiros`), `~/.keras/keras.json` if it belongs to Keras
1, and the defaults below. The first source that sets a value wins; values aren't
merged. Files are read once, when first needed, and never written.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from oneiros.errors import SettingsError

Values = dict[str, Any]
"""Values by name: settings, arguments, logs, your own objects."""


def distribution_name(name: str) -> str:
    """Returns the normalized name of a distribution: lower case, with dashes."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _distributions(value: Any) -> Any:
    """Returns the names in a list, or in a comma-separated text, in normalized form."""
    names = value.split(",") if _is_text(value) else value
    if not isinstance(names, list | tuple) or not all(map(_is_text, names)):
        return None
    return tuple(sorted({distribution_name(name) for name in names if name.strip()}))


def _switch(value: Any) -> Any:
    """Returns the value of a text such as `on` or `0`."""
    return SWITCH.get(value.lower()) if _is_text(value) else value


FLOAT_TYPES = ("float16", "float32", "float64")
DIM_ORDERINGS = ("tf", "th")
CONVOLUTIONS = ("theano", "tensorflow")
"""The backends of Keras 1, whose convolutions differ."""
SWITCH = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


@dataclass(frozen=True)
class Setting:
    """A setting.

    # Properties
        default: its value if no source sets one.
        expected: str, the description of valid values.
        fits: function that checks a normalized value.
        normal: function that normalizes a value.
        variables: environment variables; the first one that is set counts.
    """

    default: Any
    expected: str
    fits: Callable[[Any], bool]
    normal: Callable[[Any], Any] = lambda value: value
    variables: tuple[str, ...] = ()


SETTINGS = {
    "backend": Setting(
        None,
        "the name of a backend, such as 'theano'",
        lambda value: value is None or _is_text(value),
        variables=("ONEIROS_BACKEND", "KERAS_BACKEND"),
    ),
    "floatx": Setting("float32", "a float type", FLOAT_TYPES.__contains__),
    "epsilon": Setting(
        1e-7,
        "a number above 0",
        lambda value: type(value) in (int, float) and value > 0,
    ),
    "image_dim_ordering": Setting("tf", "'th' or 'tf'", DIM_ORDERINGS.__contains__),
    "convolution": Setting(
        "tensorflow",
        "'theano' or 'tensorflow'",
        CONVOLUTIONS.__contains__,
        variables=("ONEIROS_CONVOLUTION",),
    ),
    "disable": Setting(
        (),
        "a list of distributions other than the kernel",
        lambda value: value is not None and "oneiros-kernel" not in value,
        _distributions,
        ("ONEIROS_DISABLE",),
    ),
    "prefer": Setting(
        {},
        "a table such as {'layer:LSTM': 'my-lab'}",
        lambda value: isinstance(value, dict),
    ),
    "plugin": Setting(
        {},
        "a table for each plugin, such as {'my-lab': {'folder': 'runs'}}",
        lambda value: (
            isinstance(value, dict)
            and all(isinstance(table, dict) for table in value.values())
        ),
    ),
    "device": Setting(
        "auto",
        "such as 'cpu', 'gpu:1' or 'theano=cpu,jax=gpu'",
        _is_text,
        variables=("ONEIROS_DEVICE",),
    ),
    "strict": Setting(
        False,
        "true or false",
        lambda value: isinstance(value, bool),
        _switch,
        ("ONEIROS_STRICT",),
    ),
}
KERAS_KEYS = {"backend", "floatx", "epsilon", "image_dim_ordering"}

_overrides: ContextVar[tuple[Values, ...]] = ContextVar("oneiros_settings", default=())


def get(key: str) -> Any:
    """Returns the value of a setting.

    # Raises
        SettingsError: if the setting doesn't exist, or its value is invalid.
    """
    return candidates(key)[0][0]


def of_plugin(distribution: str) -> Values:
    """Returns a plugin's own settings: the table `[plugin.my-lab]` of `settings.toml`,
    whose values the plugin checks itself.

    # Example
        ```python
        from oneiros import settings

        with settings.override(plugin={"my-lab": {"folder": "runs"}}):
            print(settings.of_plugin("my-lab").get("folder", "."))  # runs
        ```
    """
    return dict(get("plugin").get(distribution, {}))


def candidates(key: str) -> list[tuple[Any, str]]:
    """Returns every value of a setting with its source; the first one applies."""
    setting = SETTINGS.get(key)
    if setting is None:
        raise SettingsError(_unknown(key))
    values = [
        (layer[key], "settings.override")
        for layer in reversed(_overrides.get())
        if key in layer
    ]
    for variable in setting.variables:
        if text := os.environ.get(variable):
            values.append((_checked(key, text, variable), variable))
    for contents, source in _files(
        os.environ.get("ONEIROS_HOME"), os.environ.get("HOME")
    ):
        if key in contents:
            values.append((contents[key], source))
    return [*values, (setting.default, "default")]


@contextmanager
def override(**values: Any) -> Iterator[None]:
    """Sets values inside a `with` block.

    # Example
        ```python
        from oneiros import registry, settings

        with settings.override(disable=["oneiros-cli"]):
            names = registry.names("command")
        ```
    """
    layer = {
        key: _checked(key, value, "settings.override") for key, value in values.items()
    }
    token = _overrides.set((*_overrides.get(), layer))
    try:
        yield
    finally:
        _overrides.reset(token)


def path() -> Path:
    """Returns the path of the settings file, whether or not it exists."""
    home = os.environ.get("ONEIROS_HOME") or Path.home() / ".oneiros"
    return Path(home) / "settings.toml"


@lru_cache
def _files(*homes: str | None) -> list[tuple[Values, str]]:
    """Returns the contents of the two files with their names. The homes in which they
    are found are the cache's key, so each is read once.

    If they were read each time, building 21 dense layers would take 5.9 times as long
    (`benchmarks/mechanisms.py settings`).
    """
    keras = Path.home() / ".keras" / "keras.json"
    contents = []
    for file, parse in ((path(), tomllib.loads), (keras, _keras)):
        try:
            values = parse(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"The settings file {file} can't be read: {error}"
            ) from error
        source = str(file)
        checked = {key: _checked(key, value, source) for key, value in values.items()}
        contents.append((checked, source))
    return contents


def _keras(text: str) -> Values:
    """Parses a configuration of Keras 1; a file of another Keras is ignored."""
    with suppress(ValueError):
        values = json.loads(text)
        if (
            isinstance(values, dict)
            and KERAS_KEYS.issuperset(values)
            and values.get("backend") in CONVOLUTIONS
        ):
            return values
    return {}


def _checked(key: str, value: Any, source: str) -> Any:
    """Returns a normalized value, or raises SettingsError."""
    if key not in SETTINGS:
        raise SettingsError(f"{source}: {_unknown(key)}")
    setting = SETTINGS[key]
    normal = setting.normal(value)
    if not setting.fits(normal):
        raise SettingsError(
            f"{source} sets {key!r} to {value!r}; it must be {setting.expected}."
        )
    return normal


def _unknown(key: str) -> str:
    return f"there is no setting {key!r}. The settings are: {', '.join(SETTINGS)}."
