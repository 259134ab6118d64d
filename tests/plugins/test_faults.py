"""Faulty distributions, built as wheels and installed beside the real ones.

Each fault stays its own.

One environment holds all of them at once. What is watched are processes started in it.
"""

import ast
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field

import pytest
from processes import run_python

LAYER = """
from oneiros.engine.layer import Layer


class {name}(Layer):
    loadable = True
"""


@dataclass
class Fault:
    """A distribution with something wrong."""

    manifest: str
    files: dict = field(default_factory=dict)
    entry: str = ""
    version: str = "1.0"


def manifest(*hooks, **names):
    """Returns a manifest with layers, by their references, and with further code."""
    parts = ["from oneiros import hookimpl", *hooks]
    if names:
        parts.append(f"@hookimpl\ndef oneiros_layers():\n    return {names!r}")
    return "\n\n\n".join([part.strip() for part in parts]) + "\n"


def with_layer(package, name, *hooks, **options):
    """Returns a distribution that provides one layer, and implements further hooks."""
    text = manifest(*hooks, **{name: f"{package}.layer:{name}"})
    return Fault(text, {"layer.py": LAYER.format(name=name)}, **options)


FAULTS = {
    "bad-import": Fault("import there_is_no_such_module\n"),
    "bad-exit": Fault("raise SystemExit('not on this machine')\n"),
    "bad-syntax": Fault("def broken(:\n"),
    "bad-duplicate": Fault(
        manifest(
            Highway="bad_duplicate.layer:Highway",
            DuplicateOnly="bad_duplicate.layer:Highway",
        ),
        {"layer.py": LAYER.format(name="Highway")},
    ),
    "lab-one": with_layer(
        "lab_one",
        "OfLabOne",
        """
@hookimpl(trylast=True)
def oneiros_default_callbacks(model, params):
    return ["one"]


@hookimpl
def oneiros_metrics():
    return {"Twice": "math:floor"}
""",
        entry="layers",
    ),
    "lab-two": with_layer(
        "lab_two",
        "OfLabTwo",
        """
@hookimpl
def oneiros_default_callbacks(params):
    return ["two"]


@hookimpl
def oneiros_metrics():
    return {"Twice": "math:ceil"}
""",
        entry="layers",
    ),
    "bad-hook": Fault(
        manifest(
            """
@hookimpl
def oneiros_layer():
    return {}
"""
        )
    ),
    "bad-argument": Fault(
        manifest(
            """
@hookimpl
def oneiros_after_compile(model, gradient):
    pass
"""
        )
    ),
    "bad-raising": Fault(
        manifest(
            """
@hookimpl
def oneiros_layers():
    raise RuntimeError("no layers today")


@hookimpl
def oneiros_metrics():
    return {"still_there": "math:fabs"}


@hookimpl
def oneiros_after_compile(model):
    raise OSError("disk on fire")
"""
        )
    ),
    "bad-heavy": with_layer("bad_heavy", "HeavyButFine", "import scipy"),
    "bad-return": Fault(
        manifest(
            """
@hookimpl
def oneiros_layers():
    return ["Dense"]


@hookimpl
def oneiros_optimizers():
    return {"NotAReference": "two words", "Fine": "math:sin"}
"""
        )
    ),
    "bad-unmarked": Fault("def oneiros_layers():\n    return {}\n"),
    "bad-reference": Fault(manifest(Ghost="bad_reference.nowhere:Ghost")),
    "bad-second": Fault(
        manifest(), {"other.py": manifest()}, entry='first = "bad_second.other"\nsecond'
    ),
    "bad-behaviour": Fault(
        manifest(
            """
@hookimpl
def oneiros_default_callbacks():
    return [5]


@hookimpl
def oneiros_progress():
    return 5
"""
        )
    ),
}
"""Distributions by their names."""

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
dependencies = ["oneiros-kernel>=0.1,<1"]

[project.entry-points."oneiros.v1"]
{entry} = "{package}.manifest"
"""

BUILD = """
import os, sys
from hatchling import build
for folder in sys.argv[2:]:
    os.chdir(folder)
    build.build_wheel(sys.argv[1])
"""

LOOK = """
import json, sys, warnings
from oneiros import plugins, registry


def ask(kind, name):
    try:
        return repr(registry.resolve(kind, name))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


