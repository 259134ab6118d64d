"""Keras's module paths, made of what plugins contribute: `oneiros.layers.core` and its
like.

What a name stands for is imported when the name is first used. The kernel's own files
are ordinary modules and come first; the packages `oneiros` and `oneiros.engine` look up
here what they don't hold themselves.
"""

import sys
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from opcode import opmap
from types import ModuleType
from typing import Any

from oneiros import registry
from oneiros.errors import NameConflictError, PluginLoadError
from oneiros.plugins import Entry, PluginManager, did_you_mean, manager

LAYERS = "oneiros.layers"
"""The module that shows all layers, and all names of the modules below it."""


class VirtualModule(ModuleType):
    """A module whose names come from plugins, looked up at each use so that settings
    and overrides apply.

    A name that the program sets is set in the module that implements it, too: functions
    there use each other by such names.
    """

    def __getattr__(self, name: str) -> Any:
        return attribute(self.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        with suppress(NameConflictError):
            entry = _find(self.__name__, name)
            if entry and entry.reference == f"{entry.module}:{name}":
                setattr(import_module(entry.module), name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.own_names, *names(self.__name__)})

    @property
    def own_names(self) -> dict[str, Any]:
        """What was set in this module, by Python and by the program, but not by
        plugins."""
        return super().__dict__

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """All names with what they stand for; code of Keras 1 looks them up here."""
        for name in names(self.__name__):
            if _is_exported(self.__name__, name):
                self.own_names.setdefault(name, attribute(self.__name__, name))
        return self.own_names


def _is_asked_by_from_import() -> bool:
    """Tells whether `from module import name` asks the `__getattr__` that called
    `attribute`, and not `module.name`.

    Only the instruction that the asking code is at tells one from the other. It matters
    because an AttributeError is what `module.name` and `hasattr` need, while the import
    drops its text, and the advice in it, and says "cannot import name". What Python
    asks for in between, a module of that name, doesn't help: a ModuleNotFoundError that
    names the module is dropped as well, and any other error would be wrong for
    `import module.name`.
    """
    asking = sys._getframe(3)
    return asking.f_code.co_code[asking.f_lasti] == opmap["IMPORT_FROM"]


class VirtualLoader(Loader):
    """Makes virtual modules; there is no code to run."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Returns the module, still without anything in it."""
        return VirtualModule(spec.name, f"What plugins contribute to `{spec.name}`.")

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing."""


def find_spec(fullname: str) -> ModuleSpec | None:
    """Returns a virtual module's spec; None for what is not one.

    # Raises
        ModuleNotFoundError: if a plugin that is missing, disabled or broken has it; the
            message says which.
    """
    if children(fullname) or _path(fullname) in manager().modules:
        return ModuleSpec(fullname, VirtualLoader(), origin="plugins", is_package=True)
    if reason := _absence(fullname):
        raise ModuleNotFoundError(
            f"No module named {fullname!r}. {reason}", name=fullname
        )
    return None


def _advice(module: str, name: str) -> str:
    """Says what may have been meant by a name that a module doesn't have."""
    adviser = _find("oneiros.old_code", "missing_name")
    advice: str = registry.load(adviser)(module, name) if adviser else ""
    near = did_you_mean(name, dir(sys.modules[module]))
    return advice or f"; no plugin provides it.{near}"


def attribute(module: str, name: str) -> Any:
    """Returns what a name in a module stands for: a contributed object, a child module,
    or what a contributed `__getattr__` returns for the name.

    # Raises
        AttributeError: if nothing has it.
        PluginLoadError: if a plugin that is missing, disabled or broken has it, or if
            `from module import name` asks. Being an ImportError, it reaches who writes
            that; Python drops an AttributeError's message.
    """
    if name == "__all__":
        return [public for public in names(module) if _is_exported(module, public)]
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
    kind = PluginLoadError if _is_asked_by_from_import() else AttributeError
    raise kind(f"{module} has no {name!r}{_advice(module, name)}", name=name)


def patched(kind: str, name: str) -> Any:
    """Returns what the program set in the module of a kind, or in one below, as by
    `keras.objectives.mine = f`; or None.

    # Arguments
        kind: str, a kind of the registry.
        name: str.
    """
    top = f"oneiros.{kind}s"
    for path in (top, *(f"{top}.{child}" for child in children(top))):
        module = sys.modules.get(path)
        if isinstance(module, VirtualModule) and not name.startswith("_"):
            own = module.own_names.get(name)
            if callable(own):
                entry = _find(path, name)
                if not entry or registry.load(entry) is not own:
                    return own
    return None


def names(module: str) -> list[str]:
    """Returns a module's public names, sorted, importing nothing of what they stand
    for; those that a contributed `__getattr__` has under `__all__` too."""
    public_names = children(module).union(*_tables(module, manager()))
    if module == LAYERS:
        public_names.update(registry.names("layer"))
    if getter := _find(module, "__getattr__"):
        public_names.update(registry.load(getter)("__all__"))
    return sorted(public_names)


def children(module: str) -> set[str]:
    """Returns the names of the modules below a module."""
    path = _path(module)
    prefix = f"{path}." if path else ""
    contributed = {
        other.removeprefix(prefix).partition(".")[0]
        for other in manager().modules
        if other.startswith(prefix)
    }
    return contributed if path else contributed | {"backend", "engine"}


def _path(module: str) -> str:
    """Returns a module's path below `oneiros`."""
    return module.removeprefix("oneiros").removeprefix(".")


@lru_cache
def _tables(module: str, plugins: PluginManager) -> list[dict[str, list[Entry]]]:
    """Returns the tables of names that a module shows: its own, and for `layers` those
    of its children."""
    sources = [module]
    if module == LAYERS:
        sources += [f"{module}.{child}" for child in sorted(children(module))]
    return [plugins.modules.get(_path(source), {}) for source in sources]


def _find(module: str, name: str) -> Entry | None:
    """Returns who provides a name in a module."""
    if module == LAYERS and (entry := registry.find("layer", name)):
        return entry
    for table in _tables(module, manager()):
        if name in table:
            return manager().choose(table[name])
    return None


def _is_exported(module: str, name: str) -> bool:
    """Tells whether `import *` takes a name: it is public, and can be had. One plugin's
    fault must not spoil `from oneiros.layers import *`."""
    if name.startswith("_"):
        return False
    with suppress(NameConflictError, PluginLoadError):
        attribute(module, name)
        return True
    return False


def _absence(fullname: str) -> str | None:
    """Says why a module, or a name in a module, is missing, if the index of owners
    knows it."""
    place = fullname.rsplit(".", 1)
    if _find(*place):
        return f"It is no module. Type: from {' import '.join(place)}"
    path = f"{_path(fullname)}."
    for name, owner in registry.owners()["module"].items():
        if f"{name}.".startswith(path):
            return registry.absence(owner)
    return None
