"""Names that were visible in Keras 1's modules because they imported them: a function
for each module, which finds them.

`import *` asks it for all of them; `dir` and completion don't show them.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

from oneiros_old_code.manifest import IMPORTED, PACKAGES, reference


def _function(path: str) -> Callable[[str], Any]:
    """Returns the function for a module.

    It returns the object of a name; for `__all__`, the list of the names. For a package
    that isn't installed, and for any other name, it raises an AttributeError.
    """
    names = IMPORTED[path].split()
    packages = PACKAGES.get(path, "").split()

    def resolve(name: str):
        installed = [package for package in packages if find_spec(package)]
        if name == "__all__":
            return sorted({*names, *installed})
        if name in installed:
            return import_module(name)
        if name not in names:
            raise AttributeError(f"module 'oneiros.{path}' has no attribute {name!r}")
        return _loaded(reference(name))

    return resolve


def _loaded(place: str):
    module, _, attribute = place.partition(":")
    try:
        return attrgetter(attribute)(import_module(module))
    except ImportError as error:
        raise AttributeError(str(error)) from error


globals().update({path.replace(".", "_"): _function(path) for path in IMPORTED})
