"""Finds the first layer that another library computes differently."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneiros.arguments import label
from oneiros.models import Model

from oneiros_exports.destination import Export
from oneiros_exports.replay import Recording, compared, predicted


@dataclass(frozen=True)
class Search:
    """A search for the first layer whose output differs.

    # Properties
        model: the model; the states of its layers are changed.
        copied: its copy on the destination's backend.
        destination: the `Export`.
        recording: the batches.
        tolerance: float, as for `export`.
        path: the file that differs; its name is used for the parts.
    """

    model: Any
    copied: Any
    destination: Export
    recording: Recording
    tolerance: float
    path: Path

    def layer(self) -> str:
        """Exports what leads to a layer, and halves the layers in question until one is
        left; returns its label."""
        calls = _calls(self.model)
        copied_calls = _calls(self.copied)
        start = 0
        end = len(calls) - 1
        while start < end:
            middle = (start + end) // 2
            part = Model(self.model.inputs, calls[middle].output_tensors)
            copy = Model(self.copied.inputs, copied_calls[middle].output_tensors)
            if self._agrees(part, copy):
                start = middle + 1
            else:
                end = middle
        return label(calls[start].outbound_layer)

    def _agrees(self, part: Any, copy: Any) -> bool:
        cases = self.recording.cases
        part.reset_states()
        outputs = [predicted(part, case.arrays) for case in cases]
        with tempfile.TemporaryDirectory(prefix="oneiros-part-") as folder:
            path = Path(folder) / self.path.name
            comparison = compared(
                part,
                Recording(cases, outputs),
                self.destination,
                path,
                self.destination.write(copy, path),
                self.tolerance,
            )
        return comparison.agrees


def _calls(model: Any) -> list[Any]:
    """Returns the calls of a model's layers in the order in which they compute."""
    return [node for node in model.graph_nodes() if node.inbound_layers]