manager = plugins.manager()
asked = [pair.split("|") for pair in sys.argv[1:]]
hook = "oneiros_default_callbacks"
callbacks = plugins.call(hook, model=None, params={"verbose": 0})
print(json.dumps({
    "order": [record.distribution for record in manager.records.values()],
    "records": {
        record.distribution: {
            "state": record.state,
            "phase": record.problems[0][0] if record.problems else None,
            "error": record.error,
        }
        for record in manager.records.values()
    },
    "answers": {name: ask(kind, name) for kind, name in asked},
    "callbacks": [each for each in callbacks if each and isinstance(each[0], str)],
    "imported": sorted(sys.modules),
}))
"""

TRAIN = """
import warnings
import numpy as np
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from oneiros.layers import *
    from oneiros.models import Sequential
    model = Sequential([Dense(2, input_dim=3, activation="tanh")])
    model.compile("sgd", "mse")
    model.fit(np.eye(3), np.ones((3, 2)), nb_epoch=1, verbose=0)
    model.evaluate(np.eye(3), np.ones((3, 2)), verbose=1)
    first = model.train_on_batch(np.eye(3), np.ones((3, 2)))
    assert model.train_on_batch(np.eye(3), np.ones((3, 2))) < first
messages = sorted({str(w.message).partition(" at 0x")[0] for w in caught})
print([message for message in messages if message.startswith(("bad-", "lab-"))])
names = ("Highway", "Ghost", "OfLabOne", "Masking")
print(*(name in globals() for name in names))
"""


def build_wheels(folder, faults):
    """Builds a wheel of each fault with hatchling, as its author would."""
    sources = []
    for name, fault in faults.items():
        package = folder / name / name.replace("-", "_")
        package.mkdir(parents=True)
        for file, text in {
            "__init__.py": "",
            "manifest.py": fault.manifest,
            **fault.files,
        }.items():
            (package / file).write_text(text)
        (folder / name / "pyproject.toml").write_text(
            PYPROJECT.format(
                name=name,
                version=fault.version,
                entry=fault.entry or name,
                package=package.name,
            )
        )
        sources.append(folder / name)
    wheels = folder / "wheels"
    wheels.mkdir()
    run_python(BUILD, wheels, *sources)
    return wheels


@pytest.fixture(scope="module")
def environment(new_environment, tmp_path_factory):
    """All first-party plugins, all faulty ones, and a stale copy of one's metadata."""
    made = new_environment("faults")
    wheels = build_wheels(tmp_path_factory.mktemp("faulty"), FAULTS)
    made.install(
        "oneiros", "--no-deps", "--find-links", wheels, *real_distributions(), *FAULTS
    )
    stale = made.folder / "stale"
    shutil.copytree(
        made.packages / "lab_two-1.0.dist-info", stale / "lab_two-0.9.dist-info"
    )
    metadata = stale / "lab_two-0.9.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 0.9"))
    (made.packages / "stale.pth").write_text(f"{stale}\n")
    return made


def real_distributions():
    from oneiros.plugins import manager

    return sorted(name for name in manager().records if name.startswith("oneiros-"))


def process(environment, code, *arguments, **variables):
    command = [environment.python, "-c", code, *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment.variables(**variables),
        timeout=120,
    )


