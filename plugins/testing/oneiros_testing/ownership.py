"""Finds the expressions in a plugin's source that are its own objects."""

from __future__ import annotations

import ast

from oneiros_testing.permissions import Permissions

INSTANCES = frozenset({"self", "cls"})
"""Names of methods' own object or class."""


class Ownership:
    """The names in a module for its own classes and modules, and for their objects.

    An object counts as an instance of an own class if it is created in the same
    function or, on `self`, in the same class, if an annotation says so, or if
    `isinstance` checks it.

    # Arguments
        tree: the module.
        permissions: the plugin's `Permissions`, with its package.
    """

    def __init__(self, tree: ast.Module, permissions: Permissions) -> None:
        self.names = _own_names(tree, permissions)
        self.attributes = {
            attribute
            for node in ast.walk(tree)
            for attribute in self._attributes_made(node)
        }
        self.local_names: list[set[str]] = []

    def enter(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Enters a function; its variables are known until `leave`."""
        self.local_names.append(
            {name for node in ast.walk(function) for name in self._variables(node)}
        )

    def leave(self) -> None:
        """Leaves the current function."""
        self.local_names.pop()

    def has(self, node: ast.expr) -> bool:
        """Returns whether an expression is an own class or module, or an instance of an
        own class."""
        match node:
            case ast.Name(id=name):
                known = self.names.union(INSTANCES, *self.local_names)
                return name in known
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attribute):
                return attribute in self.attributes
            case ast.Attribute(value=ast.Name(id=name)):
                return name in self.names
            case ast.Call(func=ast.Name(id="super")):
                return True
            case ast.Call(func=ast.Name(id="type"), args=[instance]):
                return self.has(instance)
            case ast.Call(func=function):
                return self._is_class(function)
        return False

    def _is_class(self, node: ast.expr) -> bool:
        """Returns whether an expression names an own class, or a member of an own
        module."""
        match node:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name)):
                return name in self.names or name == "cls"
        return False

    def _attributes_made(self, node: ast.AST) -> list[str]:
        """Returns the attributes of `self` that a statement sets to own objects."""
        match node:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)],
                value=ast.Call(func=function),
            ) if self._is_class(function):
                return [attribute]
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id="self"), attr=attribute),
                annotation=annotation,
            ) if self._is_annotated(annotation):
                return [attribute]
        return []

    def _variables(self, node: ast.AST) -> list[str]:
        """Returns the variables that a part of a function marks as own objects."""
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=function)
            ) if self._is_class(function):
                return [name]
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if (
                self._is_annotated(annotation)
            ):
                return [name]
            case ast.arg(arg=name, annotation=annotation) if self._is_annotated(
                annotation
            ):
                return [name]
            case ast.Call(
                func=ast.Name(id="isinstance"), args=[ast.Name(id=name), cls]
            ) if self._is_class(cls):
                return [name]
        return []

    def _is_annotated(self, annotation: ast.expr | None) -> bool:
        """Returns whether a type names an own class."""
        if annotation is None:
            return False
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return not self.names.isdisjoint(annotation.value.split(" | "))
        parts = [part for part in ast.walk(annotation) if isinstance(part, ast.expr)]
        return any(map(self._is_class, parts))


def _own_names(tree: ast.Module, permissions: Permissions) -> set[str]:
    """Returns the names of a module's classes, and of its imports from its own
    package."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name):
                names.add(name)
            case ast.ImportFrom(module=module, level=level, names=imported) if (
                level or permissions.has(module or "")
            ):
                names |= {alias.asname or alias.name for alias in imported}
            case ast.Import(names=imported):
                names |= {
                    alias.asname
                    for alias in imported
                    if alias.asname and permissions.has(alias.name)
                }
    return names
