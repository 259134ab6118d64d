"""Faults of metadata, manifests and results, each in a folder on the path.

They stay the plugin's own.
"""

import copy
import importlib
import re

import oneiros.layers
import oneiros.optimizers
import pytest
from oneiros import deprecations, modules, registry
from oneiros.errors import BackendMissingError
from written_plugins import HOOKS, hook, start, write_plugin

RECORD = """
from oneiros import registry
from oneiros.plugins import manager
assert "Dense" in registry.names("layer")
record = manager().records["fault"]
phase = record.problems[0][0] if record.problems else None
print(record.state, phase, record.error, record.kinds)
"""


@pytest.fixture
def run(tmp_path):
    """Runs code in a process that sees a plugin `fault` with this manifest and these
    entry points."""

    def call(
        manifest,
        code=RECORD,
        points="[oneiros.v1]\nfault = fault.manifest\n",
        more=(),
        **variables,
    ):
        files = {
            "__init__.py": "",
            "manifest.py": HOOKS + manifest,
            "quit.py": "import sys\nsys.exit('gone')\n",
            **dict(more),
        }
        write_plugin(tmp_path, "fault", "fault", files, points)
        return start(tmp_path, code, **variables)

    return call


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (
            hook("layers", "{1: 'a:b'}"),
            "failed oneiros_layers TypeError: It returned '1': 'a:b', not 'module:attr",
        ),
        (
            hook("layers", "{'My Layer': 'a:b'}"),
            "failed oneiros_layers TypeError: It returned 'My Layer': 'a:b', not 'mod",
        ),
        (
            hook("layers", "[]"),
            "failed oneiros_layers TypeError: It returned [], which isn't a dict",
        ),
        (
            hook("modules", "{'layers.mine': 5}"),
            "failed oneiros_modules TypeError: It returned {'layers.mine': 5}, which",
        ),
        (hook("commands", "{'my-run': 'a:b'}"), "ok None None {'command': ['my-run']}"),
    ],
)
def test_wrong_types_are_reported_and_skipped(run, manifest, expected):
    done = run(manifest)
    assert done.stdout.startswith(expected), done.stdout + done.stderr


def test_a_module_that_exits_does_not_end_the_program(run):
    code = """
from oneiros import registry
try:
    registry.resolve("layer", "Gone")
except ImportError as error:
    print(error)
"""
    done = run(hook("layers", "{'Gone': 'fault.quit:Gone'}"), code)
    assert done.returncode == 0 and "of fault 1.0 can't be imported" in done.stdout
    assert "SystemExit: gone" in done.stdout


def test_an_object_that_needs_a_broken_one_is_told_once(run):
    code = """
from oneiros import errors, registry
try:
    registry.resolve("layer", "Outer")
except errors.PluginLoadError as error:
    print(error)
"""
    names = {"Outer": "fault.outer:Outer", "Inner": "fault.quit:Inner"}
    outer = {"outer.py": "from oneiros.layers import Inner\n"}
    said = run(hook("layers", repr(names)), code, more=outer).stdout
    assert said.startswith("The layer 'Inner' of fault 1.0 can't be imported from")
    assert said.count("can't be imported") == 1 and "PluginLoadError" not in said


@pytest.mark.parametrize("fault", ["GeneratorExit", "CancelledError", "Mine", "Mute"])
@pytest.mark.parametrize("place", ["import", "oneiros_layers", "Gone"])
def test_what_is_no_exception_is_reported_as_well(run, fault, place):
    """It ended the program: `except Exception` doesn't catch it."""
    start = (
        "from asyncio import CancelledError\n"
        "class Mine(BaseException):\n    pass\n"
        "class Mute(BaseException):\n    def __str__(self):\n        raise Mine\n"
        "    __repr__ = __str__\n"
    )
    text = f"raise {fault}('gone')\n"
    manifest = start + text
    if place != "import":
        manifest = f"{start}@hookimpl\ndef oneiros_layers():\n    {text}"
    if place == "Gone":
        manifest = hook("layers", "{'Gone': 'fault.gone:Gone'}")
    code = """
from oneiros import errors, registry
assert "Dense" in registry.names("layer")
try:
    registry.resolve("layer", "Gone")
except errors.OneirosError as error:
    print(error)
"""
    done = run(manifest, code, more={"gone.py": start + text})
    said = "Mute" if fault == "Mute" else f"{fault}: gone"
    assert said in done.stdout, done.stderr


