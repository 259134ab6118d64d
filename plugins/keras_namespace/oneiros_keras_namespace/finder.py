"""Makes `import keras`, and every module path of Keras 1, import Oneiros.

A .pth file imports this module whenever Python starts, so it needs only `sys` until
someone asks for `keras`. To switch it off, set `ONEIROS_KERAS_NAMESPACE=0` in the
environment.
"""

import sys

TYPE_CHECKING = (
    False  # as typing has it, whose import would cost more than all the rest
)
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

VERSION = "1.2.2"
"""The value of `keras.__version__`; code branches on it."""


class KerasFinder:
    """Finds `keras.x.y` if `oneiros.x.y` exists, and nothing else; it is its own
    loader."""

    @classmethod
    def find_spec(
        cls, name: str, path: object = None, target: object = None
    ) -> "ModuleSpec | None":
        """Returns the spec of a module of Keras 1, or None if Oneiros doesn't have it.

        It returns None for the modules of later Keras versions that `import tensorflow`
        looks for.

        # Raises
            ModuleNotFoundError: if the module's plugin is missing, or if Keras 1 has
                another module in its place; the message says what to type.
        """
        if name != "keras" and not name.startswith("keras."):
            return None
        import os
        from importlib.machinery import ModuleSpec
        from importlib.util import find_spec

        if os.environ.get("ONEIROS_KERAS_NAMESPACE") == "0":
            return None
        target_name = _target(name)
        try:
            spec = find_spec(target_name)
        except ModuleNotFoundError as error:
            missing_name = str(error.name)
            if target_name.startswith(f"{missing_name}."):
                return None
            if missing_name != target_name:
                raise
            text = str(error).replace("oneiros.", "keras.")
            raise ModuleNotFoundError(text, name=name) from None
        if spec is None:
            return None
        # The class is its own loader.
        return ModuleSpec(name, cls, origin=spec.origin)  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: "ModuleSpec") -> None:
        """Lets Python create the module, which is replaced once it is loaded."""

    @staticmethod
    def exec_module(module: "ModuleType") -> None:
        """Replaces `module` with the module of Oneiros itself; `keras` becomes a module
        of its own, with the names of `oneiros`."""
        from importlib import import_module

        oneiros = import_module(_target(module.__name__))
        if module.__name__ != "keras":
            sys.modules[module.__name__] = oneiros
            return
        module.__getattr__ = oneiros.__getattr__  # type: ignore[method-assign]
        module.__dir__ = oneiros.__dir__  # type: ignore[method-assign]
        module.set_seed = oneiros.set_seed  # type: ignore[attr-defined]
        module.__version__ = VERSION  # type: ignore[attr-defined]
        module.__doc__ = oneiros.__doc__
        module.__file__ = oneiros.__file__
        module.__path__ = oneiros.__path__


def _target(name: str) -> str:
    return "oneiros" + name.removeprefix("keras")


sys.meta_path.insert(0, KerasFinder)
