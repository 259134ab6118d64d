"""Oneiros: Keras 1 rebuilt as a plugin-based microkernel.

Importing this package imports no engine, no plugin and not even NumPy. A module is
loaded when you first use it, whether it is a file of the kernel or, like
`oneiros.layers.core`, made of names that plugins contribute.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oneiros.hookspecs import hookimpl as hookimpl


class _Finder:
    """Finds the modules below `oneiros` that aren't files, after all other finders."""

    @staticmethod
    def find_spec(
        fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("oneiros."):
            return None
        # The kernel's modules are imported late, so their types aren't known here.
        return _modules().find_spec(fullname)  # type: ignore[no-any-return]


sys.meta_path.append(_Finder)


def set_seed(seed: int) -> None:
    """Makes a run reproducible: seeds NumPy's global generator, from which all random
    draws of Oneiros start."""
    import numpy as np

    np.random.seed(seed)


def _modules() -> Any:
    return import_module("oneiros.modules")


def __getattr__(name: str) -> Any:
    if name == "hookimpl":
        return import_module("oneiros.hookspecs").hookimpl
    if name == "__version__":
        return import_module("importlib.metadata").version("oneiros-kernel")
    if PathFinder.find_spec(f"oneiros.{name}", __path__):
        return import_module(f"oneiros.{name}")
    return _modules().attribute(__name__, name)


def __dir__() -> list[str]:
    return ["__version__", "hookimpl", "set_seed", *_modules().names(__name__)]
