"""The site's reference lists what users can import, and describes all of it."""

import importlib
import inspect
import re

import pytest
import site_names
import site_reference

MODULES = site_names.open_modules()


@pytest.fixture(scope="module")
def published():
    """The names that the reference lists, with what they are."""
    return {name.path: name for name in site_names.published()}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The texts of the reference's pages, by module."""
    folder = tmp_path_factory.mktemp("site") / "api"
    site_reference.write(folder)
    return {page.stem: page.read_text(encoding="utf-8") for page in folder.iterdir()}


def of_oneiros(value):
    """Tells whether something isn't of another plugin that is installed here."""
    module = getattr(value, "__module__", None) or "oneiros"
    return not inspect.ismodule(value) and re.match(r"oneiros[._]|oneiros$", module)


@pytest.mark.parametrize("module", MODULES)
def test_it_lists_all_that_a_module_has(module, published):
    imported = importlib.import_module(module)
    names = [name for name in dir(imported) if not name.startswith("_")]
    public = {name for name in names if of_oneiros(getattr(imported, name))}
    listed = {name.name for name in published.values() if name.module == module}
    assert public - listed == set()


def test_what_it_lists_can_be_imported(published):
    for path in published:
        site_names.imported(path)


def test_it_lists_nothing_private(published):
    parts = {part for path in published for part in path.split(".")}
    assert not [part for part in parts if part.startswith("_")]


def test_each_class_and_function_says_what_it_is(published):
    undocumented = [
        path
        for path, name in published.items()
        if callable(site_names.imported(path)) and name.docstring is None
    ]
    assert not undocumented


def test_each_name_has_a_signature_on_the_page_of_its_module(published, pages):
    for name in published.values():
        page = pages[name.module]
        assert re.search(rf"^`+{{py:\w+}} {name.name}\b.*$", page, re.MULTILINE), name
        assert f" {name.name}(...)" not in page, name


def test_each_command_has_its_help(pages):
    commands = pages["commands"]
    assert "## plugins freeze" in commands and "oneiros inspect --help" in commands
    assert "runs" not in re.findall(r"^## (.*)$", commands, re.MULTILINE)
