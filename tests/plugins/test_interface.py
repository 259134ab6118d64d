"""The published interface.

The table is true, the check finds what isn't published, and everything here keeps to
it.
"""

import importlib
import importlib.util
import pkgutil

import pytest
from fresh import ROOT
from oneiros.plugins import manager
from oneiros.testing import check_interface, check_plugin, check_source
from oneiros_testing.interface import AUTHORING, ENGINE, TABLES

PLUGINS = sorted(set(manager().records) - {"oneiros-kernel"})
ENTRIES = [
    (tier, module, names)
    for tier, table in TABLES.items()
    for module, names in table.items()
]


def messages(source, tier=AUTHORING, package="my_lab"):
    findings = check_source(source, package=package, tier=tier)
    return [finding.message for finding in findings]


@pytest.mark.parametrize("distribution", PLUGINS)
def test_plugins_of_this_repository_keep_to_it(distribution):
    assert [str(finding) for finding in check_interface(distribution)] == []


def test_the_kernel_passes_the_checks_of_a_plugin():
    assert check_plugin("oneiros-kernel") == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name
)
def test_examples_keep_to_it(path):
    assert check_source(path.read_text(encoding="utf-8"), path.name) == []


@pytest.mark.parametrize(("tier", "module", "names"), ENTRIES)
def test_what_is_listed_exists(tier, module, names):
    if importlib.util.find_spec(module) is None:
        pytest.fail(f"{module} doesn't exist")
    loaded = importlib.import_module(module)
    for name in names if isinstance(names, dict) else ():
        assert hasattr(loaded, name), f"{module}.{name}"
    if isinstance(names, str) and hasattr(loaded, "__path__"):
        assert list(pkgutil.iter_modules(loaded.__path__)) or dir(loaded)


def test_the_authoring_tier_is_part_of_the_engine_tier():
    source = "from oneiros.engine.layer import Layer\n"
    assert messages(source, AUTHORING) == messages(source, ENGINE) == []


@pytest.mark.parametrize(
    "source",
    [
        "from oneiros import hookimpl",
        "from oneiros import backend as K\nK.dot",
        "import oneiros\noneiros.layers.Dense",
        "import oneiros.layers.core as core\ncore.Dense",
        "from oneiros.engine.topology import Merge",
        "from oneiros.errors import ShapeError",
        "from oneiros.layers import *",
        "from . import neighbour\nneighbour._private",
        "from my_lab.other import _helper",
        "import numpy as np\nnp._core",
        "x._keras_shape",
        "class Mine:\n    def _build(self): ...\n    def go(self): self._build()",
        "model._mark_of_my_lab = 1",
        "import_module(f'my_lab.{name}')",
        "import_module(name)",
        "import_module(f'{package}.records')",
    ],
)
def test_what_is_published_passes(source):
    assert messages(source) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import oneiros.records", "oneiros.records isn't published."),
        ("from oneiros.engine.layer import Tensor", "oneiros.engine.layer.Tensor"),
        ("from oneiros import registry\nregistry._table", "oneiros.registry._table"),
        ("import oneiros.registry as r\nr.absence", "oneiros.registry.absence"),
        ("def f():\n    from oneiros import discovery", "oneiros.discovery"),
        ("import oneiros_utils.summary", "oneiros_utils.summary isn't published."),
        ("from oneiros.layers.core import _x", "oneiros.layers.core._x isn't"),
        ("from oneiros_old_files.base import _x", "oneiros_old_files.base._x"),
        ("from oneiros import backend as K\nK._functions", "oneiros.backend._funct"),
        ("layer._trainable_weights", "_trainable_weights is a private member"),
        ("getattr(layer, '_trainable_weights')", "_trainable_weights is a private"),
        ("from my_lab.net import net\nnet._trainable_weights", "_trainable_weights is"),
        ("import_module('oneiros.records')", "oneiros.records isn't published."),
        ("importlib.import_module('oneiros.records')", "oneiros.records isn't"),
        ("importlib.util.find_spec('oneiros.records')", "oneiros.records isn't"),
        ("__import__('oneiros.records')", "oneiros.records isn't published."),
        ("import_module('oneiros.' + 'records')", "oneiros.records isn't"),
        ("P = 'oneiros'\nimport_module(f'{P}.records')", "oneiros.records isn't"),
        ("import_module(f'oneiros.records.{name}')", "oneiros.records isn't"),
        ("self._trainable_weights", "_trainable_weights is a private member"),
        ("from oneiros.plugins import manager", "belongs to the engine tier"),
    ],
)
def test_what_is_not_published_is_found(source, expected):
    faults = messages(source)
    assert faults and expected in faults[0]


@pytest.mark.parametrize("base", ["oneiros.engine.layer", "oneiros.layers"])
def test_methods_that_hide_private_ones_of_a_base_class_are_found(base):
    source = f"""
from {base} import Layer as Base


class Mine(Base):
    def _build(self): ...
    def _mine(self): ...
    def call(self, x, mask=None): ...
"""
    assert messages(source) == [f"_build overrides a private member of {base}.Layer."]
    assert messages(source, ENGINE) == []


