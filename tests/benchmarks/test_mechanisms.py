"""The page of optimisations, the modules that it lists, and the benchmark that measures
them agree."""

import ast
import importlib
import importlib.util
import re
import sys

import pytest
from fresh import ROOT

PAGE = (ROOT / "docs" / "optimisations.md").read_text(encoding="utf-8")
MODULES = sorted(set(re.findall(r"`(oneiros_\w+/[\w/]+\.py)`", PAGE)))
SPEED = re.compile(r"times as long|costs? nothing|faster|slower|benchmarks/mechanisms")
"""What the docstring of a module that is there for speed says."""
COMMAND = re.compile(r"`(benchmarks/\w+\.py)((?: [\w-]+)*)`")


@pytest.fixture
def mechanisms(monkeypatch):
    """The benchmark's table."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module("comparison.mechanisms").MECHANISMS
    for name in [name for name in sys.modules if name.split(".")[0] == "comparison"]:
        del sys.modules[name]


def docstring(module):
    (path,) = ROOT.glob(f"plugins/*/{module}")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    return " ".join((text or "").split())


def test_the_page_lists_each_module_that_is_there_for_speed():
    for path in ROOT.glob("plugins/*/oneiros_*/**/*.py"):
        _, *parts = path.relative_to(ROOT / "plugins").parts
        module = "/".join(parts)
        assert module in MODULES or not SPEED.search(docstring(module)), module


@pytest.mark.parametrize("module", MODULES)
def test_a_mechanism_names_its_figure_and_the_command_that_gives_it(module, mechanisms):
    text = docstring(module)
    commands = COMMAND.findall(text)
    assert commands, "no `benchmarks/….py` in the docstring"
    assert re.search(r"\d", text), "no figure in the docstring"
    for script, arguments in commands:
        assert (ROOT / script).exists(), script
        if script == "benchmarks/mechanisms.py":
            assert arguments.split() and set(arguments.split()) <= set(mechanisms)


def test_each_mechanism_that_is_measured_is_on_the_page(mechanisms):
    for name, mechanism in mechanisms.items():
        path = mechanism.module.replace(".", "/")
        assert {f"{path}.py", f"{path}/__init__.py"} & set(MODULES), name


def defined(body):
    """Yields the names that statements define, with what is in their classes."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name, body=inner):
                yield name
                yield from (f"{name}.{member}" for member in defined(inner))
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name for alias in aliases)


def test_what_is_left_out_exists(mechanisms):
    for name, mechanism in mechanisms.items():
        for reference in mechanism.replaced:
            module, _, path = reference.partition(":")
            if module.startswith("comparison."):
                continue
            file = importlib.util.find_spec(module).origin
            with open(file, encoding="utf-8") as source:
                names = set(defined(ast.parse(source.read()).body))
            assert path in names, f"{name}: {reference}"
