"""Pages of the site's reference, made from the docstrings of what Oneiros publishes.

`docs/build` writes them. Docstrings are read from the sources; what the modules that
plugins fill have besides, such as other names of a layer, is told by the modules.
"""

import functools
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import write_interface
from oneiros.discovery import owners
from oneiros.plugins import manager

MODULES = {
    "activation": "activations",
    "callback": "callbacks",
    "constraint": "constraints",
    "initialization": "initializations",
    "layer": "layers",
    "metric": "metrics",
    "objective": "objectives",
    "optimizer": "optimizers",
    "regularizer": "regularizers",
}
"""Kinds of names, and the modules that have them."""
K = "oneiros.backend"
FENCE = "``````"
INNER_FENCE = "`````"
LISTED = {"Arguments", "Properties", "Raises"}
"""Sections that are lists of names."""


@dataclass(frozen=True)
class Published:
    """A published name.

    # Properties
        path: the name with its module's path.
        distribution: the one that provides it.
        member: what it is, as griffe read it; None for values.
    """

    path: str
    distribution: str
    member: Any

    @property
    def module(self) -> str:
        """The module's path."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The name alone."""
        return self.path.rpartition(".")[2]


def published() -> list[Published]:
    """Returns every published name that can be imported, sorted."""
    kernel = list(_of_kernel())
    found = {name.path: name for name in (*kernel, *_of_plugins())}
    whole = {name.module for name in kernel}
    others = [path for path in filled() if path not in whole]
    found |= {name.path: name for name in _others(others, set(found))}
    return [found[path] for path in sorted(found, key=str.lower)]


def _of_plugins() -> Iterator[Published]:
    for distribution, where, names in write_interface.contributed():
        kind = where.rstrip()
        if kind in MODULES:
            where = f"oneiros.{MODULES[kind]}."
        if where.endswith("."):
            for name, reference in names.items():
                member = write_interface.found(reference)
                yield Published(f"{where}{name}", distribution, member)


def _of_kernel() -> Iterator[Published]:
    for path, member in write_interface.of_kernel():
        if not path.rpartition(".")[2].startswith("__"):
            yield Published(path, "oneiros-kernel", member)


def _others(paths: list[str], listed: set[str]) -> Iterator[Published]:
    """Yields the names that modules of installed plugins have besides."""
    for path in paths:
        module = importlib.import_module(path)
        for name in dir(module):
            value = getattr(module, name)
            package = getattr(value, "__module__", "").partition(".")[0]
            distribution = owners()["package"].get(package)
            if name.startswith("_") or f"{path}.{name}" in listed:
                continue
            if distribution and not inspect.ismodule(value):
                yield Published(f"{path}.{name}", distribution, _member(name, value))


@functools.cache
def filled() -> list[str]:
    """Returns the paths of the modules that installed plugins fill."""
    modules = {*MODULES.values(), *manager().modules, "backend"} - {""}
    return sorted(f"oneiros.{module}" for module in modules)


def _member(name: str, value: Any) -> Any:
    """Returns a class or function as griffe reads it; those of K in the contract."""
    if value.__module__ == K:
        contract = write_interface.found("oneiros.backend.contract.Backend")
        return contract.all_members.get(name)
    return write_interface.found(f"{value.__module__}.{value.__qualname__}")


# Pages


def write(folder: Path) -> None:
    """Writes a page for each module, and the list of them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    by_module: dict[str, list[Published]] = {}
    for name in published():
        by_module.setdefault(name.module, []).append(name)
    for module, names in by_module.items():
        page = folder / f"{module}.md"
        page.write_text("\n".join(_page(module, names)) + "\n", encoding="utf-8")
    pages = {"index": _index(sorted(by_module)), "commands": _commands()}
    for name, lines in pages.items():
        Path(folder, f"{name}.md").write_text("\n".join(lines), encoding="utf-8")


def _index(modules: list[str]) -> Iterator[str]:
    for_scripts = [module for module in modules if module in filled()]
    yield "# Reference\n"
    yield "Every public class and function, by the module that has it.\n"
    yield from _toctree("For scripts", for_scripts)
    yield from _toctree("On the command line", ["commands"])
    for_plugins = [module for module in modules if module not in for_scripts]
    yield from _toctree("For plugins", for_plugins)


def _toctree(title: str, pages: list[str]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "```{toctree}\n:maxdepth: 1\n"
    yield from pages
    yield "```\n"


def _commands() -> Iterator[str]:
    """Yields the page of the command `oneiros`, from its own help."""
    yield "# Commands\n"
    own_help = _help()
    yield from _terminal("oneiros", own_help)
    for name in re.findall(r"^  ([a-z]+)  ", own_help, re.MULTILINE):
        yield f"## {name}\n"
        yield from _terminal(f"oneiros {name}", _help(name))


def _terminal(command: str, output: str) -> Iterator[str]:
    yield f"```text\n$ {command} --help\n{output}```\n"


def _help(*command: str) -> str:
    program = Path(sys.executable).with_name("oneiros")
    done = subprocess.run(
        [program, *command, "--help"],
        env=os.environ | {"COLUMNS": "72", "NO_COLOR": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


def _page(module: str, names: list[Published]) -> Iterator[str]:
    yield f"# {module}\n"
    for name in names:
        yield from _entry(name)


def _entry(name: Published) -> Iterator[str]:
    member = name.member
    yield f"## {name.name}\n"
    yield f"{FENCE}{{py:{_role(member)}}} {name.name}{write_interface.call(member)}"
    yield f":module: {name.module}\n"
    yield f"From `{name.distribution}`{_source(member)}.\n"
    yield from text_of(member)
    if member is not None and member.is_class:
        yield from _methods(member)
    yield f"{FENCE}\n"


def _role(member: Any) -> str:
    if member is None or not (member.is_class or member.is_function):
        return "data"
    return "class" if member.is_class else "function"


def _methods(member: Any) -> Iterator[str]:
    """Yields the methods that a class defines and describes."""
    for name, method in member.members.items():
        if name.startswith("_") or not method.is_function or method.docstring is None:
            continue
        yield f"{INNER_FENCE}{{py:method}} {name}{write_interface.call(method)}\n"
        yield from text_of(method)
        yield f"{INNER_FENCE}\n"


def _source(member: Any) -> str:
    if member is None or not member.lineno:
        return ""
    path = Path(member.filepath).relative_to(write_interface.ROOT)
    return f": `{path}`, line {member.lineno}"


def text_of(member: Any) -> Iterator[str]:
    """Yields a docstring as Markdown."""
    if member is None or member.docstring is None:
        return
    docstring = inspect.cleandoc(member.docstring.value)
    before, *parts = re.split(r"^# (.+)$", docstring, flags=re.MULTILINE)
    yield before
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        yield f"**{title}**\n"
        body = inspect.cleandoc(body)
        yield from _list(body) if title in LISTED else [body]
        yield ""


def _list(body: str) -> Iterator[str]:
    """Yields the names of a section as a list."""
    for line in body.splitlines():
        name, colon, rest = line.partition(": ")
        if colon and not line.startswith(" "):
            yield f"- **{name}**: {rest}"
        else:
            yield f"  {line.strip()}" if line.startswith(" ") else line
