"""Finds the first layer that another library computes differently."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.models import Model

from oneiros_exports.cases import Case
from oneiros_exports.destination import Export
from oneiros_exports.replay import (
    Comparison,
    Difference,
    Recording,
    differences_of,
    predicted,
)

NB_ROWS = 4
"""So many rows are compared: the outputs of all layers may be large."""


@dataclass(frozen=True)
class Search:
    """A search for the first layer whose output differs.

    # Properties
        model: the model; the states of its layers are changed.
        copied: its copy on the destination's backend.
        destination: the `Export`.
        recording: the batches.
        comparison: the `Comparison` that doesn't agree.
        path: the file that differs; its name is used for the parts.
    """

    model: Any
    copied: Any
    destination: Export
    recording: Recording
    comparison: Comparison
    path: Path

    def layer(self) -> str:
        """Exports the outputs of all layers; returns the label of the first that
        differs, or what is known instead."""
        try:
            differences = self._differences()
        except Exception as error:  # another library's, or of a third party's plugin
            reason = f"{type(error).__name__}: {error}"
            return f"unknown, as the outputs of all layers can't be exported: {reason}"
        layers = [
            call.outbound_layer
            for call in _calls(self.model)
            for _ in call.output_tensors
        ]
        for layer, difference in zip(layers, differences, strict=True):
            if difference.relative > self.comparison.tolerance:
                return label(layer)
        return "none, if the outputs of all layers are exported"

    def _differences(self) -> list[Difference]:
        """Returns the difference of each layer's outputs, in order."""
        part = _with_all_outputs(self.model)
        copy = _with_all_outputs(self.copied)
        cases = self._cases()
        part.reset_states()
        outputs = [predicted(part, case.arrays) for case in cases]
        with tempfile.TemporaryDirectory(prefix="oneiros-part-") as folder:
            path = Path(folder) / self.path.name
            written = self.destination.write(copy, path)
            recording = Recording(cases, outputs)
            _, differences = differences_of(recording, self.destination, path, written)
        return differences

    def _cases(self) -> list[Case]:
        """Returns the batch that differs most, with few rows; all batches if the number
        of rows is fixed, as layers that keep their states need."""
        if any(K.int_shape(x)[0] for x in self.model.inputs):
            return self.recording.cases
        largest = self.comparison.largest
        (case,) = [each for each in self.recording.cases if str(each) == largest.case]
        start = largest.row - largest.row % NB_ROWS
        arrays = [array[start : start + NB_ROWS] for array in case.arrays]
        return [Case(case.kind, arrays, case.open_size)]


def _with_all_outputs(model: Any) -> Any:
    outputs = [x for call in _calls(model) for x in call.output_tensors]
    return Model(model.inputs, outputs)


def _calls(model: Any) -> list[Any]:
    """Returns the calls of a model's layers in the order in which they compute."""
    return [node for node in model.graph_nodes() if node.inbound_layers]
