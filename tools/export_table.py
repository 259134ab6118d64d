"""Exports every golden layer to every destination, and writes the table of
docs/exports.md.

    python3 run.py --group test tools/export_table.py
    python3 run.py --group test tools/export_table.py --layers LSTM GRU --to onnx
    python3 run.py --group test tools/export_table.py --write

All golden cases of a class are one model with many inputs and outputs, so that a class
is one export. What came out goes into docs/exports.json. With `--write`, nothing is
exported, and the table is written anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

import numpy as np
import oneiros
from golden_layers import CASES, GOLDEN, Case
from oneiros import backend as K
from oneiros import registry
from oneiros.errors import OneirosError
from oneiros.models import Model

PAGE = ROOT / "docs" / "exports.md"
RESULTS = ROOT / "docs" / "exports.json"
DESTINATIONS = {
    "onnx": ("ONNX", "model.onnx"),
    "saved_model": ("SavedModel", "saved_model"),
    "tflite": ("TensorFlow Lite", "model.tflite"),
    "stablehlo": ("StableHLO", "model.stablehlo"),
    "keras": ("Keras 3", "model.keras"),
}
"""For each destination, its heading, and a path that selects it."""
START = "<!-- written by tools/export_table.py -->\n"
END = "<!-- end -->\n"
Results = dict[str, dict[str, str]]


def cases_of(class_name: str) -> list[dict[str, Any]]:
    """Returns the golden cases of a class that predict and keep no state."""
    return [
        case
        for case in CASES
        if case["class_name"] == class_name
        and case["phase"] == 0
        and '"stateful": true' not in json.dumps(case["kwargs"])
    ]


def class_names() -> list[str]:
    """Returns the classes of golden layers, sorted."""
    return sorted({case["class_name"] for case in CASES})


def accepted(cases: list[dict[str, Any]], destination: str, arrays: Any) -> Any:
    """Returns the cases that a destination doesn't refuse."""
    export = registry.resolve("export", destination)()
    models = [joined_model([case], arrays) for case in cases]
    return [
        case
        for case, model in zip(cases, models, strict=True)
        if not export.refusals(model)
    ]


def joined_model(cases: Iterable[dict[str, Any]], arrays: Any) -> Any:
    """Returns a model of all cases, side by side; their layers get names of their
    own."""
    inputs: list[Any] = []
    outputs: list[Any] = []
    for number, data in enumerate(cases):
        case = Case(data, arrays)
        part = Model(case.inputs, case.outputs)
        for layer in part.layers:
            layer.name = f"{layer.name}_{number}"
        inputs += case.inputs
        outputs += case.outputs
    return Model(inputs, outputs)


def outcome(class_name: str, destination: str, arrays: Any) -> str:
    """Exports a class; returns `"yes"` and the largest difference, or the reason why
    not; `"some"` if some of its cases are refused."""
    _, file_name = DESTINATIONS[destination]
    cases = cases_of(class_name)
    with K.use("theano"), tempfile.TemporaryDirectory() as folder:
        try:
            held = accepted(cases, destination, arrays)
            if not held:
                return "no: all cases are refused"
            model = joined_model(held, arrays)
            report = oneiros.export(model, Path(folder) / file_name)
        except OneirosError as error:
            return f"no: {error}"
    answer = "yes" if len(held) == len(cases) else "some"
    return f"{answer}: {report.comparison.largest.relative:.1e}"


def table(results: Results) -> str:
    """Returns the table of the page."""
    measured = {name for by_destination in results.values() for name in by_destination}
    shown = [name for name in DESTINATIONS if name in measured]
    headings = [DESTINATIONS[name][0] for name in shown]
    lines = [f"| layer | {' | '.join(headings)} |", "|---" * (len(headings) + 1) + "|"]
    for class_name in sorted(results):
        cells = [_cell(results[class_name].get(name, "")) for name in shown]
        lines.append(f"| `{class_name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(result: str) -> str:
    answer, _, detail = result.partition(": ")
    if answer == "some":
        return f"{detail}, not all arguments"
    return detail if answer == "yes" else answer


def write_page(results: Results) -> None:
    """Writes the table into the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(
        f"{before}{START}\n{table(results)}\n\n{END}{after}", encoding="utf-8"
    )


def read_results() -> Results:
    """Returns what earlier runs found."""
    results: Results = defaultdict(dict)
    if RESULTS.exists():
        results.update(json.loads(RESULTS.read_text(encoding="utf-8")))
    return results


def main() -> int:
    """Exports what was asked for and writes the page; returns how many failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", nargs="+", default=class_names())
    parser.add_argument("--to", nargs="+", choices=DESTINATIONS, default=DESTINATIONS)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    nb_failed = 0
    if not chosen.write:
        with oneiros.exports.shared_processes():
            nb_failed = measure(chosen.layers, chosen.to)
    write_page(read_results())
    return nb_failed


def measure(layers: Iterable[str], destinations: Iterable[str]) -> int:
    """Exports classes, and keeps what came out; returns how many failed."""
    nb_failed = 0
    arrays = dict(np.load(GOLDEN / "layers.npz"))
    for class_name, destination in product(layers, destinations):
        result = outcome(class_name, destination, arrays)
        nb_failed += result.startswith("no")
        print(f"{class_name} {destination} {result:.300}", flush=True)
        results = read_results()
        results[class_name] = {**results.get(class_name, {}), destination: result}
        text = json.dumps(results, indent=1, sort_keys=True)
        RESULTS.write_text(text + "\n", encoding="utf-8")
    return nb_failed


if __name__ == "__main__":
    sys.exit(main())
