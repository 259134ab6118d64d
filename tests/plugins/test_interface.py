"""The published interface.

The table is true, the check finds what isn't published, and everything here keeps to
it.
"""

import importlib
import importlib.util
import pkgutil
import re

import pytest
from fresh import ROOT
from oneiros import registry
from oneiros.engine.container import Container
from oneiros.engine.layer import Layer
from oneiros.engine.model import Model
from oneiros.models import Sequential
from oneiros.plugins import manager
from oneiros.testing import check_interface, check_plugin, check_source
from oneiros_testing.interface import AUTHORING, ENGINE, TABLES
from oneiros_testing.keras_names import KERAS_MODULES, OLDER_MODULES
from oneiros_testing.members import MEMBERS, OLDEST_MEMBERS
from oneiros_testing.plugin import _excess_imports

PLUGINS = sorted(set(manager().records) - {"oneiros-kernel"})
ENTRIES = [
    (tier, module, names)
    for tier, table in TABLES.items()
    for module, names in table.items()
]


MINE = "class Mine:\n    def _record(self): ...\n"


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
        "from oneiros.backend import *",
        "from oneiros.engine.training import *",
        "from oneiros.errors import *",
        "from my_lab.other import *",
        "from numpy import *",
        "from oneiros.engine.training import standardize_input_data",
        "from oneiros.utils import theano_utils",
        "from oneiros.migrations import Keras2Layer",
        "from oneiros.saving import Format, ModelState",
        "from oneiros import visualization\nvisualization.plot_history",
        "from . import neighbour\nneighbour._private",
        "from my_lab.other import _helper",
        "import numpy as np\nnp._core",
        "x._keras_shape",
        "class Mine:\n    def _record(self): ...\n    def go(self): self._record()",
        "model._mark_of_my_lab = 1",
        f"{MINE}def go(mine: Mine | None): mine._record()",
        f"{MINE}def go(mine: 'Mine'): mine._record()",
        f"{MINE}def go(mine): isinstance(mine, Mine) and mine._record()",
        f"{MINE}def go():\n    mine = Mine()\n    mine._record()",
        f"{MINE}    def go(self): type(self)._record(self)",
        f"{MINE}    def go(self): super()._record()",
        f"{MINE}    def go(self): self.one._record()\n"
        "    def __init__(self): self.one = Mine()",
        f"{MINE}Mine()._record()\nMine._record",
        f"{MINE}from my_lab.parts import part\npart._record()",
        f"{MINE}attrgetter('_record')(anything)",
        "trainer.train(model)\nfit.train.size\nmodel.graph_nodes()",
        "attrgetter('optimizer.lr')\nattrgetter(name)",
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
        (f"{MINE}def go(layer): layer._record()", "_record is a private member"),
        (f"{MINE}def go(mine, layer: Mine): mine._record()", "_record is a private"),
        (f"{MINE}def go(layer): getattr(layer, '_record')()", "_record is a private"),
        (f"{MINE}    def go(self): self.layer._record()", "_record is a private"),
        ("model.share_graph(other)", "share_graph of layers and models is for the"),
        ("self.model.adapter.inputs(x)", "adapter of layers and models is for the"),
        ("def go(inner_model): inner_model.train()", "train of layers and models"),
        ("getattr(layer, 'begin')('dense')", "begin of layers and models is for"),
        ("getattr(layer, '_trainable_weights')", "_trainable_weights is a private"),
        ("attrgetter('_trainable_weights')", "_trainable_weights is a private"),
        ("operator.attrgetter('a', 'b._record')", "_record is a private member"),
        ("methodcaller('_record')(layer)", "_record is a private member"),
        ("from my_lab.net import net\nnet._trainable_weights", "_trainable_weights is"),
        ("import_module('oneiros.records')", "oneiros.records isn't published."),
        ("importlib.import_module('oneiros.records')", "oneiros.records isn't"),
        ("importlib.util.find_spec('oneiros.records')", "oneiros.records isn't"),
        ("__import__('oneiros.records')", "oneiros.records isn't published."),
        ("import_module('oneiros.' + 'records')", "oneiros.records isn't"),
        ("P = 'oneiros'\nimport_module(f'{P}.records')", "oneiros.records isn't"),
        ("import_module(f'oneiros.records.{name}')", "oneiros.records isn't"),
        ("self._trainable_weights", "_trainable_weights is a private member"),
        ("from oneiros.engine.loop import *", "oneiros.engine.loop isn't published as"),
        ("from oneiros import *", "oneiros isn't published as a whole"),
        ("from oneiros.records import *", "oneiros.records isn't published."),
        ("from oneiros.generators import *", "belongs to the engine tier"),
        ("from oneiros.plugins import manager", "belongs to the engine tier"),
        ("from oneiros.generators import batches", "belongs to the engine tier"),
        ("from oneiros import compilation", "oneiros.compilation isn't published."),
        ("import oneiros.arrays", "oneiros.arrays isn't published."),
        ("from oneiros.old_code import gone", "oneiros.old_code.gone isn't"),
        ("from oneiros.saving import layer_config", "oneiros.saving.layer_config"),
        ("from oneiros.file_tools import x", "oneiros.file_tools.x isn't published."),
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
    def _record(self): ...
    def _mine(self): ...
    def call(self, x, mask=None): ...
