"""Keras's module paths, such as `oneiros.layers.core`, made of names that plugins
contribute.

The object behind a name is imported when you first use the name. The kernel's own files
are ordinary modules and come first; the packages `oneiros` and `oneiros.engine` look up
here the names that they don't define themselves.
"""

import sys
from contextlib import suppress
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from oneiros import registry
from oneiros.discovery import Entry, owners
from oneiros.errors import NameConflictError, PluginLoadError
from oneiros.plugins import IMPORTED_KINDS, did_you_mean, manager

LAYERS = "oneiros.layers"
"""The module that shows all layers, and all names of the modules below it."""


class VirtualModule(ModuleType):
    """A module whose names come from plugins; each use looks them up, so that settings
    and overrides apply.

    If the program sets a name, the name is also set in the module that implements it,
    because functions there call each other by such names; deleting it restores that.
    """

    def __getattr__(self, name: str) -> Any:
        return attribute(self.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if owner := _implementing(self.__name__, name):
            _replaced.setdefault((owner, name), getattr(owner, name))
            setattr(owner, name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        owner = _implementing(self.__name__, name)
        if owner and (owner, name) in _replaced:
            setattr(owner, name, _replaced.pop((owner, name)))

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *names(self.__name__)})


_replaced: dict[tuple[ModuleType, str], Any] = {}
"""What the program has replaced, by the implementing module and the name."""


def _implementing(module: str, name: str) -> ModuleType | None:
    """Returns the module that defines a name under the same name, or None."""
    with suppress(NameConflictError):
        entry = _find(module, name)
        if entry and entry.reference == f"{entry.module}:{name}":
            return import_module(entry.module)
    return None


class VirtualLoader(Loader):
    """Makes virtual modules; they have no code to run."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Returns the module, still empty."""
        return VirtualModule(spec.name, f"What plugins contribute to `{spec.name}`.")

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing."""


def find_spec(fullname: str) -> ModuleSpec | None:
    """Returns the spec of a virtual module, or None for any other name.

    # Raises
        ModuleNotFoundError: if the module belongs to a plugin that is missing, disabled
            or broken, which the message names; or if broken plugins may have it.
    """
    if children(fullname) or _path(fullname) in manager().modules:
        return ModuleSpec(fullname, VirtualLoader(), origin="plugins", is_package=True)
    if reason := _absence(fullname):
        raise ModuleNotFoundError(
            f"No module named {fullname!r}. {reason}", name=fullname
        )
    parent, _, name = fullname.rpartition(".")
    if isinstance(sys.modules[parent], VirtualModule) and registry.problems():
        # With a `name`, Python would replace the message of `from parent import name`.
        raise ModuleNotFoundError(
            f"No module named {fullname!r}: {_unknown(parent, name)}"
        )
    return None


def attribute(module: str, name: str) -> Any:
    """Returns the object behind a name in a module: a contributed object, a child
    module, or the result of a contributed `__getattr__`.

    # Raises
        AttributeError: if there is no such name.
        PluginLoadError: if the name belongs to a plugin that is missing, disabled or
            broken.
    """
    if name == "__all__":
        listed = *names(module), *_dynamic(module)
        return [public for public in listed if _is_exported(module, public)]
    if name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    if entry := _find(module, name):
        return registry.load(entry)
    if name in children(module):
        return import_module(f"{module}.{name}")
    if reason := _absence(f"{module}.{name}"):
        raise PluginLoadError(f"{module} has no {name!r}. {reason}")
    if getter := _find(module, "__getattr__"):
        with suppress(AttributeError):
            return registry.load(getter)(name)
    raise AttributeError(_unknown(module, name), name=name)


def _unknown(module: str, name: str) -> str:
    """Returns the message for a name that no plugin provides in a module."""
    advice = did_you_mean(name, dir(sys.modules[module])) + registry.problems()
    return f"{module} has no {name!r}; no plugin provides it.{advice}"


def patched(kind: str, name: str) -> Any:
    """Returns the object that the program set in the module of a kind or in a module
    below it, for example with `keras.objectives.mine = f`; or None.

    # Arguments
        kind: str, a kind of the registry.
        name: str.
    """
    top = f"oneiros.{kind}s"
    for path in (top, *(f"{top}.{child}" for child in children(top))):
        own = vars(sys.modules[path]).get(name) if path in sys.modules else None
        if callable(own) and not name.startswith("_"):
            entry = _find(path, name)
            if not entry or registry.load(entry) is not own:
                return own
    return None


def names(module: str) -> list[str]:
    """Returns a module's public names, sorted, without importing the objects; omits
    those that only a contributed `__getattr__` has."""
    public_names = children(module).union(*_tables(module))
    if kind := _kind(module):
        public_names.update(registry.names(kind))
    return sorted(public_names)


def _dynamic(module: str) -> Any:
    """Returns the names that a contributed `__getattr__` lists for `__all__`."""
    getter = _find(module, "__getattr__")
    return registry.load(getter)("__all__") if getter else ()


def children(module: str) -> set[str]:
    """Returns the names of the modules below a module."""
    path = _path(module)
    prefix = f"{path}." if path else ""
    contributed = {
        other.removeprefix(prefix).partition(".")[0]
        for other in manager().modules
        if other and other.startswith(prefix)
    }
    return contributed if path else contributed | {"backend", "engine"}


def _path(module: str) -> str:
    """Returns a module's path below `oneiros`."""
    return module.removeprefix("oneiros").removeprefix(".")


def _kind(module: str) -> str | None:
    """Returns the kind of names that a module shows, whoever provides them: the layers,
    for `oneiros.layers`."""
    kind = _path(module).removesuffix("s")
    return kind if kind in IMPORTED_KINDS else None


def _tables(module: str) -> list[dict[str, list[Entry]]]:
    """Returns the tables of a module's names: its own and, for `layers`, those of its
    children."""
    sources = [module]
    if module == LAYERS:
        sources += [f"{module}.{child}" for child in sorted(children(module))]
    return [manager().modules.get(_path(source), {}) for source in sources]


def _find(module: str, name: str) -> Entry | None:
    """Returns the entry of a name in a module. What a plugin registers may replace what
    Oneiros registers, and none of the module's other names, such as `Regularizer`."""
    kind = _kind(module)
    # Building a Dense looks up seven names in modules that no plugin registers as such.
    is_known = kind and (name in manager().entries[kind] or registry.registered)
    entry = registry.find(kind, name) if kind and is_known else None
    if entry and name in owners()[entry.kind]:
        return entry
    for table in _tables(module):
        if name in table:
            return manager().choose(table[name])
    return entry


def _is_exported(module: str, name: str) -> bool:
    """Returns whether `import *` includes a name: it must be public and importable. A
    broken plugin must not break `from oneiros.layers import *`."""
    if name.startswith("_"):
        return False
    with suppress(NameConflictError, PluginLoadError):
        attribute(module, name)
        return True
    return False


def _absence(fullname: str) -> str | None:
    """Returns the reason why a module, or a name in a module, is missing, if the index
    of owners knows it."""
    path = f"{_path(fullname)}."
    for name, owner in owners()["module"].items():
        if f"{name}.".startswith(path):
            return registry.absence(owner)
    return None
