"""What the kernel calls in plugins by name, read from the kernel's sources.

It names such a function as `oneiros.saving.dumps`; `_find` and `_in_plugin` take the
name as a text. `model.adapter` is the one object of a plugin that it keeps.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oneiros import config, registry
from oneiros.plugins import KERNEL

SOURCES = Path(__file__).resolve().parent.parent / "kernel" / "oneiros"
ADAPTER = "arrays.ArrayAdapter"
OLD_CODE = "old_code"


@dataclass(frozen=True)
class KernelCall:
    """A name in a plugin that the kernel calls.

    # Properties
        name: str, the name as it is registered, such as `saving.dumps`; one of the
            adapter's methods stands behind the adapter's name.
        callers: tuple of str, where the kernel calls it.
    """

    name: str
    callers: tuple[str, ...]

    @property
    def registered_name(self) -> str:
        """The name without that of a method."""
        return ".".join(self.name.split(".")[:2])


def kernel_calls() -> list[KernelCall]:
    """Returns all that the kernel calls in plugins by name, sorted."""
    callers: dict[str, set[str]] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        reader = _Reader()
        reader.visit(ast.parse(path.read_text(encoding="utf-8")))
        for name, caller in reader.calls:
            callers.setdefault(name, set()).add(caller)
    for name in _base_classes():
        callers[name] = {"check_loadable"}
    return [KernelCall(name, tuple(sorted(callers[name]))) for name in sorted(callers)]


def _base_classes() -> Iterator[str]:
    """Yields the base classes of plugins that `oneiros.config` knows by kind."""
    for kind, path in config.CLASS_KINDS.items():
        name = f"{path.removeprefix('oneiros.')}.{kind.capitalize()}"
        if registry.owners()["module"].get(name, KERNEL) != KERNEL:
            yield name


class _Reader(ast.NodeVisitor):
    """Collects the calls of one module, each with the function that makes it."""

    def __init__(self) -> None:
        self.places: list[str] = []
        self.calls: list[tuple[str, str]] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Goes into a class."""
        self._enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Goes into a function."""
        self._enter(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Notes `_fit_loop = _in_plugin("fit_loop")`, a method made in a class."""
        match node:
            case ast.Assign(
                targets=[ast.Name(id=method)],
                value=ast.Call(
                    func=ast.Name(id="_in_plugin"), args=[ast.Constant(value=str(name))]
                ),
            ):
                place = ".".join([*self.places, method])
                self.calls.append((f"{OLD_CODE}.{name}", place))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Notes `_advice("missing_name", module, name)`."""
        match node:
            case ast.Call(
                func=ast.Name(id="_advice"), args=[ast.Constant(value=str(name)), *_]
            ):
                self._note(f"{OLD_CODE}.{name}")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Notes `oneiros.saving.dumps`, and `self.adapter.inputs`."""
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="oneiros"), attr=module),
                attr=name,
            ):
                self._note(f"{module}.{name}")
            case ast.Attribute(value=ast.Attribute(attr="adapter"), attr=name):
                self._note(f"{ADAPTER}.{name}")
        self.generic_visit(node)

    def _enter(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        self.places.append(node.name)
        self.generic_visit(node)
        self.places.pop()

    def _note(self, name: str) -> None:
        """Notes a name, if it is a plugin's."""
        registered_name = ".".join(name.split(".")[:2])
        owner = registry.owners()["module"].get(registered_name, KERNEL)
        if owner != KERNEL:
            self.calls.append((name, ".".join(self.places)))


def by_owner(calls: list[KernelCall]) -> Iterator[tuple[str, list[KernelCall]]]:
    """Yields each distribution with what the kernel calls in it."""
    owners = registry.owners()["module"]
    for owner in sorted({owners[call.registered_name] for call in calls}):
        yield owner, [call for call in calls if owners[call.registered_name] == owner]
