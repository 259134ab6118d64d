"""Checks that a plugin uses only published names.

The check reads a plugin's sources without importing them. It follows imports and
attributes of imported modules, and knows the names of private members of the kernel and
of first-party plugins. It also checks the references in manifests.
"""

import ast
import importlib.util
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from oneiros.plugins import KERNEL, Entry, PluginRecord, manager
from oneiros.settings import distribution_name

from oneiros_testing.interface import AUTHORING, ENGINE
from oneiros_testing.members import HOLDERS, is_restricted
from oneiros_testing.ownership import Ownership
from oneiros_testing.permissions import KERNEL_PACKAGE, Permissions, is_first_party
from oneiros_testing.published import is_private
from oneiros_testing.requirements import is_exact, loose_requirements, requirements_of
from oneiros_testing.texts import constants_of, module_of

IMPORTING = ("import_module", "find_spec", "__import__")
"""Functions that accept the name of a module."""
GETTERS = ("attrgetter", "methodcaller")
"""Functions that look up members by name."""
METADATA = "METADATA"
"""The file with an installed distribution's requirements."""


@dataclass(frozen=True)
class OwnMembers:
    """A plugin's own names and objects.

    # Properties
        names: private names that it defines.
        objects: the names of its own objects in a module.
    """

    names: set[str]
    objects: Ownership


