"""The parity matrix, made of reports: what isn't full has a reason."""

import json

from oneiros.layers import Dense
from oneiros.testing import check_component
from oneiros_testing.matrix import FULL, matrix_of
from oneiros_testing.report import EXPECTED, FAILED, PASSED, Lacking, Outcome, Report

BACKENDS = ["numpy", "onnx"]


def report():
    outcomes = [
        Outcome("check_can_be_made", "layer:Shout", "numpy", PASSED),
        Outcome("check_can_be_made", "layer:Shout", "onnx", FAILED, "No."),
        Outcome("check_draws", "layer:Noise", "numpy", PASSED),
        Outcome("check_draws", "layer:Noise", "onnx", EXPECTED, "it draws | nothing"),
        Outcome("check_declaration", "layer:Noise", None, PASSED),
        Outcome("check_wheel", "distribution:lab", None, PASSED),
    ]
    lacking = [Lacking("check_gradients", "layer:Noise", "numpy", "gradients")]
    return Report("lab", "1.0", outcomes, 6, {}, [], lacking)


def test_each_cell_is_full_or_has_a_reason():
    made = matrix_of([report()], BACKENDS)
    assert made.rows["layer:Shout"] == {
        "numpy": FULL,
        "onnx": "check_can_be_made: failed",
    }
    assert made.rows["layer:Noise"] == {
        "numpy": "numpy lacks gradients",
        "onnx": "it draws | nothing",
    }
    assert made.rows["capability:gradients"]["onnx"] == "onnx lacks it"
    assert made.rows["capability:conv"] == {"numpy": FULL, "onnx": FULL}
    assert not any(name.startswith("distribution") for name in made.rows)


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


def test_the_command_prints_it(oneiros_command):
    code, out, _ = oneiros_command(
        "matrix", "oneiros-constraints", "--backend", "numpy"
    )
    assert code == 0
    assert "| `constraint:MaxNorm` | numpy lacks gradients |" in out