"""
    assert messages(source) == [f"_record overrides a private member of {base}.Layer."]
    assert messages(source, ENGINE) == []


def test_the_engine_tier_is_for_those_who_ask_for_one_version():
    source = "from oneiros.plugins import manager\n"
    assert messages(source, ENGINE) == []
    advice = "To use it, require one exact version"
    assert advice in messages(source, AUTHORING)[0]


def test_a_finding_says_where():
    (finding,) = check_source("x = 1\nimport oneiros.records\n", "my_lab/layer.py")
    assert str(finding).startswith("my_lab/layer.py:2: ")


@pytest.fixture
def tools(monkeypatch):
    """Makes the modules in tools/ importable."""
    monkeypatch.syspath_prepend(ROOT / "tools")


@pytest.mark.usefixtures("tools")
def test_the_pages_are_what_the_tables_and_sources_say():
    from write_plugin_api import pages

    for path, text in pages().items():
        written = path.read_text(encoding="utf-8")
        assert written == text, "run python tools/write_plugin_api.py"


@pytest.mark.usefixtures("tools")
def test_a_listing_has_usages_and_first_sentences(tmp_path):
    from public_names import PublicName, public_names

    source = tmp_path / "module.py"
    source.write_text(
        "from dataclasses import dataclass\n"
        "LIMIT = 3\n'''The most of them.'''\nUNEXPLAINED = 4\n_PRIVATE = 5\n"
        "def half(x: float, *, to: int = 2) -> float:\n"
        "    '''Halves what\n    is given. Twice.'''\n"
        "def _hidden(): ...\n"
        "class Box:\n    '''A box: for things.'''\n"
        "    def __init__(self, size: int) -> None: ...\n"
        "@dataclass\nclass Pair:\n    '''Two.'''\n    left: int\n    right: int\n"
    )
    assert list(public_names(source)) == [
        PublicName("LIMIT", "The most of them"),
        PublicName("half(x, *, to=2)", "Halves what is given"),
        PublicName("Box(size)", "A box: for things"),
        PublicName("Pair(left, right)", "Two"),
    ]


def test_the_modules_of_keras_are_those_that_it_had():
    text = (ROOT / "tests" / "data" / "keras1_api.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## keras\.([\w.]+)$", text, re.M)) == KERAS_MODULES


def members_of_keras():
    """Returns the members that Keras 1's layers and models had."""
    text = (ROOT / "tests" / "data" / "keras1_api.md").read_text(encoding="utf-8")
    methods = re.findall(r"^  - (?:@\S+ )?`(\w+)", text, re.M)
    attributes = re.findall(r"^  - attributes: (.*)$", text, re.M)
    return {*methods, *(name for line in attributes for name in line.split(", "))}


@pytest.mark.parametrize("cls", [Layer, Container, Model, Sequential])
def test_public_members_are_those_of_keras_or_listed_in_a_tier(cls):
    public = {name for name in vars(cls) if not name.startswith("_")}
    listed = MEMBERS[AUTHORING].keys() | MEMBERS[ENGINE].keys()
    assert public <= members_of_keras() | listed | OLDEST_MEMBERS


def test_the_engine_tier_may_use_all_members():
    assert messages("model.share_graph(other)", ENGINE) == []


def test_what_plugins_add_below_oneiros_is_listed_or_for_the_kernel_alone():
    own = {name.rpartition(".")[0] for name in registry.owners()["module"]}
    unlisted = {
        module
        for module in own - KERAS_MODULES - OLDER_MODULES
        if not any(
            f"oneiros.{module}".rstrip(".") in table for table in TABLES.values()
        )
    }
    engines = {"backend.tensorflow_backend", "backend.theano_backend"}
    assert unlisted == {"arrays", "compilation", *engines}


