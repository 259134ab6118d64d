"""Faults of metadata, manifests and results, each in a folder on the path: they stay
the plugin's own."""

import copy
import importlib
import os
import subprocess
import sys

import oneiros.layers
import oneiros.optimizers
import pytest
from oneiros import modules, registry
from oneiros.errors import BackendMissingError, UnknownNameError

HOOKS = "from oneiros import hookimpl\n"
RECORD = """
from oneiros import registry
from oneiros.plugins import manager
assert "Dense" in registry.names("layer")
record = manager().records["fault"]
print(record.state, record.phase, record.error, record.kinds)
"""


def hook(name, result):
    return f"@hookimpl\ndef oneiros_{name}():\n    return {result}\n"


@pytest.fixture
def run(tmp_path):
    """Runs code in a process that sees a plugin `fault` with this manifest and these
    entry points."""

    def call(
        manifest,
        code=RECORD,
        points="[oneiros.v1]\nfault = fault.manifest\n",
        **variables,
    ):
        package, info = tmp_path / "fault", tmp_path / "fault-1.0.dist-info"
        for folder in (package, info):
            folder.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "manifest.py").write_text(HOOKS + manifest)
        (package / "quit.py").write_text("import sys\nsys.exit('gone')\n")
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: fault\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(points)
        path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-c", code]
        environment = {**os.environ, "PYTHONPATH": path, **variables}
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=120
        )

    return call


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (
            "[oneiros.v1]\nthis line is broken\n",
            "failed metadata Its entry_points.txt can't be read: ",
        ),
        (
            "[oneiros.v1]\nfault = fault manifest\n",
            "failed metadata Its entry point fault = fault manifest",
        ),
    ],
)
def test_malformed_entry_points(run, points, expected):
    done = run("", points=points)
    assert done.stdout.startswith(expected), done.stdout + done.stderr
    assert "fault 1.0, metadata" in run("", points=points, ONEIROS_STRICT="1").stderr
    assert run(
        "", points=points, ONEIROS_STRICT="1", ONEIROS_DISABLE="fault"
    ).stdout.startswith("disabled")


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (
            "oneiros_after = 5\n",
            "ok order oneiros_after is 5, which is no list of distributions.",
        ),
        (
            "oneiros_before = 'lab'\n",
            "ok order oneiros_before is 'lab', which is no list of distributions.",
        ),
        (
            hook("layers", "{1: 'a:b'}"),
            "failed oneiros_layers '1' can't be used as a name. {}",
        ),
        (
            hook("layers", "{'My Layer': 'a:b'}"),
            "failed oneiros_layers 'My Layer' can't be used as a name.",
        ),
        (
            hook("layers", "{'': 'a:b', 'Mine': 'a:b'}"),
            "failed oneiros_layers '' can't be used as a name. {'la",
        ),
        (
            hook("modules", "{5: {'x': 'a:b'}}"),
            "failed oneiros_modules '5.x' can't be used as a name. {}",
        ),
        (
            hook("modules", "{'a b': {'x': 'a:b'}}"),
            "failed oneiros_modules 'a b.x' can't be used as a name.",
        ),
        (hook("modules", "{'layers.mine': 5}"), "failed oneiros_modules It returned"),
        (hook("commands", "{'my-run': 'a:b'}"), "ok None None {'command': ['my-run']}"),
    ],
)
def test_wrong_types_are_reported_and_skipped(run, manifest, expected):
    done = run(manifest)
    assert done.stdout.startswith(expected), done.stdout + done.stderr


def test_a_module_that_exits_does_not_end_the_program(run):
    code = "from oneiros import registry\ntry:\n    registry.resolve('layer', 'Gone')\nexcept ImportError as e:"
    done = run(hook("layers", "{'Gone': 'fault.quit:Gone'}"), code + "\n    print(e)")
    assert done.returncode == 0 and "of fault 1.0 can't be imported" in done.stdout
    assert "SystemExit: gone" in done.stdout


def test_a_command_that_is_no_function_is_passed_over(run):
    code = "from oneiros_cli.main import main\nmain(['--help'])"
    done = run(hook("commands", "{'five': 'math:pi'}"), code)
    assert done.returncode == 0 and "plugins" in done.stdout, done.stderr
    assert done.stderr.startswith("oneiros: the command 'five' of fault is 3.14")


def test_a_backend_that_is_no_backend_names_its_plugin():
    from oneiros import backend as K

    class Thing:
        pass

    expected = pytest.raises(
        BackendMissingError,
        match=r"'thing' of my-lab is <class .*, no class of Backend",
    )
    with registry.register("backend", "thing", Thing, "my-lab"), expected:
        K.load("thing")


@pytest.mark.parametrize("path", ["layers", "layers.core"])
def test_from_import_of_an_unknown_name_says_what_is_near(path):
    with pytest.raises(
        ImportError,
        match=rf"oneiros\.{path} has no 'Dens'; no installed .* Did you mean 'Dense'",
    ):
        exec(f"from oneiros.{path} import Dens")
    with pytest.raises(
        ImportError,
        match=r"oneiros\.optimizers has no 'sgdx'; no installed plugin provides it",
    ):
        from oneiros.optimizers import sgdx


def test_asking_for_an_unknown_attribute_stays_ordinary():
    assert (
        not hasattr(oneiros.layers, "Dens") and getattr(oneiros.optimizers, "x", 1) == 1
    )
    assert copy.copy(oneiros.layers.Dense) is oneiros.layers.Dense
    assert modules.find_spec("oneiros.layers.Dens") is None
    with pytest.raises(
        ModuleNotFoundError, match=r"No module named 'oneiros\.layers\.Dens'"
    ):
        importlib.import_module("oneiros.layers.Dens")
    exec("from oneiros.layers import *; from oneiros.layers import core", {})
    with pytest.raises(AttributeError):
        oneiros.layers.__wrapped__


def test_few_names_are_listed():
    with pytest.raises(
        UnknownNameError, match=r"Unknown backend 'jox77'\. Available: .*theano"
    ):
        registry.resolve("backend", "jox77")
    with pytest.raises(UnknownNameError, match="`oneiros plugins` lists all"):
        registry.resolve("layer", "Zzzzzzz")


def test_disabling_what_is_not_installed_warns_once(run):
    code = "from oneiros import registry\nregistry.names('layer'), registry.names('metric')"
    done = run("", code, ONEIROS_DISABLE="oneiros-layers-cor")
    assert done.stderr.startswith(
        "oneiros: ONEIROS_DISABLE disables oneiros-layers-cor, which isn't installed."
    )
    assert (
        "Did you mean oneiros-layers-co" in done.stderr and done.stderr.count("\n") == 1
    )