def look(environment, *asked, **variables):
    done = process(environment, LOOK, *asked, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen(environment):
    names = [f"layer|{name}" for name in ("Dense", "OfLabOne", "OfLabTwo")]
    more = [
        "layer|HeavyButFine",
        "layer|Ghost",
        "layer|Highway",
        "layer|bad-duplicate:Highway",
        "layer|Hghway",
    ]
    others = [
        "layer|oneiros-layers-core:Highway",
        "layer|DuplicateOnly",
        "metric|still_there",
    ]
    return look(
        environment,
        *names,
        *more,
        *others,
        "optimizer|NotAReference",
        "activation|relu",
        "metric|Twice",
    )


def test_every_fault_is_recorded_with_its_phase_and_reason(seen):
    expected = {
        "bad-import": ("failed", "import", "No module named 'there_is_no_such_module'"),
        "bad-exit": ("failed", "import", "SystemExit: not on this machine"),
        "bad-syntax": ("failed", "import", "SyntaxError"),
        "bad-duplicate": (
            "conflict",
            "names",
            "bad-duplicate and oneiros-layers-core both provide",
        ),
        "bad-hook": (
            "failed",
            "register",
            "unknown hook 'oneiros_layer' in plugin bad_hook.manifest",
        ),
        "bad-argument": ("failed", "register", "gradient"),
        "bad-raising": ("failed", "oneiros_layers", "RuntimeError: no layers today"),
        "bad-heavy": ("ok", None, ""),
        "bad-return": ("failed", "oneiros_layers", "isn't a dict of references"),
        "bad-reference": ("ok", None, ""),
        "bad-second": ("ok", None, ""),
        "bad-behaviour": ("ok", None, ""),
        "bad-unmarked": ("failed", "register", "write @hookimpl above oneiros_layers"),
        "lab-one": ("conflict", "names", "lab-one and lab-two both provide"),
        "lab-two": ("conflict", "names", "lab-one and lab-two both provide"),
    }
    assert set(expected) == set(FAULTS)
    for name, (state, phase, reason) in expected.items():
        record = seen["records"][name]
        assert (record["state"], record["phase"]) == (state, phase), (name, record)
        assert reason in (record["error"] or ""), (name, record)


def test_everything_else_works(seen):
    real = set(real_distributions())
    assert real <= set(seen["order"])
    faulty = {
        name: seen["records"][name]
        for name in real
        if seen["records"][name]["state"] != "ok"
    }
    assert not faulty
    for name in ("Dense", "OfLabOne", "OfLabTwo", "HeavyButFine", "DuplicateOnly"):
        assert seen["answers"][name].startswith("<class"), (name, seen["answers"][name])
    for name in ("relu", "still_there"):
        assert "function" in seen["answers"][name]


def test_two_distributions_with_the_same_entry_point_name_are_both_seen(seen):
    assert "lab_one.layer.OfLabOne" in seen["answers"]["OfLabOne"]
    assert "lab_two.layer.OfLabTwo" in seen["answers"]["OfLabTwo"]


def test_a_conflict_with_oneiros_is_told_with_the_line_that_settles_it(seen):
    assert "oneiros_layers_core" in seen["answers"]["Highway"]
    told = seen["records"]["bad-duplicate"]["error"]
    assert told.startswith(
        "bad-duplicate and oneiros-layers-core both provide the layer 'Highway'"
    )
    for choice in ("bad-duplicate", "oneiros-layers-core"):
        assert f'"layer:Highway" = "{choice}"' in told
    assert "settings.toml" in told
    assert "settings.override(prefer={" in told
    assert told.endswith("Until then, oneiros-layers-core provides it.")
    assert "bad_duplicate" in seen["answers"]["bad-duplicate:Highway"]
    assert "oneiros_layers_core" in seen["answers"]["oneiros-layers-core:Highway"]


def test_a_conflict_of_others_names_both_and_the_line_that_settles_it(seen):
    assert seen["answers"]["Twice"].startswith(
        "NameConflictError: lab-one and lab-two both provide the metric 'Twice'. "
        "Choose one: under [prefer] in "
    )
    for choice in ("lab-one", "lab-two"):
        assert f'"metric:Twice" = "{choice}"' in seen["answers"]["Twice"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("bad-duplicate", "<class 'bad_duplicate.layer.Highway'>"),
        ("oneiros-layers-core", "<class 'oneiros_layers_core.dense.Highway'>"),
    ],
)
def test_each_line_of_the_conflict_settles_it(environment, seen, choice, expected):
    home = environment.folder / f"settled-for-{choice}"
    home.mkdir()
    message = seen["records"]["bad-duplicate"]["error"]
    line = re.search(rf'"layer:Highway" = "{choice}"', message).group()
    (home / "settings.toml").write_text(f"[prefer]\n{line}\n")
    settled = look(environment, "layer|Highway", ONEIROS_HOME=str(home))
    assert settled["answers"]["Highway"] == expected
    assert settled["records"]["bad-duplicate"]["state"] == "ok"
    assert settled["records"]["oneiros-layers-core"]["state"] == "ok"


def test_a_missing_object_says_where_it_was_looked_for(seen):
    answer = seen["answers"]["Ghost"]
    assert answer.startswith(
        "PluginLoadError: The layer 'Ghost' of bad-reference 1.0 can't be imported"
    )
    assert "bad_reference.nowhere:Ghost" in answer and "ModuleNotFoundError" in answer


def test_unknown_names_mention_plugins_that_failed(seen):
    assert "Did you mean 'Highway'" in seen["answers"]["Hghway"]
    assert "bad-import (ModuleNotFoundError" in seen["answers"]["Hghway"]
    assert seen["answers"]["NotAReference"].startswith("UnknownNameError")


def test_plugins_are_called_by_name_but_one_that_asks_to_be_last(environment, seen):
    assert seen["order"] == sorted(seen["order"])
    assert seen["callbacks"] == [["two"], ["one"]]
    assert look(environment)["order"] == seen["order"]


def test_stale_metadata_is_seen_once(environment, seen):
    assert seen["order"].count("lab-two") == 1
    code = """
from oneiros.plugins import manager
print(manager().records["lab-two"].version)
"""
    done = process(environment, code)
    assert done.stdout == "1.0\n"


