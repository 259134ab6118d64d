"""The site's reference lists what users can import."""

import importlib
import inspect
import re

import pytest
from fresh import ROOT

MODULES = [
    "activations",
    "backend",
    "callbacks",
    "constraints",
    "datasets.mnist",
    "engine.topology",
    "initializations",
    "layers",
    "metrics",
    "models",
    "objectives",
    "optimizers",
    "preprocessing.image",
    "regularizers",
    "utils.np_utils",
]


@pytest.fixture(scope="module")
def published():
    """The names that the reference lists, with what they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        reference = importlib.import_module("site_reference")
        return {name.path: name for name in reference.published()}


def of_oneiros(value):
    """Tells whether something isn't of another plugin that is installed here."""
    module = getattr(value, "__module__", None) or "oneiros"
    return not inspect.ismodule(value) and re.match(r"oneiros[._]|oneiros$", module)


@pytest.mark.parametrize("module", MODULES)
def test_it_lists_all_that_a_module_has(module, published):
    path = f"oneiros.{module}"
    imported = importlib.import_module(path)
    names = [name for name in dir(imported) if not name.startswith("_")]
    public = {name for name in names if of_oneiros(getattr(imported, name))}
    listed = {name.name for name in published.values() if name.module == path}
    assert public - listed == set()


def test_it_lists_nothing_private(published):
    parts = {part for path in published for part in path.split(".")}
    assert not [part for part in parts if part.startswith("_")]


def test_each_class_and_function_says_what_it_is(published):
    undocumented = [
        path
        for path, name in published.items()
        if name.member is not None
        and (name.member.is_class or name.member.is_function)
        and name.member.docstring is None
    ]
    assert not undocumented
