"""`theano.config`: PyTensor's settings, with Theano's `floatX` and `device`."""

import warnings

import pytensor
from oneiros import backend as K

SEPARATOR = "__"
"""Separator in PyTensor's names, instead of Theano's dot."""


class Configuration:
    """PyTensor's settings under Theano's names: `config.scan.allow_gc` is
    `pytensor.config.scan__allow_gc`.

    # Arguments
        prefix: str, what the names of a group begin with.

    # Properties
        floatX: the default float type, the same as `K.floatx()`.
    """

    def __init__(self, prefix: str = ""):
        object.__setattr__(self, "_prefix", prefix)

    def __getattr__(self, name: str):
        full_name = self._prefix + name
        if full_name == "floatX":
            return K.floatx()
        if hasattr(pytensor.config, full_name):
            return getattr(pytensor.config, full_name)
        if full_name == "device":
            return "cpu"
        group = full_name + SEPARATOR
        if any(each.startswith(group) for each in dir(pytensor.config)):
            return Configuration(group)
        raise AttributeError(f"theano.config.{full_name} isn't known to PyTensor.")

    def __setattr__(self, name: str, value) -> None:
        full_name = self._prefix + name
        if full_name == "floatX":
            K.set_floatx(value)
        try:
            getattr(pytensor.config, full_name)
            setattr(pytensor.config, full_name, value)
        except Exception:  # AttributeError, or PyTensor's own of no class
            warnings.warn(
                f"theano.config.{full_name} has no effect: PyTensor has no such "
                "setting, or fixes it when it is imported. ONEIROS_DEVICE selects the "
                f"device; PYTENSOR_FLAGS={full_name}={value} sets what is fixed.",
                stacklevel=2,
            )


config = Configuration()
