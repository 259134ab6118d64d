"""Finds the first layer that another library computes differently."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.models import Model

from oneiros_exports.cases import Case
from oneiros_exports.destination import Export
from oneiros_exports.replay import (
    Comparison,
    Expectation,
    bounded_outputs,
    predicted,
    replayed,
)


def first_difference(
    models: tuple[Any, Any],
    destination: Export,
    expectation: Expectation,
    comparison: Comparison,
    file_name: str,
) -> str:
    """Exports the outputs of all layers; returns the label of the first layer that
    differs, or what is known instead.

    # Arguments
        models: the model, whose layers' states are changed, and its copy on the
            destination's backend.
        destination: the `Export`.
        expectation: the batches.
        comparison: the `Comparison` that doesn't agree.
        file_name: str, the name of the file that differs.
    """
    model, copied = models
    cases = _cases(model, expectation, comparison)
    model.reset_states()
    part = _with_all_outputs(model)
    try:
        outputs = [predicted(part, case.arrays) for case in cases]
        with tempfile.TemporaryDirectory(prefix="oneiros-part-") as folder:
            path = Path(folder) / file_name
            written = destination.write(_with_all_outputs(copied), path)
            part_expectation = Expectation(cases, outputs, bounded_outputs(part))
            _, differences = replayed(part_expectation, destination, path, written)
    except Exception as error:  # another library's, or of a third party's plugin
        reason = f"{type(error).__name__}: {error}"
        return f"unknown, as the outputs of all layers can't be exported: {reason}"
    layers = [
        call.outbound_layer for call in _calls(model) for _ in call.output_tensors
    ]
    for layer, difference in zip(layers, differences, strict=True):
        if difference.relative > comparison.tolerance:
            return label(layer)
    return "none, if the outputs of all layers are exported"


def _cases(model, expectation: Expectation, comparison: Comparison) -> list[Case]:
    """Returns the row that differs most; all batches if the number of rows is fixed, as
    layers that keep their states need."""
    if any(K.int_shape(x)[0] for x in model.inputs):
        return expectation.cases
    largest = comparison.largest
    rows = slice(largest.row, largest.row + 1)
    return [replace(largest.case, arrays=[x[rows] for x in largest.case.arrays])]


def _with_all_outputs(model):
    outputs = [x for call in _calls(model) for x in call.output_tensors]
    return Model(model.inputs, outputs)


def _calls(model) -> list[Any]:
    """Returns the calls of a model's layers in the order in which they compute."""
    return [node for node in model.graph_nodes() if node.inbound_layers]
