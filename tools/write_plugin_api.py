"""Writes what docs/plugin-api.md and docs/engine-api.md list: the hooks, both tiers of
the interface.

    python tools/write_plugin_api.py

The lists come from `oneiros.hookspecs`, from `oneiros_testing.interface`, and from the
sources and docstrings of what is published.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from oneiros import backend, hookspecs
from oneiros.backend import common, contract, dispatch
from oneiros.plugins import HOOKS, KINDS
from oneiros_testing.interface import AUTHORING, ENGINE, TABLES, Names
from oneiros_testing.keras_names import KERAS_MODULES, KERAS_PRIVATE, OLDER_MODULES
from oneiros_testing.members import MEMBERS
from public_names import PublicName, first_sentence, module_purpose, public_names

DOCS = Path(__file__).resolve().parent.parent / "docs"
START = "<!-- interface: written by tools/write_plugin_api.py -->\n"
END = "<!-- end -->"
K_MODULE = "oneiros.backend"


def pages() -> dict[Path, str]:
    """Returns the pages, by path, with their lists as they should be."""
    lists = {"plugin-api.md": _authoring_lists(), "engine-api.md": _engine_lists()}
    return {DOCS / name: _page(DOCS / name, parts) for name, parts in lists.items()}


def _page(path: Path, parts: list[str]) -> str:
    before, _, rest = path.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    lists = "\n\n".join(["", *parts, ""])
    return f"{before}{START}{lists}\n{END}{after}"


def _authoring_lists() -> list[str]:
    return [
        "## Hooks",
        "Registration hooks run once, at discovery, and return names with references:",
        _hooks(HOOKS[: len(KINDS)]),
        "Behaviour hooks run when a model is built or once per run:",
        _hooks(HOOKS[len(KINDS) :]),
        "## The authoring tier",
        f"All names of Keras 1's modules below `oneiros`: {_listed(KERAS_MODULES)}.",
        f"All names of modules of older versions: {_listed(OLDER_MODULES)}.",
        "Besides these:",
        _interface(TABLES[AUTHORING]),
        "Members with an underscore that code for Keras 1 uses: "
        f"{_listed(KERAS_PRIVATE)}.",
        "Public members of layers and models that Keras 1 has, and:",
        _members(AUTHORING),
        *_whole_modules(TABLES[AUTHORING]),
        "## The engine tier",
        "[Another page](engine-api.md) lists the names that it adds.",
    ]


def _engine_lists() -> list[str]:
    return [
        "## What the tier adds",
        _interface(TABLES[ENGINE]),
        "Public members of layers and models that only this tier may use:",
        _members(ENGINE),
        *_whole_modules(TABLES[ENGINE]),
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _hooks(names: list[str]) -> str:
    texts = [
        " ".join((getattr(hookspecs, name).__doc__ or "").split()) for name in names
    ]
    rows = [[f"`{name}`", text] for name, text in zip(names, texts, strict=True)]
    return _table(["hook", "purpose"], rows)


def _interface(table: dict[str, Names]) -> str:
    rows = []
    for module, names in table.items():
        if isinstance(names, str):
            link = f"[all public names](#{_anchor(_heading(module))})"
            rows.append([f"`{module}`", link, names])
        else:
            rows += [[f"`{module}`", f"`{name}`", names[name]] for name in names]
    return _table(["module", "name", "purpose"], rows)


def _members(tier: str) -> str:
    rows = [[f"`{name}`", purpose] for name, purpose in MEMBERS[tier].items()]
    return _table(["member", "purpose"], rows)


def _whole_modules(table: dict[str, Names]) -> Iterator[str]:
    """Yields the sections on modules of which all public names are published."""
    for module, names in table.items():
        if isinstance(names, str):
            yield f"## {_heading(module)}"
            yield from _k() if module == K_MODULE else _names_of(module)


def _heading(module: str) -> str:
    return f"All of {module}"


def _anchor(heading: str) -> str:
    """Returns the anchor that a heading gets."""
    kept = [letter for letter in heading.lower() if letter.isalnum() or letter in " _-"]
    return "".join(kept).replace(" ", "-")


def _k() -> Iterator[str]:
    yield "Each function is a name of `K`; `help(K.dot)` shows arguments and errors."
    own_names = [*common.__all__, *dispatch.__all__]
    functions = {name: getattr(backend, name) for name in own_names}
    functions |= contract.functions()
    yield _name_table(
        PublicName(_usage(name, value), first_sentence(inspect.getdoc(value)))
        for name, value in sorted(functions.items())
        if callable(value)
    )


def _usage(name: str, function: object) -> str:
    """Returns how a function is called, without types; `self` is `K` itself."""
    if isinstance(function, type) or not callable(function):
        return name
    signature = inspect.signature(function)
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]
    plain = signature.replace(
        parameters=parameters, return_annotation=inspect.Signature.empty
    )
    return f"{name}{plain}"


def _names_of(module: str) -> Iterator[str]:
    """Yields tables of the public names of a module, or of each module of a package."""
    own_file = _source(module)
    if own_file.stem != "__init__":
        yield _name_table(public_names(own_file))
        return
    for path in sorted(own_file.parent.glob("*.py")):
        names = list(public_names(path))
        if names and path.stem != "manifest":
            path_of_module = module if path == own_file else f"{module}.{path.stem}"
            yield f"`{path_of_module}`: {module_purpose(path)}"
            yield _name_table(names)


def _name_table(names: Iterable[PublicName]) -> str:
    rows = [[f"`{each.usage}`", each.purpose] for each in names]
    return _table(["name", "purpose"], rows)


def _source(module: str) -> Path:
    """Returns the file of a module."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise LookupError(f"There is no module {module}.")
    return Path(spec.origin)


def _table(titles: list[str], rows: Iterable[list[str]]) -> str:
    head = [_line(titles), f"|{'---|' * len(titles)}"]
    return "\n".join([*head, *map(_line, rows)])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for page_path, text in pages().items():
        page_path.write_text(text, encoding="utf-8")