def published_modules():
    """Yields the plugins' modules of which all public names are published, each with
    its plugin's folder."""
    for _, module, names in ENTRIES:
        package, _, rest = module.partition(".")
        if not isinstance(names, str) or package == "oneiros":
            continue
        folder = ROOT / "plugins" / package.removeprefix("oneiros_")
        files = (folder / package).glob(f"{rest or '*'}.py")
        for name in sorted({file.stem for file in files} - {"__init__", "manifest"}):
            yield pytest.param(folder, name, id=f"{folder.name}-{name}")


PUBLISHED_MODULES = list(published_modules())


@pytest.mark.parametrize(("folder", "module"), PUBLISHED_MODULES)
def test_a_plugin_s_readme_says_what_its_published_modules_are_for(folder, module):
    readme = (folder / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", readme, re.M)
    assert any(re.search(rf"`{module}(\.\w+)?`", cell) for cell, _ in rows)


def test_the_modules_that_plugins_publish_are_listed():
    assert len(PUBLISHED_MODULES) > 90


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts a plugin of a third party where Python finds it; returns its name."""

    def install(name, files, requirements=(), points="a = {package}.manifest"):
        package = name.replace("-", "_")
        folder = tmp_path / package
        folder.mkdir()
        for file, text in {"__init__.py": "", **files}.items():
            (folder / file).write_text(text)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
        (info / "METADATA").write_text("\n".join([*lines, ""]))
        points = points.format(package=package)
        (info / "entry_points.txt").write_text(f"[oneiros.v1]\n{points}\n")
        monkeypatch.syspath_prepend(tmp_path)
        # A disabled plugin that isn't there makes for a manager of its own.
        absent = f"absent-{tmp_path.parent.name}-{tmp_path.name}"
        monkeypatch.setenv("ONEIROS_DISABLE", f"oneiros-keras-namespace,{absent}")
        return name

    return install


@pytest.fixture
def insider(installed):
    """A plugin of a third party that uses what isn't published, beside other faults."""
    files = {
        "helper.py": "import numpy\n",
        "manifest.py": "from insider import helper\n",
        "layer.py": "import oneiros.records\n",
    }
    points = "first = {package}.layer\nlast = {package}.manifest"
    return installed("insider", files, points=points)


def test_all_checks_of_a_plugin(insider):
    problems = check_plugin(insider)
    assert problems == [
        "Its manifest imports numpy; it should only import oneiros.hookimpl.",
        "It has several entry points; only 'last' is used.",
        "insider/layer.py:1: oneiros.records isn't published.",
    ]
    record = manager().records[insider]
    assert record.state == "ok"
    assert [phase for phase, *_ in record.problems] == [
        "manifest",
        "metadata",
        "interface",
    ]


@pytest.mark.parametrize(
    ("files", "excess"),
    [
        ({"manifest.py": "import oneiros\nfrom oneiros import hookimpl\n"}, None),
        (
            {"manifest.py": "from oneiros.engine.layer import Layer\n"},
            "oneiros.engine.layer",
        ),
        ({"manifest.py": "from oneiros import saving\n"}, "oneiros.saving"),
        ({"manifest.py": "import oneiros.layers as l, json\n"}, "oneiros.layers"),
        (
            {
                "manifest.py": "from typing import TYPE_CHECKING\n"
                "if TYPE_CHECKING:\n    from oneiros.engine.loop import Fit\n"
                "else:\n    import numpy\n"
                "def later():\n    from oneiros import layers\n"
            },
            "numpy",
        ),
        (
            {
                "manifest.py": "from . import names\n",
                "names.py": "from oneiros import activations, hookimpl\n",
            },
            "oneiros.activations",
        ),
        (
            {"manifest.py": "", "__init__.py": "from oneiros.bases import Callback\n"},
            "oneiros.bases",
        ),
    ],
    ids=["light", "class", "module", "path", "type", "neighbour", "package"],
)
def test_what_a_manifest_imports_is_told(files, excess, installed, request):
    name = installed(f"laden-{request.node.callspec.id}", files)
    problems = [text for text in check_plugin(name) if "Its manifest" in text]
    expected = f"Its manifest imports {excess}; it should only import oneiros.hookimpl."
    assert problems == ([expected] if excess else [])


def test_no_manifest_of_this_repository_imports_too_much():
    assert not {
        record.distribution: excess
        for record in manager().records.values()
        if (excess := _excess_imports(record))
    }


def test_a_backend_must_be_complete(installed):
    engine = (
        "from oneiros_backend_toolkit.derived import Derived\n"
        "class Engine(Derived): name = 'sketch'\n"
        "other = 1\n"
    )
    manifest = (
        "from oneiros import hookimpl\n"
        "@hookimpl\n"
        "def oneiros_backends():\n"
        "    return {'sketch': 'half_engine.engine:Engine', "
        "'x': 'half_engine.engine:other'}\n"
    )
    installed(
        "half-engine",
        {"engine.py": engine, "manifest.py": manifest},
        ["oneiros-kernel==0.1.0", "oneiros-backend-toolkit==0.1.0"],
    )
    unfinished, other = check_plugin("half-engine")
    assert unfinished.startswith("The backend 'sketch' must define ")
    assert " dot, " in unfinished and " zeros, " not in unfinished
    assert other == "The backend 'x' isn't a subclass of Backend."


def test_references_of_manifests_are_checked_however_they_are_written(installed):
    manifest = (
        "from oneiros import hookimpl\n"
        "HIDDEN = 'oneiros_training.compilation.metrics'\n"
        "LISTED = 'oneiros_optimizers.optimizer'\n"
        "@hookimpl\n"
        "def oneiros_metrics():\n"
        "    return {'collected': ':'.join([HIDDEN, 'collect_metrics'])}\n"
        "@hookimpl\n"
        "def oneiros_optimizers():\n"
        "    return {'Base': f'{LISTED}:Optimizer'}\n"
    )
    installed("borrower", {"manifest.py": manifest}, ["oneiros-kernel<1,>=0.1"])
    assert [str(finding) for finding in check_interface("borrower")] == [
        "borrower/manifest.py:2: oneiros_training.compilation.metrics.collect_metrics "
        "isn't published.",
        "borrower/manifest.py:3: oneiros_optimizers.optimizer.Optimizer belongs to "
        "oneiros-optimizers, which the plugin doesn't require.",
    ]


ENGINE_SOURCE = "from oneiros_safe_files.npy import read_npy\n"


@pytest.mark.parametrize("bound", ["", ">=0.1", "==0.1.*", "~=0.1.0"])
def test_the_engine_tier_requires_each_plugin_of_oneiros_in_one_version(
    bound, installed
):
    required = ["oneiros_kernel == 0.1.0", "numpy>=1", f"oneiros-safe-files{bound}"]
    files = {"manifest.py": "", "reader.py": ENGINE_SOURCE}
    name = installed("loose", files, required)
    assert [str(finding) for finding in check_interface(name)] == [
        f"METADATA:6: oneiros-safe-files{bound} allows several versions; a plugin of "
        "the engine tier must require one, such as oneiros-safe-files==0.1.0."
    ]


@pytest.mark.parametrize("bound", ["", ">=0.1", "==0.1.*"])
def test_a_range_of_the_kernel_does_not_give_the_engine_tier(bound, installed):
    required = [f"oneiros-kernel{bound}", "oneiros-safe-files==0.1.0"]
    files = {"manifest.py": "", "reader.py": ENGINE_SOURCE}
    (finding,) = check_interface(installed("unpinned", files, required))
    assert (
        "belongs to the engine tier. To use it, require one exact version"
        in finding.message
    )


def test_exact_requirements_pass_however_they_are_written(installed):
    required = ["Oneiros.Kernel===0.1.0", "oneiros_safe_files[x] (== 0.1.0)"]
    files = {"manifest.py": "", "reader.py": ENGINE_SOURCE}
    assert check_interface(installed("exact", files, required)) == []


def test_modules_that_plugins_of_others_contribute_are_theirs_to_publish(installed):
    manifest = (
        "from oneiros import hookimpl\n"
        "@hookimpl\n"
        "def oneiros_modules():\n"
        "    return {'ecg': {'read': 'my_ecg.reader:read'}}\n"
    )
    files = {
        "manifest.py": manifest,
        "reader.py": "def read(): ...\n",
        "user.py": "from oneiros.ecg import read\n",
    }
    assert check_interface(installed("my-ecg", files, ["oneiros-kernel>=0.1"])) == []


def test_the_command_tells_of_them(insider, capsys):
    from oneiros_cli.main import main

    with pytest.raises(SystemExit) as ended:
        main(["plugins", "--check", insider])
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "interface: insider/layer.py:1: oneiros.records isn't published." in said
