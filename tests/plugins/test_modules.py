"""The modules made of what plugins contribute."""

import importlib
import sys

import oneiros
import pytest
from oneiros import plugins, registry, regularizers
from processes import run_python

PATHS = sorted(filter(None, plugins.manager().modules))


def output(code):
    """Returns what code prints in a process of its own."""
    return run_python(code).stdout


@pytest.mark.parametrize("path", PATHS)
def test_all_dir_and_names_agree(path):
    module = importlib.import_module(f"oneiros.{path}")
    listed = module.__all__
    known = set(plugins.manager().modules[path])
    shown = {name for name in known if name[0] != "_"}
    assert shown <= set(listed)
    assert shown <= set(dir(module))
    assert all(hasattr(module, name) for name in listed)
    assert not [name for name in listed if name.startswith("_")]


def test_a_name_is_the_same_object_wherever_it_is_seen():
    for path in ("engine", "engine.topology", "layers", "layers.core"):
        assert importlib.import_module(f"oneiros.{path}").Merge is registry.resolve(
            "layer", "Merge"
        )


def test_layers_shows_all_layers_and_all_names_of_its_children():
    shown = set(oneiros.layers.__all__)
    assert set(registry.names("layer")) <= shown
    for path in PATHS:
        if path.startswith("layers."):
            names = {name for name in plugins.manager().modules[path] if name[0] != "_"}
            assert names | {path.removeprefix("layers.")} <= shown


def test_import_star():
    space = output("""
from oneiros.layers.core import *
print("Dense" in globals(), "SReLU" in globals())
""")
    assert space == "True False\n"
    assert (
        output("from oneiros.optimizers import *; print(SGD.__name__, get.__name__)")
        == "SGD get\n"
    )
    assert (
        output("from oneiros import *; print(layers.core.Dense.__name__)") == "Dense\n"
    )


def test_children_need_no_import_of_their_own():
    assert (
        output("import oneiros; print(oneiros.layers.core.Dense.__name__)") == "Dense\n"
    )
    assert (
        output("import oneiros as keras; print(keras.engine.topology.Node.__name__)")
        == "Node\n"
    )
    assert output("import oneiros; print(oneiros.arguments.is_int(1))") == "True\n"


def test_listing_names_imports_nothing():
    """Neither an engine nor what implements a name."""
    code = """
import sys
started = set(sys.modules)
import oneiros.layers
import oneiros.optimizers
for module in (oneiros.layers, oneiros.optimizers, oneiros.layers.core):
    dir(module)
new = set(sys.modules) - started
loaded = [name for name in new if name.startswith("oneiros_") and "." in name]
print([name for name in loaded if not name.endswith((".manifest", ".rows"))])
"""
    assert output(code) == "[]\n"


def test_dir_omits_what_keras_imported():
    """`import *` has it, as in Keras 1."""
    hidden = {"K", "copy", "functools", "inspect", "np", "python_types", "warnings"}
    assert not hidden & set(dir(oneiros.layers))
    assert hidden <= set(oneiros.layers.__all__)
    assert "np" not in dir(oneiros.layers.core)
    assert "np" in oneiros.layers.core.__all__
    assert not {"np", "os", "json"} & set(dir(oneiros.backend))
    assert "np" in oneiros.backend.__all__


def test_a_missing_attribute():
    with pytest.raises(
        AttributeError, match=r"oneiros\.layers\.core has no 'Dens'; .*'Dense'\?$"
    ) as caught:
        oneiros.layers.core.Dens
    assert caught.value.obj is None, "Python would suggest the name once more"
    with pytest.raises(AttributeError, match=r"oneiros has no 'layer'; .*'layers'\?$"):
        oneiros.layer
    with pytest.raises(ImportError, match="cannot import name 'Dens'"):
        exec("from oneiros.layers.core import Dens")
    assert not hasattr(oneiros.layers, "__wrapped__")


@pytest.mark.parametrize(
    "name", ["oneiros.nonsense", "oneiros.layers.nonsense", "oneiros.engine.nonsense"]
)
def test_a_missing_module(name):
    with pytest.raises(
        ModuleNotFoundError, match=rf"No module named '{name}'"
    ) as caught:
        importlib.import_module(name)
    assert caught.value.name == name


def test_the_finder_leaves_other_packages_alone():
    finder = next(
        finder
        for finder in sys.meta_path
        if getattr(finder, "__module__", "") == "oneiros"
    )
    assert (
        finder.find_spec("numpy") is None
        and finder.find_spec("oneirosx.layers") is None
    )
    assert finder.find_spec("oneiros.nonsense") is None
    assert finder.find_spec("oneiros.layers").submodule_search_locations == []
    assert finder.find_spec("oneiros.optimizers").submodule_search_locations == []


def test_attributes_can_be_patched(monkeypatch):
    monkeypatch.setattr("oneiros.optimizers.SGD", "patched")
    assert oneiros.optimizers.SGD == "patched"
    monkeypatch.undo()
    assert oneiros.optimizers.SGD is registry.resolve("optimizer", "SGD")


def test_a_registered_name_hides_no_base_class_of_the_module():
    class Rival:
        pass

    base = regularizers.Regularizer
    with registry.register("regularizer", "Regularizer", Rival):
        assert regularizers.Regularizer is base