@pytest.mark.parametrize(
    "manifest",
    [
        "def __getattr__(name):\n    1 / 0\n",
        "import sys, types\n"
        "class Manifest(types.ModuleType):\n"
        "    def __eq__(self, other):\n        1 / 0\n"
        "    __hash__ = types.ModuleType.__hash__\n"
        "sys.modules[__name__].__class__ = Manifest\n",
        "class Text(str):\n    def __eq__(self, other):\n        1 / 0\n"
        "    __hash__ = str.__hash__\n"
        + hook("layers", "{Text('Dense'): Text('a:b'), Text('New'): Text('a:b')}"),
    ],
)
def test_what_a_manifest_does_when_it_is_looked_at_spoils_no_other(run, manifest):
    code = """
from oneiros.plugins import manager
from oneiros import registry
print([record.state for record in manager().records.values()].count("ok") > 40)
assert registry.find("layer", "LSTM")
"""
    assert run(manifest, code).stdout == "True\n"


@pytest.mark.parametrize(
    ("manifest", "fault"),
    [
        ("import os; os._exit(0)\n", "ends the process, with the status 0"),
        (
            hook("layers", "__import__('os')._exit(3)"),
            "ends the process, with the status 3",
        ),
        ("import sys; sys.stdout.close()\n", "closes the standard output"),
        ("import os; os.close(1)\n", "closes the standard output"),
        pytest.param(
            "import time; time.sleep(1000)\n",
            "takes longer than 6 seconds",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_plugin_that_no_except_holds_is_named(run, manifest, fault):
    code = """
from oneiros_cli import isolation
from oneiros_cli.main import main
isolation.PATIENCE = 6.0
main(["plugins"])
"""
    said = run(manifest, code).stdout
    assert f"fault 1.0  failed  0.0 ms\n  import: its import {fault}" in said
    assert "oneiros-activations" in said and said.endswith("plugins, 1 not ok\n")


def test_a_command_that_is_no_function_spoils_no_other(run):
    code = "from oneiros_cli.main import main\nmain(['--help'])"
    done = run(hook("commands", "{'five': 'math:pi'}"), code)
    assert done.returncode == 0 and "plugins" in done.stdout, done.stderr
    said = " ".join(done.stdout.split())
    assert "Doesn't work: The command 'five' is 3.14" in said


def test_a_backend_that_is_no_backend_names_its_plugin():
    from oneiros import backend as K

    class Thing:
        pass

    expected = pytest.raises(
        BackendMissingError,
        match=r"'thing' of my-lab is <class .*, not a Backend class",
    )
    with registry.register("backend", "thing", Thing, "my-lab"), expected:
        K.load("thing")


def test_asking_for_an_unknown_attribute_stays_ordinary():
    assert not hasattr(oneiros.layers, "Dens")
    assert getattr(oneiros.optimizers, "x", 1) == 1
    assert copy.copy(oneiros.layers.Dense) is oneiros.layers.Dense
    assert modules.find_spec("oneiros.layers.Dens") is None
    with pytest.raises(
        ModuleNotFoundError, match=r"No module named 'oneiros\.layers\.Dens'"
    ):
        importlib.import_module("oneiros.layers.Dens")
    exec("from oneiros.layers import *; from oneiros.layers import core", {})
    with pytest.raises(AttributeError):
        oneiros.layers.__wrapped__


@pytest.mark.parametrize(
    "statement",
    [
        "from oneiros.engine import Layer",
        "from oneiros.layers import Dense",
        "import oneiros.engine.topology",
        "import oneiros; oneiros.layers.Dense",
    ],
)
def test_a_manifest_may_import_what_other_plugins_provide(run, statement):
    code = f"""
{statement}
from oneiros.engine.topology import Merge
from oneiros.plugins import manager
print(manager().records["fault"].error)
"""
    done = run(f"{statement}\n", code)
    assert done.stdout == "None\n", done.stderr


def test_a_manifest_may_import_the_kernels_own_modules(run):
    manifest = "import oneiros.engine, oneiros.engine.layer\n"
    code = """
from oneiros.plugins import manager
print(manager().records["fault"].state)
from oneiros.engine import Layer
"""
    done = run(manifest, code)
    assert done.stdout == "ok\n", done.stderr


def test_distributions_that_share_a_namespace_package_are_told_apart(tmp_path):
    layer = "class Mine:\n    pass\n"
    for part in ("text", "vision"):
        manifest = HOOKS + hook("layers", {part.title(): f"lab.{part}.layer:Mine"})
        files = {"manifest.py": manifest, "layer.py": layer, "helper.py": layer}
        points = f"[oneiros.v1]\nlab = lab.{part}.manifest\n"
        write_plugin(tmp_path, f"lab-{part}", f"lab.{part}", files, points)
    code = """
from oneiros import registry
from oneiros.saving import provenance
import lab.vision.helper
for thing in (registry.resolve("layer", "Text"), registry.resolve("layer", "Vision"),
              lab.vision.helper.Mine):
    print(provenance(thing)["distribution"])
"""
    done = start(tmp_path, code)
    assert done.stdout.split() == ["lab-text", "lab-vision", "lab-vision"], done.stderr


def test_what_only_a_shared_namespace_tells_comes_from_nobody(tmp_path):
    for part in ("text", "vision"):
        files = {f"{part}.py": HOOKS}
        points = f"[oneiros.v1]\nlab = lab.{part}\n"
        write_plugin(tmp_path, f"lab-{part}", "lab", files, points)
    (tmp_path / "lab" / "other.py").write_text("class Mine:\n    pass\n")
    code = """
from oneiros.saving import provenance
import lab.other
print(provenance(lab.other.Mine))
"""
    assert start(tmp_path, code).stdout == "None\n"


DEPRECATED = """
import warnings
from oneiros.deprecations import HOOKS
HOOKS["oneiros_after_compile"] = {"warn_on_impl": DeprecationWarning("It goes.")}
of_path = {"path": DeprecationWarning("path goes.")}
HOOKS["oneiros_after_save"] = {"warn_on_impl_args": of_path}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from oneiros.plugins import manager
    print(manager().records["fault"].state)
for warning in caught:
    print(warning.filename[-17:], warning.lineno, warning.message)
"""


def test_a_plugin_that_implements_what_is_deprecated_is_told_its_line(run):
    manifest = (
        "@hookimpl\ndef oneiros_after_compile(model):\n    pass\n"
        "@hookimpl\ndef oneiros_after_save(model, path):\n    pass\n"
        "@hookimpl\ndef oneiros_before_save(path):\n    pass\n"
    )
    told = run(manifest, DEPRECATED).stdout.splitlines()
    assert [line for line in told if line.startswith(("ok", "fault/"))] == [
        "ok",
        "fault/manifest.py 2 It goes.",
        "fault/manifest.py 5 path goes.",
    ]


def test_a_hook_can_gain_arguments_that_plugins_dont_know(run):
    manifest = "@hookimpl\ndef oneiros_after_save(path):\n    print(path)\n"
    code = (
        "from oneiros.plugins import call\n"
        "call('oneiros_after_save', model=None, path='m.h5')\n"
    )
    assert run(manifest, code).stdout == "m.h5\n"


def test_dir_of_the_package_shows_no_internals():
    names = dir(importlib.import_module("oneiros"))
    assert {"layers", "models", "hookimpl", "set_seed", "backend"} <= set(names)
    private = [name for name in names if name.startswith("_")]
    assert private == ["__version__"]
    assert not {"Any", "ModuleSpec", "import_module", "sys"} & set(names)


def test_a_name_and_an_argument_can_be_deprecated(monkeypatch):
    going = {
        "layer:Highway": "Highway goes with 0.3: use Dense.",
        "module:layers.core.Highway": "layers.core.Highway goes with 0.3.",
        "argument:Dense.init": "init goes with 0.3.",
    }
    monkeypatch.setattr(deprecations, "NAMES", going)
    uses = [
        lambda: registry.resolve("layer", "Highway"),
        lambda: importlib.import_module("oneiros.layers.core").Highway,
        lambda: deprecations.warn_of("argument:Dense.init"),
    ]
    for use, message in zip(uses, going.values(), strict=True):
        with pytest.warns(DeprecationWarning, match=re.escape(message)) as caught:
            use()
        assert {warning.filename for warning in caught} == {__file__}
    registry.resolve("layer", "Dense")
