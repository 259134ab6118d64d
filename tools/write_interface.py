"""Writes the list of the published interface: names, and how they are called.

    python tools/write_interface.py            writes docs/interface.txt
    python tools/write_interface.py --check    says whether the file is up to date

It lists the hooks, what plugins register, the modules below `oneiros` that plugins
make, and the modules of the kernel. A line that begins with a space was there at the
last release; `+` is new since then, and `-` was there and is gone, or is called in
another way now. Sources are read, and nothing is imported but manifests.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import griffe
from oneiros.hookspecs import REGISTRATION
from write_owners import manifests

ROOT = Path(__file__).resolve().parent.parent
LISTING = ROOT / "docs" / "interface.txt"
KERNEL = ROOT / "kernel" / "oneiros"
RELEASED, ADDED, REMOVED = " ", "+", "-"
SKIPPED_KINDS = ("migration", "service", "table")
"""Kinds of which the names say nothing to who writes code."""


def interface() -> list[str]:
    """Returns a line for each published name, sorted."""
    return sorted({*_contributed(), *_of_kernel()})


def _contributed() -> Iterator[str]:
    """Yields what the manifests of this repository refer to."""
    for _, kind, names in contributed():
        for name, reference in names.items():
            yield f"{kind}{name}{call(found(reference))}"


def contributed() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yields the distribution, and public names with their references; before them, a
    kind and a space, or the path of a module and a dot."""
    for distribution, manifest in manifests("plugins/*"):
        for hook in REGISTRATION:
            kind = hook.removeprefix("oneiros_").removesuffix("s")
            names = getattr(manifest, hook, dict)()
            if kind == "module":
                for module, contents in names.items():
                    where = f"oneiros.{module}." if module else "oneiros."
                    yield distribution, where, _public(contents)
            elif kind not in SKIPPED_KINDS:
                yield distribution, f"{kind} ", _public(names)


def _public(names: dict[str, str]) -> dict[str, str]:
    return {name: place for name, place in names.items() if not name.startswith("_")}


def _of_kernel() -> Iterator[str]:
    """Yields the public names of the kernel, with what its classes define."""
    for path, member in of_kernel():
        yield f"{path}{call(member)}"
        yield from _methods(path, member)


def of_kernel() -> Iterator[tuple[str, Any]]:
    """Yields the classes and functions that the modules of the kernel publish."""
    for path in KERNEL.rglob("*.py"):
        parts = path.relative_to(KERNEL).with_suffix("").parts
        dotted = ".".join(["oneiros", *(part for part in parts if part != "__init__")])
        if any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        for name, member in found(dotted).members.items():
            if member.is_alias or not member.is_public:
                continue
            if member.is_function or member.is_class:
                yield f"{dotted}.{name}", member


def _methods(where: str, member: Any) -> Iterator[str]:
    """Yields the public methods and properties that a class of the kernel defines."""
    if not member.is_class:
        return
    for name, method in member.members.items():
        if name.startswith("_") or method.is_alias:
            continue
        yield f"{where}.{name}{call(method)}"


def found(reference: str) -> Any:
    """Returns what a reference leads to; None for what is made at run time."""
    package, *parts = reference.replace(":", ".").split(".")
    try:
        found = _package(package)
        for part in parts:
            found = found[part]
            if found.is_alias:
                found = found.final_target
    except (KeyError, griffe.AliasResolutionError, griffe.CyclicAliasError):
        return None
    return found


@cache
def _package(name: str) -> Any:
    """Returns a package of this repository, as griffe reads it."""
    folders = [ROOT / "kernel", *sorted((ROOT / "plugins").iterdir())]
    paths = [str(folder) for folder in folders]
    return griffe.load(name, search_paths=paths, allow_inspection=False)


def call(member: Any) -> str:
    """Returns the parameters of a function or class, without annotations."""
    if member is None or member.is_attribute or member.is_module:
        return ""
    if member.is_class:
        try:
            function = member.all_members.get("__init__")
        except griffe.AliasResolutionError:
            function = None
        if function is None or not function.is_function:
            return "(...)" if member.bases else "()"
        parameters = list(function.parameters)[1:]
    elif "property" in member.labels:
        return ""
    else:
        parameters = [p for p in member.parameters if p.name not in ("self", "cls")]
    return f"({', '.join(_parameters(parameters))})"


STARS = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}


def _parameters(parameters: list[Any]) -> Iterator[str]:
    starred = False
    for parameter in parameters:
        star = STARS.get(parameter.kind, "")
        is_named = parameter.kind is griffe.ParameterKind.keyword_only
        if is_named and not starred:
            yield "*"
        starred = starred or is_named or star == "*"
        has_default = parameter.default is not None and not star
        default = f"={parameter.default}" if has_default else ""
        yield f"{star}{parameter.name}{default}"


def marked(now: list[str], before: list[str]) -> list[str]:
    """Returns lines of the listing.

    # Arguments
        now: the interface as it is.
        before: the listing that is there.
    """
    released = {line[1:] for line in before if line[:1] in (RELEASED, REMOVED)}
    lines = [(RELEASED if line in released else ADDED, line) for line in now]
    lines += [(REMOVED, line) for line in released - set(now)]
    return [mark + line for mark, line in sorted(lines, key=lambda pair: pair[1])]


def unexplained(lines: list[str], entries: list[str], mark: str) -> list[str]:
    """Returns the names with a mark that no entry of the changelog names.

    # Arguments
        lines: the lines of the listing.
        entries: the texts of the entries.
        mark: str, `"+"` for what is new, `"-"` for what is gone, or is called in
            another way.
    """
    words = set(re.findall(r"\w+", " ".join(entries)))
    names = [line[1:].partition("(")[0] for line in lines if line[:1] == mark]
    return [name for name in names if re.split(r"[ .]", name)[-1] not in words]


def listing() -> list[str]:
    """Returns the lines of the file."""
    return LISTING.read_text("utf-8").splitlines() if LISTING.exists() else []


def write(lines: list[str]) -> None:
    """Writes the file."""
    LISTING.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def release() -> None:
    """Makes the interface as it is that of a release."""
    write([RELEASED + line for line in interface()])


def main(arguments: list[str]) -> None:
    """Writes the file, or says whether it is up to date."""
    lines = marked(interface(), listing())
    if "--check" not in arguments:
        write(lines)
    elif lines != listing():
        sys.exit(f"{LISTING} is out of date: run python tools/write_interface.py")
    print("up to date")


if __name__ == "__main__":
    main(sys.argv[1:])
