"""The conformance kit: what it plans, runs and reports, and that nothing gets lost."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.callbacks import Callback
from oneiros.discovery import PluginRecord
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError, UnknownNameError
from oneiros.models import Model
from oneiros.testing import check_component, check_plugin
from oneiros_testing import runner
from oneiros_testing.checks import all_checks
from oneiros_testing.discovery import configurations
from oneiros_testing.layer_sample import sample_of
from oneiros_testing.report import EXPECTED, FAILED, NOT_RUN, PASSED, UNEXPECTED
from oneiros_testing.runner import Plan

MANIFEST = """
from oneiros import hookimpl
@hookimpl
def oneiros_initializations():
    return {"bell": "NAME.bell:bell", "Bell": "NAME.bell:bell"}
"""
BELL = """
import numpy as np
from oneiros import backend as K
def bell(shape, name=None, dim_ordering="th"):
    return K.variable(np.random.normal(size=shape), name=name)
conformance = {"bell": {"backends": ["theano"]}}
"""
ODD = f"{BELL}\nconformance['bell']['tags'] = ['odd']"
IMPORTED = "initialization:bell/check_can_be_imported"
DECLARATION = "initialization:bell/check_declaration"


@pytest.fixture
def bell(installed):
    """Installs a plugin with one initialization; returns its name."""

    def install(name, source=BELL, manifest=MANIFEST):
        manifest = manifest.replace("NAME", name.replace("-", "_"))
        requirements = "oneiros-kernel>=0.1,<1", "numpy>=1.26"
        files = {"bell.py": source, "manifest.py": manifest}
        return installed(name, files, requirements)

    return install


def states(report):
    return {outcome.name: outcome.state for outcome in report.outcomes}


def test_first_party_plugins_pass():
    for name in ("oneiros-initializations", "oneiros-safe-files"):
        report = check_plugin(name)
        assert report.ok and report.ran == report.planned > 3, report


def test_a_component_with_two_names_is_checked_once(bell):
    report = check_plugin(bell("bell-once"))
    assert report.ok, str(report)
    assert {outcome.subject for outcome in report.outcomes} == {
        "package:bell-once",
        "initialization:bell",
    }


def test_what_cannot_be_imported_blocks_its_other_checks(bell):
    name = bell("bell-cracked", "import there_is_no_such_module")
    report = check_plugin(name)
    seen = states(report)
    assert seen.pop(IMPORTED) == FAILED
    assert seen.pop(DECLARATION) == NOT_RUN
    assert not report.ok and report.ran < report.planned
    assert "there_is_no_such_module" in str(report)
    # Expecting the one failure doesn't hide that the others say nothing.
    assert not check_plugin(name, {IMPORTED: "the foundry is closed"}).ok


def test_an_expected_failure_that_passes_fails_the_run(bell):
    name = bell("bell-strict", ODD)
    report = check_plugin(name)
    assert [fault.name for fault in report.faults] == [DECLARATION]
    assert "['odd']" in report.faults[0].message
    report = check_plugin(name, {DECLARATION: "a new tag"})
    assert report.ok and states(report)[DECLARATION] == EXPECTED
    report = check_plugin(name, {DECLARATION: "a new tag", IMPORTED: "no reason"})
    assert not report.ok and states(report)[IMPORTED] == UNEXPECTED


def test_an_expected_failure_of_no_check_fails_the_run(bell):
    report = check_plugin(
        bell("bell-typo"), {"initialization:bell/check_nothing": "no idea"}
    )
    assert not report.ok and "'initialization:bell/check_nothing'" in str(report)
    with pytest.raises(ArgumentError, match="Say why"):
        check_plugin("bell-typo", {IMPORTED: ""})


def test_an_error_is_told_with_its_line_and_what_to_declare(installed):
    source = (
        "from oneiros import backend as K\n"
        "from oneiros.regularizers import Regularizer\n"
        "class Level(Regularizer):\n"
        "    loadable = True\n"
        "    def __call__(self, x):\n"
        "        return K.sum(K.square(x)) / K.int_shape(x)[1]\n"
    )
    manifest = (
        "from oneiros import hookimpl\n"
        "@hookimpl\n"
        "def oneiros_regularizers():\n"
        "    return {'Level': 'level_matrices.level:Level'}\n"
    )
    files = {"level.py": source, "manifest.py": manifest}
    name = installed("level-matrices", files, ["oneiros-kernel>=0.1,<1"])
    faults = {fault.check: fault.message for fault in check_plugin(name).faults}
    error, line, hint = faults["check_penalty_is_scalar"].splitlines()
    assert error == "IndexError: tuple index out of range"
    assert re.search(r"level\.py:6: return K\.sum", line)
    assert "(5,)" in hint and '{"ranks": (2,)}' in hint


def test_a_heavy_manifest_is_found(bell):
    name = bell("bell-heavy", manifest=f"import oneiros.config\n{MANIFEST}")
    report = check_plugin(name)
    assert [fault.check for fault in report.faults] == ["check_manifest_is_light"]
    assert "oneiros.config" in report.faults[0].message
    neighbour = f"from . import bell\n{MANIFEST}"
    report = check_plugin(bell("bell-near", "import json", neighbour))
    assert "check_manifest_is_light" not in {fault.check for fault in report.faults}


@pytest.mark.parametrize(
    ("name", "line", "check"),
    [
        ("bell-loud", "print('Ding!')", "prints_nothing"),
        ("bell-moving", "import os; os.environ['BELL'] = '1'", "changes_nothing"),
    ],
)
def test_a_faulty_manifest_is_found_by_its_check_alone(bell, name, line, check):
    report = check_plugin(bell(name, manifest=f"{line}\n{MANIFEST}"))
    assert [fault.check for fault in report.faults] == [f"check_manifest_{check}"]


def test_a_misspelt_hook_is_found(bell):
    manifest = f"def oneiros_layer(): return {{}}\n{MANIFEST}"
    report = check_plugin(bell("bell-for-layers", manifest=manifest))
    assert [fault.check for fault in report.faults] == ["check_hooks_are_marked"]


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
    report = check_plugin(installed("half-engine", files, requirements))
    seen = {fault.name: fault.message for fault in report.faults}
    unfinished = seen["backend:sketch/check_defines_what_is_required"]
    assert unfinished.startswith("The backend 'sketch' must define ")
    assert " dot, " in unfinished and " zeros, " not in unfinished
    assert "isn't a subclass" in seen["backend:x/check_is_a_backend"]


def test_an_unknown_plugin_and_an_empty_folder_say_what_to_type(tmp_path, monkeypatch):
    with pytest.raises(UnknownNameError, match="oneiros plugins"):
        check_plugin("nobody")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match="oneiros check my-lab"):
        check_plugin(".")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "My_Lab"\n')
    with pytest.raises(UnknownNameError, match=r"'my-lab' here. Type: pip install -e"):
        check_plugin(".")


def test_what_a_module_declares_of_no_function_is_told(bell):
    flat = BELL.replace('{"bell": {"backends": ["theano"]}}', '{"shapes": [(2, 2)]}')
    report = check_plugin(bell("bell-flat", flat))
    (told,) = [each for each in report.outcomes if each.name == DECLARATION]
    assert told.state == FAILED and '{"bell": {"shapes": …}}' in told.message


def test_a_component_of_no_plugin_is_checked():
    def local(shape, name=None, dim_ordering="th"):
        return K.zeros(shape, name=name)

    report = check_component("initialization", local)
    assert report.ok and report.ran == report.planned, report


class OnlyOnTheano(Layer):
    conformance = {"backends": ["theano"], "tags": ["onnx"], "input_shape": (4,)}
    supports_masking = True

    def call(self, x, mask=None):
        assert K.backend() == "theano"
        return x


def planned(*backends):
    record = PluginRecord("lab")
    subjects = configurations("layer", "OnlyOnTheano", "lab", OnlyOnTheano)
    return Plan(record, list(subjects), None, backends)


class Growing:
    def __call__(self, x):
        return K.sum(K.square(x)) * np.nan

    def get_config(self):
        return {"name": "Growing"}


@pytest.mark.parametrize("declared", [[], ({},), {"ranks": ()}, {"ranks": (3,)}])
def test_no_declaration_empties_the_checks(monkeypatch, declared):
    monkeypatch.setattr(Growing, "conformance", declared, raising=False)
    report = check_component("regularizer", Growing)
    faults = {fault.check for fault in report.faults}
    assert faults & {"check_penalty_is_scalar", "check_declaration"}, report


def test_a_component_is_checked_on_the_backends_that_it_declares():
    plan = planned("onnx", "theano")
    assert {each.subject.backend for each in plan.planned} == {None, "theano"}
    assert plan.report([]).switched_off["backends"] > 30
    assert {each.subject.backend for each in planned("onnx").planned} == {None}
    assert "backends" not in planned("theano").report([]).switched_off


def test_checks_that_run_once_run_where_the_component_works():
    plan = planned("theano")
    with K.use("onnx"):
        (once,) = [
            each
            for each in plan.planned
            if each.check.name == "check_takes_what_every_layer_takes"
        ]
        assert plan.run(once).state == PASSED


def test_checks_that_run_once_run_on_a_backend_that_is_asked_for():
    seen = set()

    def load_data():
        seen.add(K.backend())
        raise OSError("closed on Mondays")

    check_component("dataset", load_data, backends=["numpy"])
    assert seen == {"numpy"}


def test_callbacks_are_checked_where_models_train():
    report = check_component("callback", Callback, backends=["numpy"])
    assert {each.backend for each in report.outcomes} == {None}
    assert "numpy lacks gradients" in str(report)


def test_a_check_without_what_it_needs_is_not_planned_and_told(monkeypatch):
    monkeypatch.setattr(runner, "find_spec", lambda name: None)
    monkeypatch.setattr(runner, "other_backends", lambda subject: iter(()))
    plan = planned("theano")
    names = {each.check.name for each in plan.planned}
    assert not names & {"check_backends_agree", "check_export_to_onnx"}
    assert {"check_mask_of_its_own", "check_float16"} <= names
    told = plan.report([]).summary()
    assert "this environment lacks onnxruntime, which 1 check needs" in told
    assert (
        "the declaration of backends lacks another backend, which 1 check needs" in told
    )
    assert "the declared input_shape lacks steps, which 6 checks need" in told


def test_every_check_says_what_must_hold_in_one_sentence():
    for each in all_checks():
        assert each.sentence.endswith(".") and each.name.startswith("check_")
        assert len(each.sentence) < 200, each.name
    names = [(each.name, each.kinds) for each in all_checks()]
    assert len(names) == len(set(names))


def test_the_command_reports_in_text_json_and_a_badge(bell, oneiros_command, tmp_path):
    name = bell("bell-told", ODD)
    code, out, _ = oneiros_command("check", name)
    assert code == 1 and f"failed: {DECLARATION}" in out
    badge = tmp_path / "badge.json"
    option = f"{DECLARATION}=a new tag"
    code, out, _ = oneiros_command(
        "check", name, "--expect", option, "--json", "--badge", badge
    )
    contents = json.loads(out)
    assert code == 0 and contents["ok"] and contents["ran"] == contents["planned"]
    assert contents["counts"] == {PASSED: contents["ran"] - 1, EXPECTED: 1}
    assert json.loads(badge.read_text())["color"] == "yellow"
    code, out, _ = oneiros_command("check", "--list")
    assert code == 0 and "check_manifest_is_light: The manifest imports only" in out
    code, _, err = oneiros_command("check", name, "--expect", "nothing")
    assert code == 1 and "NAME=REASON" in err


@pytest.fixture
def expected_file(tmp_path):
    """Writes a file of expected failures; returns its path."""

    def write(text):
        path = tmp_path / "expected.toml"
        path.write_text(text)
        return path

    return write


def test_a_file_gives_expected_failures(bell, oneiros_command, expected_file):
    name = bell("bell-filed", ODD)
    table = f'[{name}]\n"{DECLARATION}" = "a new tag"\n'
    file = expected_file(f'{table}\n[others]\n"layer:A/check_b" = "none of ours"\n')
    report = check_plugin(name, file)
    assert report.ok and states(report)[DECLARATION] == EXPECTED, report
    code, out, _ = oneiros_command("check", name, "--expect-file", file)
    assert code == 0 and "1 expected failure" in out
    option = f"{IMPORTED}=the foundry is closed"
    code, out, _ = oneiros_command(
        "check", name, "--expect-file", file, "--expect", option
    )
    assert code == 1 and f"{UNEXPECTED}: {IMPORTED}" in out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"layer:A/check_b" = "it rounds"', "'layer:A/check_b' outside of a"),
        ('[lab]\n"layer:A/check_b" = 1', "gives 1 as the reason why 'layer:A/check_b'"),
        ("[lab", "can't be read as a file of expected failures: Expected ']'"),
    ],
)
def test_a_file_of_another_form_says_what_to_write(expected_file, text, told):
    with pytest.raises(ArgumentError) as raised:
        check_plugin("oneiros-safe-files", expected_file(text))
    assert told in str(raised.value) and "[my-lab]" in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ArgumentError, match=r"nowhere\.toml can't be read"):
        check_plugin("oneiros-safe-files", tmp_path / "nowhere.toml")


def test_expected_failures_of_what_does_not_run_are_not_judged(monkeypatch):
    monkeypatch.setattr(runner, "find_spec", lambda name: None)
    record = PluginRecord("lab")
    subjects = list(configurations("layer", "OnlyOnTheano", "lab", OnlyOnTheano))
    place = "layer:OnlyOnTheano"
    names = {
        f"{place}/check_mask_of_its_own@jax": True,
        f"{place}/check_mask_of_its_own@theano": True,
        f"{place}/check_export_to_onnx": True,
        f"{place}/check_export_to_onnx@theano": True,
        f"{place}/check_nothing": False,
        f"{place}/check_nothing@theano": False,
        f"{place}/check_takes_what_every_layer_takes@theano": False,
    }
    plan = Plan(record, subjects, dict.fromkeys(names, "a reason"), ["theano"])
    assert plan.unknown == sorted(name for name, known in names.items() if not known)


@pytest.fixture
def pytest_run(bell, tmp_path):
    """Runs pytest over a plugin's checks in a folder with these files."""

    def run(*options, source=BELL, **files):
        name = bell("bell-tested", source)
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        for file, text in files.items():
            (folder / f"{file}.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, "--oneiros-plugin", name, *options],
            cwd=folder,
            env={**PYTHON, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    return run


PYTHON = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
SKIPPING = """
import numpy as np
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.MARK)
"""
LONG = pytest.mark.slow
REMOVING = """
def pytest_collection_modifyitems(items):
    items[:] = items[:2]
"""


def test_pytest_runs_the_same_checks(pytest_run):
    code, out = pytest_run("-v")
    assert code == 0 and f"{IMPORTED} PASSED" in out, out
    assert re.search(r"ran (\d+) checks of \1: \1 passed", out)


@LONG
def test_pytest_fails_with_a_check_and_not_with_an_expected_one(bell, pytest_run):
    code, out = pytest_run(source=ODD)
    assert code == 1 and "['odd']" in out, out


def test_pytest_takes_expected_failures(pytest_run):
    code, out = pytest_run("--oneiros-expect", f"{DECLARATION}=a new tag", source=ODD)
    assert code == 0 and "1 xfailed" in out, out


def test_pytest_reads_a_file_of_expected_failures(pytest_run, expected_file):
    file = expected_file(f'[bell-tested]\n"{DECLARATION}" = "a new tag"\n')
    code, out = pytest_run("--oneiros-expect-file", file, source=ODD)
    assert code == 0 and "1 xfailed" in out, out


@pytest.mark.parametrize(
    "conftest",
    [
        pytest.param(SKIPPING.replace("MARK", "skip"), marks=LONG, id="skipped"),
        pytest.param(SKIPPING.replace("MARK", "xfail"), marks=LONG, id="marked"),
        pytest.param(REMOVING, id="removed"),
    ],
)
def test_pytest_fails_if_checks_are_hidden(pytest_run, conftest):
    code, out = pytest_run(source=ODD, conftest=conftest)
    assert code == 1, out


def test_pytest_fails_if_checks_are_deselected(pytest_run):
    code, out = pytest_run("-k", "imported")
    assert code == 1 and "ran 2 checks of" in out, out


def test_arguments_that_a_function_returns_are_made_for_each_object():
    (subject,) = configurations("layer", "Model", "lab", Model)
    sample = sample_of(subject)
    first, second = sample.make(), sample.make()
    assert first.layers[-1] is not second.layers[-1]
