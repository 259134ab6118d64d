"""Packages that Keras 1's modules had imported, and so passed on, where they are
installed here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any


class Installed:
    """Answers for names of packages in one module.

    # Arguments
        module: str, the module's path.
        packages: by the name in the module, the package that it stands for.
    """

    def __init__(self, module: str, **packages: str) -> None:
        self.module = module
        self.packages = packages

    def __call__(self, name: str) -> Any:
        """Returns a package; for `__all__` the names of those that are installed.

        # Raises
            AttributeError: for what isn't installed, and any other name.
        """
        installed = [name for name in self.packages if find_spec(self.packages[name])]
        if name == "__all__":
            return installed
        if name in installed:
            return import_module(self.packages[name])
        raise AttributeError(f"module {self.module!r} has no attribute {name!r}")


callbacks = Installed("oneiros.callbacks", requests="requests")
generic_utils = Installed("oneiros.utils.generic_utils", six="six")
io_utils = Installed("oneiros.utils.io_utils", h5py="h5py")
optimizers = Installed("oneiros.optimizers", six="six")
topology = Installed("oneiros.engine.topology", yaml="yaml")
training = Installed("oneiros.engine.training", six="six")
