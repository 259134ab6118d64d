"""`theano.config`: PyTensor's settings, and settings that PyTensor no longer has."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import pytensor
from oneiros import backend as K

GONE: dict[str, Any] = {
    "compute_test_value": "off",
    "cublas": {"lib": ""},
    "cuda": {"root": ""},
    "device": "cpu",
    "dnn": {
        "conv": {
            "algo_bwd": "none",
            "algo_bwd_data": "none",
            "algo_bwd_filter": "none",
            "algo_fwd": "small",
            "precision": "as_input_f32",
        },
        "enabled": "False",
    },
    "force_device": False,
    "gpuarray": {"preallocate": 0.0},
    "init_gpu_device": "",
    "int_division": "int",
    "lib": {"cnmem": 0.0},
    "nvcc": {"flags": "", "fastmath": False},
    "print_active_device": True,
    "unittests": {"rseed": "666"},
}
"""Theano's settings with their defaults; groups are dicts."""
SEPARATOR = "__"
"""Separator in PyTensor's names, instead of Theano's dot."""


class Group:
    """Settings with a dot in their names, such as `config.scan.allow_gc`."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_prefix", name + SEPARATOR)

    def __getattr__(self, name: str) -> Any:
        return getattr(pytensor.config, self._prefix + name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(pytensor.config, self._prefix + name, value)


class GoneGroup:
    """Settings of a group that PyTensor no longer has, such as `config.dnn.enabled`.

    # Arguments
        name: str, the group's name.
        defaults: dict of its settings and subgroups.
    """

    _group_name: str

    def __init__(self, name: str, defaults: dict[str, Any]) -> None:
        values = vars(self)
        values["_group_name"] = name
        for each, default in defaults.items():
            values[each] = _gone(f"{name}.{each}", default)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"theano.config.{self._group_name}.{name} was never set, and "
            "PyTensor has no such setting."
        )

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)[name] = value
        _warn_of_no_effect(f"{self._group_name}.{name}", stacklevel=3)


def _gone(name: str, default: Any) -> Any:
    """Returns the value of a removed setting."""
    return GoneGroup(name, default) if isinstance(default, dict) else default


def _warn_of_no_effect(name: str, stacklevel: int) -> None:
    warnings.warn(
        f"theano.config.{name} has no effect: PyTensor has no such setting. "
        "ONEIROS_DEVICE selects the device.",
        stacklevel=stacklevel,
    )


class Configuration:
    """PyTensor's settings under Theano's names.

    # Properties
        floatX: the default float type, the same as `K.floatx()`.
    """

    def __init__(self) -> None:
        gone = {name: _gone(name, default) for name, default in GONE.items()}
        object.__setattr__(self, "_gone", gone)

    def __getattr__(self, name: str) -> Any:
        if name == "floatX":
            return K.floatx()
        if name in self._gone:
            return self._gone[name]
        if hasattr(pytensor.config, name):
            return getattr(pytensor.config, name)
        if self._is_group(name):
            return Group(name)
        raise AttributeError(f"theano.config.{name} isn't known to PyTensor.")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "floatX":
            K.set_floatx(value)
            pytensor.config.floatX = value
        elif name not in self._gone and hasattr(pytensor.config, name):
            self._set(name, value)
        else:
            self._gone[name] = value
            _warn_of_no_effect(name, stacklevel=3)

    @contextmanager
    def change_flags(self, **settings: Any) -> Iterator[None]:
        """Context manager or decorator that changes settings.

        # Arguments
            settings: values by name; pass names with a dot in a dict,
                `change_flags(**{"scan.allow_gc": False})`.
        """
        before = {name: self._value(name) for name in settings}
        try:
            for name, value in settings.items():
                self._change(name, value)
            yield
        finally:
            for name, value in before.items():
                self._change(name, value)

    def _value(self, name: str) -> Any:
        group, _, setting = name.rpartition(".")
        return getattr(self._group(group), setting)

    def _change(self, name: str, value: Any) -> None:
        """Sets a setting unless it already has the value."""
        if self._value(name) != value:
            group, _, setting = name.rpartition(".")
            setattr(self._group(group), setting, value)

    def _group(self, name: str) -> Any:
        """Returns a group of settings by name, such as "dnn.conv"."""
        return attrgetter(name)(self) if name else self

    def _set(self, name: str, value: Any) -> None:
        """Sets a PyTensor setting; warns about settings that can't change any more."""
        try:
            setattr(pytensor.config, name, value)
        except Exception as error:
            if "after initialization" not in str(error):
                raise
            warnings.warn(
                f"theano.config.{name} has no effect: it is fixed when PyTensor is "
                f"imported. PYTENSOR_FLAGS={name}={value} in the environment sets it.",
                stacklevel=3,
            )

    def _is_group(self, name: str) -> bool:
        return any(each.startswith(name + SEPARATOR) for each in dir(pytensor.config))


config = Configuration()
