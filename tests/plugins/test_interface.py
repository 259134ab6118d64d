"""What a plugin may use: every plugin here keeps to it; and what the check for plugins
of others finds."""

import pytest
from oneiros.plugins import manager
from oneiros.testing import check_plugin
from oneiros_testing.plugin import excess_imports
from published_imports import faulty_imports

RECORDS = [record for record in manager().records.values() if record.entry_point]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.distribution)
def test_plugins_of_this_repository_import_what_is_published(record):
    package = record.module.partition(".")[0]
    assert faulty_imports(record.distribution, package) == []


def test_no_manifest_of_this_repository_imports_too_much():
    modules = ", ".join(record.module for record in RECORDS)
    own = {record.module.partition(".")[0] for record in RECORDS}
    assert set(excess_imports(modules)) - own <= {"oneiros.manifest"}


def test_a_plugin_without_faults_passes_all_checks():
    assert check_plugin("oneiros-kernel") == []
    assert check_plugin("oneiros-regularizers") == []


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts a plugin of a third party where Python finds it; returns its name."""

    def install(name, files, requirements=("oneiros-kernel>=0.1,<1",)):
        package = name.replace("-", "_")
        folder = tmp_path / package
        folder.mkdir()
        for file, text in {"__init__.py": "", "manifest.py": "", **files}.items():
            (folder / file).write_text(text)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
        (info / "METADATA").write_text("\n".join([*lines, ""]))
        points = f"[oneiros.v1]\na = {package}.manifest\n"
        (info / "entry_points.txt").write_text(points)
        monkeypatch.syspath_prepend(tmp_path)
        # A disabled plugin that isn't there makes for a manager of its own.
        absent = f"absent-{tmp_path.parent.name}-{tmp_path.name}"
        monkeypatch.setenv("ONEIROS_DISABLE", f"oneiros-keras-namespace,{absent}")
        return name

    return install


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from oneiros.layers import Dense", None),
        ("from oneiros.engine.layer import Layer", None),
        ("from oneiros.errors import *", None),
        ("from oneiros.backend.contract import nothing", "oneiros.backend.contract."),
        ("from oneiros.config import _private", "oneiros.config._private isn't publ"),
        ("def f():\n from oneiros import _x", "oneiros._x isn't published."),
        ("import oneiros_optimizers.optimizer", "belongs to oneiros-optimizers, which"),
    ],
)
def test_what_is_not_published_or_not_required_is_found(
    source, fault, installed, request
):
    name = f"lab-{request.node.callspec.indices['source']}"
    installed(name, {"layer.py": source})
    problems = faulty_imports(name, name.replace("-", "_"))
    assert len(problems) == (fault is not None)
    assert not fault or (
        fault in problems[0] and f"{name[-1]}/layer.py:" in problems[0]
    )


@pytest.mark.parametrize(
    ("files", "excess"),
    [
        ({"manifest.py": "import json, oneiros\nfrom oneiros import hookimpl\n"}, None),
        ({"manifest.py": "from . import names\n", "names.py": "import h5py\n"}, "h5py"),
    ],
    ids=["light", "neighbour"],
)
def test_what_a_manifest_imports_is_told(files, excess, installed, request):
    name = installed(f"laden-{request.node.callspec.id}", files)
    problems = [text for text in check_plugin(name) if "Its manifest" in text]
    assert len(problems) == (excess is not None)
    assert not excess or excess in problems[0]


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
    requirements = ["oneiros-kernel==0.1.0", "oneiros-backend-toolkit==0.1.0"]
    files = {"engine.py": engine, "manifest.py": manifest}
    unfinished, other = check_plugin(installed("half-engine", files, requirements))
    assert unfinished.startswith("The backend 'sketch' must define ")
    assert " dot, " in unfinished and " zeros, " not in unfinished
    assert other == "The backend 'x' isn't a subclass of Backend."


def test_the_command_tells_of_them(installed, capsys):
    from oneiros_cli.main import main

    laden = installed("laden", {"manifest.py": "import h5py\n"})
    with pytest.raises(SystemExit) as ended:
        main(["plugins", "--check", laden])
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "manifest: Its manifest imports h5py" in said
