"""Settings: where each value comes from, and in what order.

First `override(...)` in code, then environment variables, then `settings.toml` in
`$ONEIROS_HOME` (by default
`~/.oneiros`), then `~/.keras/keras.json` if it is one of Keras 1, then the defaults
below. A source replaces the next ones' value as a whole. Files are read once, when
first needed, and never written.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from oneiros.errors import SettingsError

SETTINGS: dict[str, tuple[Any, str, Callable[[Any], bool]]] = {
    "backend": (
        None,
        "the name of a backend, such as 'theano'",
        lambda v: v is None or isinstance(v, str),
    ),
    "floatx": (
        "float32",
        "a float type",
        lambda v: v in ("float16", "float32", "float64"),
    ),
    "epsilon": (1e-7, "a number above 0", lambda v: type(v) in (int, float) and v > 0),
    "image_dim_ordering": ("tf", "'th' or 'tf'", lambda v: v in ("th", "tf")),
    "disable": (
        (),
        "a list of distributions other than the kernel",
        lambda v: isinstance(v, tuple),
    ),
    "prefer": (
        {},
        "a table such as {'layer:LSTM': 'my-lab'}",
        lambda v: isinstance(v, dict),
    ),
    "device": (
        "auto",
        "such as 'cpu', 'gpu:1' or 'theano=cpu,jax=gpu'",
        lambda v: isinstance(v, str),
    ),
    "strict": (False, "true or false", lambda v: isinstance(v, bool)),
}
"""Each setting's default, what its value must be, and the test of that."""

_ENV = {
    key: f"ONEIROS_{key.upper()}" for key in ("backend", "device", "disable", "strict")
}
_KERAS = {"backend", "floatx", "epsilon", "image_dim_ordering"}
_SWITCH = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("0", "false", "no", "off"), False
)
_overrides: ContextVar[tuple[dict[str, Any], ...]] = ContextVar(
    "oneiros_settings", default=()
)


def distribution_name(name: str) -> str:
    """Returns the normal form of a distribution's name: lower case, with dashes."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def get(key: str) -> Any:
    """Returns the value of a setting.

    # Raises
        SettingsError: if there is no such setting, or a value given for it makes no
            sense.
    """
    return candidates(key)[0][0]


def candidates(key: str) -> list[tuple[Any, str]]:
    """Returns every value given for a setting with the place it comes from, the one
    that applies first."""
    found = [
        (layer[key], "settings.override")
        for layer in reversed(_overrides.get())
        if key in layer
    ]
    names = [_ENV.get(key, ""), "KERAS_BACKEND" * (key == "backend")]
    found += [
        (_check(key, os.environ[name], name), name)
        for name in names
        if os.environ.get(name)
    ]
    files = _files(os.environ.get("ONEIROS_HOME"), os.environ.get("HOME"))
    found += [(values[key], source) for values, source in files if key in values]
    return [
        *found,
        (_check(key, SETTINGS.get(key, (None,))[0], "oneiros.settings"), "default"),
    ]


@contextmanager
def override(**values: Any) -> Iterator[None]:
    """Sets values inside a `with` block: `with
    settings.override(disable=["oneiros-cli"]): ...`."""
    layer = {
        key: _check(key, value, "settings.override") for key, value in values.items()
    }
    token = _overrides.set((*_overrides.get(), layer))
    try:
        yield
    finally:
        _overrides.reset(token)


def path() -> Path:
    """Returns the settings file's place, whether or not it exists."""
    return (
        Path(os.environ.get("ONEIROS_HOME") or Path.home() / ".oneiros")
        / "settings.toml"
    )


@lru_cache
def _files(*_: str | None) -> list[tuple[dict[str, Any], str]]:
    """Reads the two files, once per home."""
    read = []
    for file, parse in (
        (path(), tomllib.loads),
        (Path.home() / ".keras" / "keras.json", _keras),
    ):
        try:
            values = parse(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"The settings file {file} can't be read: {error}"
            ) from error
        read.append(
            (
                {key: _check(key, value, str(file)) for key, value in values.items()},
                str(file),
            )
        )
    return read


def _keras(text: str) -> dict[str, Any]:
    """Parses a configuration of Keras 1; what is not one belongs to another Keras, and
    says nothing here."""
    with suppress(ValueError):
        values = json.loads(text)
        if (
            isinstance(values, dict)
            and {*values} <= _KERAS
            and values.get("backend") in ("theano", "tensorflow")
        ):
            return values
    return {}


def _check(key: str, value: Any, source: str) -> Any:
    """Returns a value in its normal form."""
    if key not in SETTINGS:
        raise SettingsError(
            f"{source}: there is no setting {key!r}. Settings are: {', '.join(SETTINGS)}."
        )
    given, (_, expected, fits) = value, SETTINGS[key]
    value = (
        _SWITCH.get(value.lower())
        if key == "strict" and isinstance(value, str)
        else value
    )
    if key == "disable":
        names = value.split(",") if isinstance(value, str) else value
        listed = isinstance(names, list | tuple) and all(
            isinstance(name, str) for name in names
        )
        value = (
            tuple(sorted({distribution_name(name) for name in names if name.strip()}))
            if listed
            else None
        )
    if not fits(value) or (key == "disable" and "oneiros-kernel" in value):
        raise SettingsError(
            f"{source} sets {key!r} to {given!r}; it must be {expected}."
        )
    return value
