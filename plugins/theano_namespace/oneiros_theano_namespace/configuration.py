"""`theano.config`: PyTensor's settings, and those that PyTensor has no more."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import pytensor
from oneiros import backend as K

GONE: dict[str, Any] = {
    "compute_test_value": "off",
    "cublas": SimpleNamespace(lib=""),
    "cuda": SimpleNamespace(root=""),
    "device": "cpu",
    "dnn": SimpleNamespace(enabled="False"),
    "force_device": False,
    "gpuarray": SimpleNamespace(preallocate=0.0),
    "init_gpu_device": "",
    "lib": SimpleNamespace(cnmem=0.0),
    "nvcc": SimpleNamespace(flags="", fastmath=False),
    "print_active_device": True,
}
"""Settings that Theano had, with their defaults."""
SEPARATOR = "__"
"""What stands between the parts of a name in PyTensor, as a dot did in Theano."""


class Group:
    """Settings with a dot in their names, such as `config.scan.allow_gc`."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_prefix", name + SEPARATOR)

    def __getattr__(self, name: str) -> Any:
        return getattr(pytensor.config, self._prefix + name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(pytensor.config, self._prefix + name, value)


class Configuration:
    """PyTensor's settings under Theano's names.

    # Properties
        floatX: the default float type, which is that of `K`.
    """

    def __init__(self) -> None:
        object.__setattr__(self, "_gone", dict(GONE))

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
            warnings.warn(
                f"theano.config.{name} has no effect: PyTensor has no such setting. "
                "ONEIROS_DEVICE chooses the device.",
                stacklevel=2,
            )

    def _set(self, name: str, value: Any) -> None:
        """Sets one of PyTensor's; some can't change any more, and code goes on."""
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
