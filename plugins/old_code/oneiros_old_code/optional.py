"""Packages that were visible in Keras 1's modules because they imported them, if they
are installed."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


class Installed:
    """Resolves names of packages in a module.

    # Arguments
        module: str, the module's path.
        packages: dict from the name in the module to the package.
    """

    def __init__(self, module: str, **packages: str) -> None:
        self.module = module
        self.packages = packages

    def __call__(self, name: str) -> Any:
        """Returns a package; for `__all__`, the names of the installed ones.

        # Raises
            AttributeError: if the package isn't installed, or the name is unknown.
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
