"""The public names of a module, with how they are called and what they are for.

They are read from its source, so that nothing is imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SENTENCE = re.compile(r".*?\.(?=\s|$)", re.DOTALL)


@dataclass(frozen=True)
class PublicName:
    """One public name.

    # Properties
        usage: str, the name with the arguments that it takes.
        purpose: str, the first sentence of its docstring.
    """

    usage: str
    purpose: str


def public_names(path: Path) -> Iterator[PublicName]:
    """Yields what a module defines: functions, classes, and constants that it
    explains."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                purpose = first_sentence(ast.get_docstring(node))
                if not name.startswith("_"):
                    yield PublicName(f"{name}{_arguments(node)}", purpose)
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                explanation = _explanation(following)
                if explanation and not name.startswith("_"):
                    yield PublicName(name, first_sentence(explanation))


def documented(path: Path, name: str) -> PublicName:
    """Returns one function or class of a module, or a method, as `Class.method`."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    *owners, own_name = name.split(".")
    for owner in owners:
        body = _definition(body, owner, path).body
    node = _definition(body, own_name, path)
    purpose = first_sentence(ast.get_docstring(node))
    return PublicName(f"{own_name}{_arguments(node, is_method=bool(owners))}", purpose)


def module_purpose(path: Path) -> str:
    """Returns the first sentence of a module's docstring."""
    return first_sentence(
        ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    )


def first_sentence(docstring: str | None) -> str:
    """Returns a docstring's first sentence, on one line."""
    paragraph = (docstring or "").strip().partition("\n\n")[0]
    sentence = SENTENCE.match(paragraph)
    text = sentence.group() if sentence else paragraph
    return " ".join(text.rstrip(".:").split())


def _definition(
    body: list[ast.stmt], name: str, path: Path
) -> ast.FunctionDef | ast.ClassDef:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.ClassDef() if node.name == name:
                return node
    raise LookupError(f"{path} doesn't define {name}.")


def _explanation(node: ast.stmt | None) -> str | None:
    """Returns the docstring of a constant, which stands behind it."""
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return None


def _arguments(node: ast.FunctionDef | ast.ClassDef, *, is_method: bool = False) -> str:
    """Returns the arguments that a function or a class takes, without their types; for
    a class that takes those of its base class, nothing."""
    if isinstance(node, ast.FunctionDef):
        arguments = _without_types(node.args)
        if is_method:
            del arguments.args[0]
        return f"({ast.unparse(arguments)})"
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            return _arguments(member, is_method=True)
    if any("dataclass" in ast.unparse(each) for each in node.decorator_list):
        return f"({', '.join(_fields(node))})"
    return ""


def _fields(node: ast.ClassDef) -> Iterator[str]:
    """Yields the fields of a dataclass."""
    for member in node.body:
        match member:
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def _without_types(arguments: ast.arguments) -> ast.arguments:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in (*every, arguments.vararg, arguments.kwarg):
        if argument is not None:
            argument.annotation = None
    return arguments