def test_the_engine_tier_is_for_those_who_ask_for_one_version():
    source = "from oneiros.plugins import manager\n"
    assert messages(source, ENGINE) == []
    advice = "require oneiros-kernel in one exact version"
    assert advice in messages(source, AUTHORING)[0]


def test_a_finding_says_where():
    (finding,) = check_source("x = 1\nimport oneiros.records\n", "my_lab/layer.py")
    assert str(finding).startswith("my_lab/layer.py:2: ")


def test_the_page_is_what_the_table_says():
    path = ROOT / "tools" / "write_plugin_api.py"
    spec = importlib.util.spec_from_file_location("write_plugin_api", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = tool.PAGE.read_text(encoding="utf-8")
    assert written == tool.page(), "run python tools/write_plugin_api.py"


@pytest.fixture
def insider(tmp_path, monkeypatch):
    """A plugin of a third party that uses what isn't published, beside other faults."""
    package = tmp_path / "insider"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("import numpy\n")
    (package / "manifest.py").write_text("from insider import helper\n")
    (package / "layer.py").write_text("import oneiros.records\n")
    info = tmp_path / "insider-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: insider\nVersion: 1.0\n"
    )
    points = "[oneiros.v1]\nfirst = insider.layer\nlast = insider.manifest\n"
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    # A disabled plugin that isn't there makes for a manager of its own.
    monkeypatch.setenv("ONEIROS_DISABLE", "oneiros-keras-namespace")
    return "insider"


def test_all_checks_of_a_plugin(insider):
    problems = check_plugin(insider)
    assert problems == [
        "Its manifest imports numpy; it should import oneiros.hookimpl alone.",
        "Of its several entry points, only 'last' is used.",
        "insider/layer.py:1: oneiros.records isn't published.",
    ]
    record = manager().records[insider]
    assert record.state == "ok"
    assert [phase for phase, *_ in record.problems] == [
        "manifest",
        "metadata",
        "interface",
    ]


def test_a_backend_must_be_complete(tmp_path, monkeypatch):
    package = tmp_path / "half_engine"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "engine.py").write_text(
        "from oneiros_backend_toolkit.derived import Derived\n"
        "class Engine(Derived): name = 'sketch'\n"
        "other = 1\n"
    )
    (package / "manifest.py").write_text(
        "from oneiros import hookimpl\n"
        "@hookimpl\n"
        "def oneiros_backends():\n"
        "    return {'sketch': 'half_engine.engine:Engine', "
        "'x': 'half_engine.engine:other'}\n"
    )
    info = tmp_path / "half_engine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: half-engine\nVersion: 1.0\n"
        "Requires-Dist: oneiros-kernel==0.1.0\n"
        "Requires-Dist: oneiros-backend-toolkit==0.1.0\n"
    )
    (info / "entry_points.txt").write_text("[oneiros.v1]\na = half_engine.manifest\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ONEIROS_DISABLE", "oneiros-keras-namespace,half-of-nothing")
    unfinished, other = check_plugin("half-engine")
    assert unfinished.startswith("The backend 'sketch' must define ")
    assert " dot, " in unfinished and " zeros, " not in unfinished
    assert other == "The backend 'x' isn't derived from Backend."


def test_references_of_manifests_are_checked_however_they_are_written(
    tmp_path, monkeypatch
):
    package = tmp_path / "borrower"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "manifest.py").write_text(
        "from oneiros import hookimpl\n"
        "HIDDEN = 'oneiros_compilation.metrics'\n"
        "LISTED = 'oneiros_optimizers.optimizer'\n"
        "@hookimpl\n"
        "def oneiros_metrics():\n"
        "    return {'collected': ':'.join([HIDDEN, 'collect_metrics'])}\n"
        "@hookimpl\n"
        "def oneiros_optimizers():\n"
        "    return {'Base': f'{LISTED}:Optimizer'}\n"
    )
    info = tmp_path / "borrower-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: borrower\nVersion: 1.0\n"
        "Requires-Dist: oneiros-kernel<1,>=0.1\n"
    )
    (info / "entry_points.txt").write_text("[oneiros.v1]\na = borrower.manifest\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ONEIROS_DISABLE", "oneiros-keras-namespace,lender")
    assert [str(finding) for finding in check_interface("borrower")] == [
        "borrower/manifest.py:2: oneiros_compilation.metrics.collect_metrics "
        "isn't published.",
        "borrower/manifest.py:3: oneiros_optimizers.optimizer.Optimizer belongs to "
        "oneiros-optimizers, which the plugin doesn't require.",
    ]


def test_the_command_tells_of_them(insider, capsys):
    from oneiros_cli.main import main

    with pytest.raises(SystemExit) as ended:
        main(["plugins", "--check", insider])
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "interface: insider/layer.py:1: oneiros.records isn't published." in said
