"""Reads the list of Keras 1.2.2's public names (tests/data/keras1_api.md) into plain
records."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

REFERENCE = Path(__file__).parent.parent / "data" / "keras1_api.md"


@dataclass
class Signature:
    """A function's or method's arguments with their defaults as source text (None: no
    default)."""

    name: str
    arguments: list[tuple[str, str | None]]
    var_positional: bool
    var_keyword: bool
    kind: str = "function"


@dataclass
class ClassRecord:
    """A class: its constructor, methods and properties, and the attributes that its
    objects carry."""

    name: str
    init: Signature | None
    methods: list[Signature] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)


@dataclass
class ModuleRecord:
    """A module below `keras.` and what it offers."""

    path: str
    functions: list[Signature] = field(default_factory=list)
    classes: list[ClassRecord] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def parse_signature(text: str, kind: str = "function") -> Signature:
    """Parses `name(a, b=1, **kw)`; an empty name stands for a constructor."""
    name, _, arguments = text.partition("(")
    tree = ast.parse(f"def {name.strip() or '__init__'}({arguments}: pass").body[0].args
    defaults = [None] * (len(tree.args) - len(tree.defaults)) + [
        ast.unparse(d) for d in tree.defaults
    ]
    pairs = [(a.arg, d) for a, d in zip(tree.args, defaults, strict=True)]
    return Signature(
        name.strip() or "__init__",
        pairs,
        tree.vararg is not None,
        tree.kwarg is not None,
        kind,
    )


def parse() -> dict[str, ModuleRecord]:
    """Returns module path (without `keras.`) -> record, without the section of K
    functions."""
    modules: dict[str, ModuleRecord] = {}
    module = None
    cls = None
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if header := re.match(r"## keras(?:\.([\w.]+))?$", line):
            module = modules[header[1] or ""] = ModuleRecord(header[1] or "")
        elif line.startswith("## "):
            module = None
        elif module is None:
            continue
        elif match := re.match(
            r"- class `(\w+)(?:\([^`]*\))?`(?: init `(.*)`)?$", line
        ):
            cls = ClassRecord(match[1], parse_signature(match[2]) if match[2] else None)
            module.classes.append(cls)
        elif match := re.match(r"- re-exports from `[^`]*`: (.*)$", line):
            module.names += [
                name.strip() for name in match[1].split(",") if name.strip() != "*"
            ]
        elif match := re.match(r"- name `(\w+)`", line):
            module.names.append(match[1])
        elif match := re.match(r"- `(\w+\(.*\))`$", line):
            module.functions.append(parse_signature(match[1]))
        elif match := re.match(r"  - attributes: (.*)$", line):
            cls.attributes += [name.strip() for name in match[1].split(",")]
        elif match := re.match(r"  - (?:@([\w.]+) )?`(\w+\(.*\))`$", line):
            cls.methods.append(parse_signature(match[2], match[1] or "method"))
        elif line.startswith(("- ", "  - ")):
            raise AssertionError(
                f"a line of the reference that this parser doesn't know: {line!r}"
            )
    return modules