def test_a_model_trains_and_a_raising_hook_warns(environment):
    done = process(environment, TRAIN)
    assert done.returncode == 0, done.stderr
    *_, warned, names = done.stdout.splitlines()
    warned = ast.literal_eval(warned)
    unused = [text for text in warned if "isn't used: " in text]
    assert [text.partition(" ")[0] for text in unused] == [
        "bad-argument",
        "bad-hook",
        "bad-unmarked",
    ]
    conflicts = [text for text in warned if "both provide" in text]
    assert len(conflicts) == 1 and "layer 'Highway'" in conflicts[0]
    assert [text for text in warned if text not in unused + conflicts] == [
        "bad-behaviour failed in oneiros_default_callbacks: "
        "ArgumentError: callbacks accepts Callback objects; received 5.",
        "bad-behaviour failed in oneiros_progress: "
        "TypeError: It returned 5, not a function",
        "bad-raising failed in oneiros_after_compile: OSError: disk on fire",
        "lab-one failed in oneiros_default_callbacks: "
        "ArgumentError: callbacks accepts Callback objects; received 'one'.",
        "lab-two failed in oneiros_default_callbacks: "
        "ArgumentError: callbacks accepts Callback objects; received 'two'.",
    ]
    assert names == "True False True True", "import * leaves out what doesn't load"


def test_strict_raises_the_first_failure(environment):
    done = process(
        environment,
        "from oneiros import registry; registry.names('layer')",
        ONEIROS_STRICT="1",
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert re.match(r"oneiros.errors.PluginLoadError: bad-\w+ 1.0, \w+: ", last)
    assert "direct cause" in done.stderr, "the plugin's own exception is shown too"


def test_disabled_plugins_are_not_imported_and_say_how_to_enable_them(environment):
    variables = {"ONEIROS_DISABLE": "lab-one, Bad.Import, oneiros_layers_core"}
    seen = look(
        environment, "layer|OfLabOne", "layer|Dense", "layer|Highway", **variables
    )
    for name in ("lab-one", "bad-import", "oneiros-layers-core"):
        assert seen["records"][name]["state"] == "disabled"
    assert not [
        name
        for name in seen["imported"]
        if name.startswith(("lab_one", "bad_import", "oneiros_layers_core"))
    ]
    assert (
        "provided by oneiros-layers-core, which is disabled" in seen["answers"]["Dense"]
    )
    assert "ONEIROS_DISABLE" in seen["answers"]["Dense"]
    assert seen["answers"]["OfLabOne"].startswith(
        "UnknownNameError: Unknown layer 'OfLabOne'."
    )
    assert "lab-one (disabled)" in seen["answers"]["OfLabOne"]
    assert seen["answers"]["Highway"] == "<class 'bad_duplicate.layer.Highway'>", (
        "no conflict any more"
    )


FOUND_BY_CHECKING = {
    "bad-reference": "bad_reference.nowhere",
    "bad-heavy": "scipy; it should only import",
}
"""What `oneiros check NAME` finds by importing what plugins refer to."""


def test_the_command_line_tells_all_of_it(environment):
    command = [environment.folder / "bin" / "oneiros", "plugins"]
    done = subprocess.run(
        [*command, "--json"],
        capture_output=True,
        text=True,
        env=environment.variables(),
    )
    assert done.returncode == 0, done.stderr
    rows = {row["distribution"]: row for row in json.loads(done.stdout)["plugins"]}
    assert rows["bad-import"]["state"] == "failed"
    assert "there_is_no_such_module" in rows["bad-import"]["error"]
    assert {problem["phase"] for problem in rows["bad-raising"]["problems"]} == {
        "oneiros_layers"
    }
    for name, text in FOUND_BY_CHECKING.items():
        checked = subprocess.run(
            [environment.folder / "bin" / "oneiros", "check", name],
            capture_output=True,
            text=True,
            env=environment.variables(),
        )
        assert checked.returncode == 1
        assert text in " ".join(checked.stdout.split())
    details = subprocess.run(
        [*command, "bad-import"],
        capture_output=True,
        text=True,
        env=environment.variables(),
    )
    assert "Traceback" in details.stdout and "there_is_no_such_module" in details.stdout


def test_a_name_whose_plugin_is_not_installed(new_environment):
    made = new_environment("kernel_only")
    made.install("oneiros-kernel", "--no-deps")
    seen = look(made, "layer|Dense", "optimizer|sgd")
    assert seen["order"] == ["oneiros-kernel"]
    assert seen["answers"]["Dense"] == (
        "UnknownNameError: Unknown layer 'Dense'. It is provided by "
        "oneiros-layers-core, which is not installed. Type: "
        "pip install oneiros-layers-core"
    )
    assert seen["answers"]["sgd"].endswith(" pip install oneiros-optimizers")
    for statement in (
        "from oneiros.layers import Dense",
        "import oneiros.activations",
        "from oneiros import metrics",
    ):
        done = process(
            made,
            f"try:\n    {statement}\nexcept ImportError as error:\n    print(error)",
        )
        assert re.search(
            r"provided by oneiros-[\w-]+, which is not installed\. Type: pip install ",
            done.stdout,
        ), statement + done.stdout + done.stderr
