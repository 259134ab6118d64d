"""The parity matrix, made of reports: what isn't full has a reason."""

import json
from pathlib import Path

import pytest
from oneiros.layers import Dense
from oneiros.testing import check_component
from oneiros_testing.matrix import FULL, matrix_of
from oneiros_testing.report import (
    EXPECTED,
    FAILED,
    NOT_RUN,
    PASSED,
    UNEXPECTED,
    Lacking,
    Outcome,
    Report,
)
from oneiros_testing.runner import plan_of

BACKENDS = ["numpy", "onnx"]
EXPECTED_FILE = Path(__file__).with_name("expected.toml")


def report():
    outcomes = [
        Outcome("check_can_be_made", "layer:Shout", "numpy", PASSED),
        Outcome(
            "check_can_be_made", "layer:Shout", "onnx", FAILED, "No.", "It can be made."
        ),
        Outcome("check_copy", "layer:Shout", "onnx", NOT_RUN, "check_can_be_made …"),
        Outcome("check_draws", "layer:Noise", "numpy", PASSED),
        Outcome("check_draws", "layer:Noise", "onnx", EXPECTED, "it draws | nothing"),
        Outcome("check_declaration", "layer:Noise", None, PASSED),
        Outcome("check_wheel", "package:lab", None, PASSED),
    ]
    lacking = [Lacking("check_gradients", "layer:Noise", "numpy", "gradients")]
    return Report("lab", "1.0", outcomes, 6, {}, [], lacking)


def test_each_cell_is_full_or_has_a_reason():
    made = matrix_of([report()], BACKENDS)
    assert made.rows["layer:Shout"] == {
        "numpy": FULL,
        "onnx": "check_can_be_made fails: It can be made.",
    }
    assert made.rows["layer:Noise"] == {
        "numpy": "numpy lacks gradients",
        "onnx": "it draws | nothing",
    }
    assert made.rows["capability:gradients"]["onnx"] == "onnx lacks it"
    assert made.rows["capability:conv"] == {"numpy": FULL, "onnx": FULL}
    assert not any(name.startswith("package") for name in made.rows)


def test_no_cell_is_full_whose_checks_did_not_run():
    outcomes = [
        Outcome("check_can_be_made", "layer:Echo", "numpy", PASSED),
        Outcome("check_declaration", "layer:Echo", None, PASSED),
        Outcome("check_steps", "layer:Shout", "numpy", NOT_RUN, "Skipped: too loud"),
        Outcome("check_steps", "layer:Shout", "onnx", UNEXPECTED, "Expect it no more."),
    ]
    lacking = [Lacking("check_keras3", "layer:Shout", "this environment", "keras")]
    made = matrix_of([Report("lab", "1", outcomes, 4, {}, [], lacking)], BACKENDS)
    assert made.rows["layer:Echo"] == {
        "numpy": FULL,
        "onnx": "it declares other backends than onnx",
    }
    lacks = "this environment lacks keras"
    assert made.rows["layer:Shout"] == {
        "numpy": f"{lacks}; Skipped: too loud",
        "onnx": f"{lacks}; check_steps: Expect it no more.",
    }


def test_failures_of_this_repository_have_the_reasons_of_their_file():
    plan = plan_of("oneiros-layers-noise", EXPECTED_FILE, ["onnx"])
    name = "check_every_layer_argument_counts"
    chosen = [each for each in plan.planned if each.check.name == name]
    report = plan.report([plan.run(each) for each in chosen])
    cells = matrix_of([report], ["onnx"]).rows["layer:GaussianNoise"]
    assert cells == {
        "onnx": "onnx lacks float16, gradients, random numbers; it draws at random in "
        "training, and a file in ONNX couldn't repeat random numbers"
    }


BELL = """
import numpy as np
from oneiros import backend as K
def NAME(shape, name=None, dim_ordering="th"):
    return K.variable(VALUES, name=name)
"""
MANIFEST = """
from oneiros import hookimpl
@hookimpl
def oneiros_initializations():
    return {"NAME": "lab_NAME.bell:NAME"}
"""


@pytest.mark.slow
def test_unexpected_failures_are_told_by_the_sentences_of_their_checks(
    installed, oneiros_command
):
    drawn = "np.random.RandomState().normal(size=shape)"
    for name, values in {"bell": "np.zeros(3)", "gong": drawn}.items():
        files = {
            "bell.py": BELL.replace("NAME", name).replace("VALUES", values),
            "manifest.py": MANIFEST.replace("NAME", name),
        }
        installed(f"lab-{name}", files, ("oneiros-kernel>=0.1,<1", "numpy>=1.26"))
    options = "--backend", "numpy", "--expect-file", EXPECTED_FILE
    code, out, _ = oneiros_command("matrix", "lab-bell", "lab-gong", *options)
    assert code == 0
    bell, gong = out.splitlines()[-2:]
    assert "| check_makes_variables fails: It returns a variable, whose" in bell
    assert "| check_seed_decides fails: `np.random.seed` decides the" in gong


def test_it_is_printed_as_a_table_and_as_json():
    made = matrix_of([report()], BACKENDS)
    lines = made.to_markdown().splitlines()
    assert lines[0] == "| component | numpy | onnx |"
    assert (
        lines[-1] == r"| `layer:Noise` | numpy lacks gradients | it draws \| nothing |"
    )
    assert json.loads(made.to_json())["rows"] == made.rows


def test_a_check_of_gradients_is_not_planned_where_there_are_none():
    made = check_component("layer", Dense, backends=["numpy"])
    names = {outcome.check for outcome in made.outcomes}
    assert made.ok and "check_gradients" not in names, made
    assert {each.capability for each in made.lacking} == {"gradients"}
    assert "numpy lacks gradients" in str(made)


def test_checks_of_draws_need_a_backend_that_draws():
    lacking = {
        (each.check, each.backend)
        for each in plan_of("oneiros-layers-noise", backends=BACKENDS).lacking
        if each.capability == "random numbers"
    }
    assert {backend for _, backend in lacking} == {"onnx"}
    assert ("check_draws_keep_the_mean", "onnx") in lacking


def test_the_command_prints_it(oneiros_command):
    code, out, _ = oneiros_command(
        "matrix", "oneiros-constraints", "--backend", "numpy"
    )
    assert code == 0
    assert "| `constraint:MaxNorm` | numpy lacks gradients |" in out
