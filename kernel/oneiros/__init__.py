"""Oneiros: Keras 1 rebuilt as a plugin-based microkernel.

Importing this package imports no engine, no plugin and not even NumPy. Its modules come
when first used, whether they are the kernel's own files or made of what plugins
contribute, as `oneiros.layers.core` is.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oneiros.hookspecs import hookimpl as hookimpl


class _Finder:
    """Finds the modules below `oneiros` that are no files, after all other finders."""

    @staticmethod
    def find_spec(
        fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("oneiros."):
            return None
        return _modules().find_spec(fullname)  # type: ignore[no-any-return]


sys.meta_path.append(_Finder)


def set_seed(seed: int) -> None:
    """Makes a run reproducible: every draw of Oneiros starts from NumPy's global
    generator."""
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
    names = _modules().names(__name__)
    return sorted({"hookimpl", "__version__", *names, *globals()})
