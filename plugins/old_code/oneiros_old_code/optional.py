"""Packages that were visible in Keras 1's modules because they imported them, if they
are installed."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def installed(module: str, *packages: str) -> Callable[[str], Any]:
    """Returns the function that resolves names of packages in a module.

    It returns a package; for `__all__`, the names of the installed ones. For a package
    that isn't installed, and for any other name, it raises an AttributeError.
    """

    def resolve(name: str):
        if name == "__all__":
            return [each for each in packages if find_spec(each)]
        if name in packages and find_spec(name):
            return import_module(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return resolve


callbacks = installed("oneiros.callbacks", "requests")
generic_utils = installed("oneiros.utils.generic_utils", "six")
io_utils = installed("oneiros.utils.io_utils", "h5py")
optimizers = installed("oneiros.optimizers", "six")
topology = installed("oneiros.engine.topology", "yaml")
training = installed("oneiros.engine.training", "six")
