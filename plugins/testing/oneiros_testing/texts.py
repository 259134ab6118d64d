"""Finds the texts that a module builds, as far as its source shows them."""

from __future__ import annotations

import ast


def constants_of(tree: ast.Module) -> dict[str, str]:
    """Returns the texts in a module's constants, by name."""
    constants: dict[str, str] = {}
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                text = _whole_text(value, constants)
                if text is not None:
                    constants[name] = text
    return constants


def module_of(node: ast.expr, constants: dict[str, str]) -> str:
    """Returns the path of the module that an expression names.

    For `f"{PACKAGE}.{name}"`, that is the package; it is empty if unknown.

    # Arguments
        constants: texts by the names that the expression may use.
    """
    path = ""
    for part in _parts(node):
        text = _text_of(part, constants)
        if text is None:
            return path.rpartition(".")[0]
        path += text
    return path


def _whole_text(node: ast.expr, constants: dict[str, str]) -> str | None:
    texts = [_text_of(part, constants) for part in _parts(node)]
    return None if None in texts else "".join(filter(None, texts))


def _parts(node: ast.expr) -> list[ast.expr]:
    """Returns the expressions whose texts an expression joins."""
    match node:
        case ast.JoinedStr(values=values):
            return values
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _parts(left) + _parts(right)
    return [node]


def _text_of(node: ast.expr, constants: dict[str, str]) -> str | None:
    """Returns the text of an expression; None if the source doesn't show it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) | ast.FormattedValue(value=ast.Name(id=name)):
            return constants.get(name)
    return None
