"""Makes `import theano`, and Theano's modules, import those of this package and of
PyTensor.

A .pth file imports this module whenever Python starts, so it needs only `sys` until
someone asks for `theano`. To switch it off, set `ONEIROS_THEANO_NAMESPACE=0` in the
environment.
"""

import sys

TYPE_CHECKING = (
    False  # as typing has it, whose import would cost more than all the rest
)
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

OURS = "oneiros_theano_namespace.theano"
MOVED = {
    "theano.compat.six": "six",
    "theano.compat.six.moves": "six.moves",
    "theano.scan_module": "pytensor.scan",
    "theano.sparse.basic": f"{OURS}.sparse",
    "theano.tensor.basic": f"{OURS}.tensor",
    "theano.tensor.nlinalg": "pytensor.tensor.linalg",
    "theano.tensor.nnet.nnet": f"{OURS}.tensor.nnet",
    "theano.tensor.nnet.sigm": f"{OURS}.tensor.nnet",
    "theano.tensor.slinalg": "pytensor.tensor.linalg",
    "theano.tensor.var": "pytensor.tensor.variable",
}
"""Modules with a new location. All others have the same path in this package or in
PyTensor."""

LOADED_WITH = {"theano.tensor": ("theano.tensor.sort", "theano.tensor.var")}
"""Modules that a package of Theano loads itself. Importing them later would overwrite
its functions with the same names."""


class TheanoFinder:
    """Finds `theano.x.y` if there is a replacement; it is its own loader."""

    @classmethod
    def find_spec(
        cls, name: str, path: object = None, target: object = None
    ) -> "ModuleSpec | None":
        """Returns the spec of a module of Theano, or None if it has no replacement."""
        if name != "theano" and not name.startswith("theano."):
            return None
        import os
        from importlib.machinery import ModuleSpec

        if os.environ.get("ONEIROS_THEANO_NAMESPACE") == "0":
            return None
        if _target(name) is None:
            return None
        # The class is its own loader.
        return ModuleSpec(name, cls)  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: "ModuleSpec") -> None:
        """Lets Python create the module, which is replaced once it is loaded."""

    @staticmethod
    def exec_module(module: "ModuleType") -> None:
        """Replaces `module` with its counterpart."""
        from importlib import import_module

        target = _target(module.__name__)
        if target is None:
            return
        sys.modules[module.__name__] = import_module(target)
        for name in LOADED_WITH.get(module.__name__, ()):
            sys.modules[name] = import_module(_target(name) or name)


def _target(name: str) -> str | None:
    """Returns the replacement of a Theano module; None if there is none."""
    if name in MOVED:
        return MOVED[name]
    path = name.removeprefix("theano")
    for package in (OURS, "pytensor"):
        if _exists(package + path):
            return package + path
    return None


def _exists(name: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except ModuleNotFoundError as error:
        if name.startswith(f"{error.name}."):
            return False
        raise


sys.meta_path.insert(0, TheanoFinder)
