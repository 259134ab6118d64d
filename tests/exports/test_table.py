"""The table of layers and destinations in docs/exports.md says what was measured."""

import importlib.util
from pathlib import Path

import numpy as np
import oneiros
import pytest
from golden_layers import GOLDEN

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def export_table():
    """The program that measures it."""
    path = ROOT / "tools" / "export_table.py"
    spec = importlib.util.spec_from_file_location("export_table", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(result):
    return result.partition(": ")[0]


def test_the_page_has_what_was_measured(export_table):
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    assert export_table.table(export_table.read_results()) in page


def test_each_golden_layer_was_measured_for_each_destination(export_table):
    results = export_table.read_results()
    assert sorted(results) == export_table.class_names()
    for class_name, by_destination in results.items():
        assert set(by_destination) == set(export_table.DESTINATIONS), class_name
        for result in by_destination.values():
            if answer(result) != "no":
                assert float(result.partition(": ")[2]) <= TOLERANCE, class_name


@pytest.mark.exhaustive(only=True)
@pytest.mark.parametrize(
    "destination", ["onnx", "saved_model", "tflite", "stablehlo", "keras"]
)
def test_a_new_measurement_gives_the_same_answers(export_table, destination):
    arrays = dict(np.load(GOLDEN / "layers.npz"))
    stored = export_table.read_results()
    with oneiros.exports.shared_processes():
        measured = {
            class_name: answer(export_table.outcome(class_name, destination, arrays))
            for class_name in export_table.class_names()
        }
    assert measured == {name: answer(stored[name][destination]) for name in measured}
