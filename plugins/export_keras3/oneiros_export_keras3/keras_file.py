"""`.keras`: the format of Keras 3."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from oneiros_exports.destination import Export, Refusal, Written
from oneiros_exports.inference import names_of, ports
from oneiros_exports.processes import call

from oneiros_export_keras3.description import Describer

PACKAGE = "oneiros_export_keras3"
BUILDER = f"{PACKAGE}.builder:main"


class KerasExport(Export):
    """A model that Keras 3 loads and goes on training.

    Each layer becomes the one of Keras 3 that computes the same. Functions that Keras 3
    lacks come from the module `oneiros_keras3`, which needs Keras alone.
    """

    title = "Keras 3"
    runtime = "oneiros_export_keras3.runtime:run"

    def refusals(self, model: Any) -> list[Refusal]:
        """Returns the layers without a counterpart."""
        describer = Describer()
        describer.model(model)
        return describer.refusals

    def write(self, model: Any, path: Path) -> Written:
        """Builds the model with Keras in a process of its own, and saves it."""
        describer = Describer()
        description = describer.model(model)
        with tempfile.TemporaryDirectory(prefix="oneiros-keras3-") as name:
            folder = Path(name)
            (folder / "model.json").write_text(json.dumps(description))
            arrays: dict[str, Any] = describer.arrays
            np.savez(folder / "arrays.npz", **arrays)
            arguments = [folder / "model.json", folder / "arrays.npz", path]
            call(PACKAGE, BUILDER, arguments, "Keras 3 can't build this model")
        inputs = names_of(model.inputs)
        outputs = names_of(model.outputs)
        if len(set(outputs)) < len(outputs):
            outputs = [str(place) for place in range(len(outputs))]
        summary = f"{len(description['layers'])} layers"
        return Written(summary, *ports(model, inputs, outputs))