@dataclass(frozen=True)
class Finding:
    """A use of an unpublished name."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def check_interface(distribution: str) -> list[Finding]:
    """Returns an installed plugin's uses of unpublished names.

    # Arguments
        distribution: str, the plugin's name, such as `"my-lab"`. It may use the engine
            tier if it requires exactly one kernel version; otherwise only the authoring
            tier.

    # Raises
        KeyError: if the plugin doesn't exist.
    """
    record = manager().records[distribution]
    package = record.module.rpartition(".")[0] or record.module
    permissions = _permissions(distribution, package)
    sources = _sources(package)
    own_names: set[str] = set().union(*map(_private_names, sources.values()))
    findings = []
    for file, source in sorted(sources.items()):
        findings += _findings(source, file, permissions, own_names)
    manifest = record.module.replace(".", "/") + ".py"
    findings += _faulty_references(
        record, manifest, sources.get(manifest, ""), permissions
    )
    if permissions.tier == ENGINE:
        findings += _loose_requirements(distribution)
    return findings


def check_source(
    source: str,
    file: str = "<text>",
    package: str = "",
    tier: str = AUTHORING,
    own_names: set[str] | None = None,
) -> list[Finding]:
    """Returns a module's uses of unpublished names.

    # Arguments
        source: str, the module's source.
        file: str, the module's name in findings.
        package: str, the module's package, which may use all of its own names.
        tier: str, `"authoring"` or `"engine"`.
        own_names: private members that the package defines; by default, those in
            `source`.
    """
    private = own_names if own_names is not None else _private_names(source)
    return _findings(source, file, Permissions(package, tier), private)


def entries_of(record: PluginRecord) -> Iterator[Entry]:
    """Yields the entries that a plugin provides."""
    plugins = manager()
    for table in (*plugins.entries.values(), *plugins.modules.values()):
        for providers in table.values():
            for entry in providers:
                if entry.distribution == record.distribution:
                    yield entry


def _permissions(distribution: str, package: str) -> Permissions:
    required = {
        distribution_name(requirement.name): requirement
        for requirement in requirements_of(distribution)
    }
    kernel = required.get(KERNEL)
    is_pinned = kernel is not None and is_exact(kernel)
    is_engine = is_pinned or distribution == KERNEL
    return Permissions(
        package=package,
        tier=ENGINE if is_engine else AUTHORING,
        requirements=frozenset(required),
    )


def _loose_requirements(distribution: str) -> list[Finding]:
    """Returns findings for an engine-tier plugin's requirements that allow several
    versions."""
    text = metadata.distribution(distribution).read_text(METADATA) or ""
    return [
        Finding(METADATA, _line_with(f"Requires-Dist: {name}", text), fault)
        for name, fault in loose_requirements(distribution).items()
    ]


def _findings(
    source: str, file: str, permissions: Permissions, own_names: set[str]
) -> list[Finding]:
    tree = ast.parse(source, file)
    own = OwnMembers(own_names, Ownership(tree, permissions))
    checker = _Checker(file, permissions, own, constants_of(tree))
    checker.visit(tree)
    return sorted(checker.findings, key=lambda finding: finding.line)


def _faulty_references(
    record: PluginRecord, file: str, source: str, permissions: Permissions
) -> list[Finding]:
    """Returns findings for a manifest's references that the plugin may not use.

    # Arguments
        file: the manifest's name in findings.
        source: its text; a finding points to the reference's module in it.
    """
    findings = {}
    for entry in entries_of(record):
        path = entry.reference.replace(":", ".")
        fault = permissions.fault_of(path)
        if fault:
            line = _line_with(entry.module, source)
            findings[path] = Finding(file, line, fault)
    return sorted(findings.values(), key=lambda finding: finding.line)


def _line_with(text: str, source: str) -> int:
    """Returns the number of the first line with a text; 1 if no line contains it."""
    for number, line in enumerate(source.splitlines(), start=1):
        if text in line:
            return number
    return 1


class _Checker(ast.NodeVisitor):
    """Collects the findings of one module.

    `imported` maps names to the objects imported from outside the package. Objects from
    inside may be anything, so only their members are checked.
    """

    def __init__(
        self,
        file: str,
        permissions: Permissions,
        own: OwnMembers,
        constants: dict[str, str],
    ) -> None:
        self.file = file
        self.permissions = permissions
        self.own = own
        self.constants = constants
        self.imported: dict[str, str] = {}
        self.findings: list[Finding] = []

    def visit_Import(self, node: ast.Import) -> None:
        """Records `import a.b` and `import a.b as c`."""
        for alias in node.names:
            self._check_path(alias.name, node)
            top = alias.name.partition(".")[0]
            if not self.permissions.has(alias.name):
                path = alias.name if alias.asname else top
                self.imported[alias.asname or top] = path

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Records `from a.b import c`; relative imports belong to the package."""
        if node.level or not node.module or self.permissions.has(node.module):
            return
        for alias in node.names:
            if alias.name == "*":
                self._note(self.permissions.fault_of_all(node.module), node)
                continue
            path = f"{node.module}.{alias.name}"
            self._check_path(path, node)
            self.imported[alias.asname or alias.name] = path

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Checks `module.name` as a path, and `anything._name` as a private member."""
        path = self._path(node)
        if path is not None:
            self._check_path(path, node)
            return
        self._check_member(node.attr, node, node.value)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Records the objects in a function's variables."""
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Records the objects in a function's variables."""
        self._visit_function(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.own.objects.enter(node)
        self.generic_visit(node)
        self.own.objects.leave()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Checks that methods don't override a base class's private methods."""
        if self.permissions.tier == AUTHORING:
            for base in node.bases:
                self._check_overrides(node, self._path(base) or "")
        self.generic_visit(node)

    def _check_overrides(self, node: ast.ClassDef, base: str) -> None:
        if not is_first_party(base) or self.permissions.has(base):
            return
        private_members = _private_members(base)
        for member in node.body:
            if isinstance(member, ast.FunctionDef) and member.name in private_members:
                text = f"{member.name} overrides a private member of {base}."
                self._report(member, text)

    def visit_Call(self, node: ast.Call) -> None:
        """Checks names in texts: members for `getattr` or `attrgetter`, and modules for
        functions such as `import_module`."""
        match node:
            case ast.Call(
                func=ast.Name(id="getattr" | "setattr" | "hasattr" | "delattr"),
                args=[owner, ast.Constant(value=str(name)), *_],
            ):
                self._check_member(name, node, owner)
            case ast.Call(
                func=ast.Name(id=function) | ast.Attribute(attr=function),
                args=arguments,
            ) if function in GETTERS:
                self._check_texts(arguments, node)
            case ast.Call(
                func=ast.Name(id=function) | ast.Attribute(attr=function),
                args=[argument, *_],
            ) if function in IMPORTING:
                self._check_path(module_of(argument, self.constants), node)
        self.generic_visit(node)

    def _path(self, node: ast.expr) -> str | None:
        """Returns the path of a chain of attributes if it starts at an import."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id)
        if isinstance(node, ast.Attribute):
            start = self._path(node.value)
            return f"{start}.{node.attr}" if start else None
        return None

    def _check_path(self, path: str, node: ast.AST) -> None:
        self._note(self.permissions.fault_of(path), node)

    def _note(self, fault: str | None, node: ast.AST) -> None:
        if fault:
            self._report(node, fault)

    def _check_member(
        self, name: str, node: ast.AST, owner: ast.expr | None = None
    ) -> None:
        """Checks a member of an object; None means an unknown object."""
        if is_private(name):
            if self._is_of_oneiros(name, owner):
                self._report(node, f"{name} is a private member of Oneiros.")
        elif is_restricted(name, self.permissions.tier) and _is_held(owner):
            self._report(node, f"{name} of layers and models is for the engine tier.")

    def _is_of_oneiros(self, name: str, owner: ast.expr | None) -> bool:
        """Returns whether a private member belongs to a class of Oneiros: either the
        plugin doesn't define the name, or both define it and the object isn't the
        plugin's own."""
        if name not in self.own.names:
            return name in _first_party_private_names()
        if owner is None or self.own.objects.has(owner):
            return False
        return name in _foreign_members(self.permissions.package)

    def _check_texts(self, arguments: list[ast.expr], node: ast.AST) -> None:
        """Checks the members in texts such as `"model.optimizer"`."""
        for argument in arguments:
            match argument:
                case ast.Constant(value=str(path)):
                    for name in path.split("."):
                        self._check_member(name, node)

    def _report(self, node: ast.AST, message: str) -> None:
        finding = Finding(self.file, getattr(node, "lineno", 0), message)
        if finding not in self.findings:
            self.findings.append(finding)


def _sources(package: str) -> dict[str, str]:
    """Returns the sources of a package's modules by their paths in it, without
    importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        return {}
    if not spec.submodule_search_locations:
        return {f"{package}.py": Path(spec.origin or "").read_text(encoding="utf-8")}
    sources = {}
    for folder in map(Path, spec.submodule_search_locations):
        top = folder.parents[package.count(".")]
        for path in folder.rglob("*.py"):
            name = path.relative_to(top).as_posix()
            sources[name] = path.read_text(encoding="utf-8")
    return sources


def _is_held(owner: ast.expr | None) -> bool:
    """Returns whether an expression has a typical name of layers and models."""
    match owner:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.endswith(HOLDERS)
    return False


@cache
def _private_names(source: str) -> set[str]:
    """Returns the private names that a module defines: functions, variables, class
    attributes, and attributes of `self` and `cls`."""
    return {name for name in _defined(ast.parse(source)) if is_private(name)}


def _private_class_members(source: str) -> set[str]:
    """Returns the private members of a module's classes."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(body=body):
                for statement in body:
                    names |= _class_attributes(statement)
            case ast.Attribute(
                value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()
            ):
                names.add(name)
    return {name for name in names if is_private(name)}


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(
                value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()
            ):
                yield name


def _class_attributes(statement: ast.stmt) -> set[str]:
    """Returns the names that a statement in a class's body defines."""
    match statement:
        case ast.FunctionDef(name=name):
            return {name}
        case (
            ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
        ):
            return {name}
    return set()


@lru_cache
def _first_party_private_names() -> set[str]:
    """Returns the private members of the kernel and of all first-party plugins."""
    return {
        name
        for package in _first_party_packages()
        for source in _sources(package).values()
        for name in _private_names(source)
    }


@lru_cache
def _foreign_members(package: str) -> set[str]:
    """Returns the private members of all classes of the kernel and first-party plugins,
    except one package's own. Names that the kernel defines belong to the kernel, even
    if plugins define them, too."""
    if package == KERNEL_PACKAGE:
        return set()
    return {
        name
        for other in _first_party_packages() - {package}
        for name in _class_members_of(other)
    }


@lru_cache
def _class_members_of(package: str) -> set[str]:
    return set().union(*map(_private_class_members, _sources(package).values()))


def _first_party_packages() -> set[str]:
    packages = {record.module.partition(".")[0] for record in manager().plugins}
    return {package for package in packages if is_first_party(package)}


@lru_cache
def _private_members(path: str) -> frozenset[str]:
    """Returns the private names of a class, given its path, and of its base classes if
    they are part of Oneiros."""
    module, _, name = path.rpartition(".")
    table = manager().modules.get(module.removeprefix("oneiros").lstrip("."), {})
    for entry in table.get(name, [])[:1]:
        module, _, name = entry.reference.partition(":")
    names: set[str] = set()
    for cls in inspect.getmro(getattr(importlib.import_module(module), name, object)):
        if is_first_party(cls.__module__):
            names |= {member for member in vars(cls) if is_private(member)}
    return frozenset(names)
