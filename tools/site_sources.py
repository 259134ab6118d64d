"""Links from the site's reference to the sources, for Sphinx's extension viewcode.

The modules of Keras 1 are filled by plugins, so the source of a name is in another
module, which viewcode can't find out.
"""

import functools
from pathlib import Path
from typing import Any

import write_interface
from site_names import published

Tags = dict[str, tuple[str, int, int]]
"""Names in a module, with what they are and their first and last line."""


@functools.cache
def _members() -> dict[str, Any]:
    """Returns the published classes and functions of which there is a source."""
    return {
        name.path: name.member
        for name in published()
        if name.member is not None and name.member.lineno
    }


@functools.cache
def _tags() -> dict[str, Tags]:
    """Returns, for each module with sources, the published names in it."""
    tags: dict[str, Tags] = {}
    for path, member in _members().items():
        in_module = tags.setdefault(member.module.path, {})
        name = path.rpartition(".")[2]
        in_module[name] = _tag(member)
        for method in member.members.values() if member.is_class else ():
            if method.is_function:
                in_module[f"{name}.{method.name}"] = _tag(method)
    return tags


def _tag(member: Any) -> tuple[str, int, int]:
    return ("class" if member.is_class else "def", member.lineno, member.endlineno)


def module_of(app: Any, module: str, name: str) -> str | None:
    """Returns the path of the module that holds the source of a name or a method."""
    member = _members().get(f"{module}.{name.partition('.')[0]}")
    return None if member is None else member.module.path


def source_of(app: Any, module: str) -> tuple[str, Tags] | None:
    """Returns the text of a module, and the published names in it."""
    return _source(module) if module in _tags() else None


@functools.cache
def _source(module: str) -> tuple[str, Tags]:
    path = write_interface.found(module).filepath
    return Path(path).read_text(encoding="utf-8"), _tags()[module]


def setup(app: Any) -> dict[str, bool]:
    """Connects the sources to viewcode."""
    app.setup_extension("sphinx.ext.viewcode")
    app.connect("viewcode-follow-imported", module_of)
    app.connect("viewcode-find-source", source_of)
    return {"parallel_read_safe": True}
