"""The examples in the docstrings and READMEs of the layer plugins run, and show what
they say."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest
from oneiros import backend as K

ROOT = Path(__file__).parents[2] / "plugins"
PLUGINS = sorted(path.name for path in ROOT.glob("layers_*"))
BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def examples():
    for plugin in PLUGINS:
        for path in sorted((ROOT / plugin / f"oneiros_{plugin}").glob("*.py")):
            module = importlib.import_module(f"oneiros_{plugin}.{path.stem}")
            for name, found in vars(module).items():
                if getattr(
                    found, "__module__", ""
                ) == module.__name__ and inspect.getdoc(found):
                    for _, code in BLOCK.findall(inspect.getdoc(found)):
                        yield pytest.param(inspect.cleandoc(code), id=name)
        for _, code in BLOCK.findall((ROOT / plugin / "README.md").read_text()):
            yield pytest.param(code, id=plugin)


def execute(code):
    """Runs code; where an expression or a print carries a comment, compares it with
    what it shows."""
    lines, scope = code.splitlines(), {"__name__": "example"}
    for statement in ast.parse(code).body:
        comment = lines[statement.end_lineno - 1][statement.end_col_offset :].partition(
            "# "
        )[2]
        if not isinstance(statement, ast.Expr) or not comment:
            exec(compile(ast.Module([statement], []), "example", "exec"), scope)
            continue
        shown = statement.value
        if isinstance(shown, ast.Call) and getattr(shown.func, "id", "") == "print":
            (shown,) = shown.args
            value = str(eval(compile(ast.Expression(shown), "example", "eval"), scope))
        else:
            value = repr(eval(compile(ast.Expression(shown), "example", "eval"), scope))
        assert value == comment


@pytest.mark.parametrize("code", list(examples()))
def test_example(backend, code):
    K.reset_uids()
    execute(code)


def test_every_layer_and_readme_has_an_example():
    documented = {param.id for param in examples()}
    layers = {
        name
        for plugin in PLUGINS
        for name in importlib.import_module(f"oneiros_{plugin}.manifest").LAYERS
    }
    assert not (layers | set(PLUGINS)) - documented
