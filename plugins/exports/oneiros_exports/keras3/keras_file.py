"""`.keras`: the format of Keras 3."""

import json
import re
from pathlib import Path
from typing import Any

from oneiros.arguments import label
from oneiros_old_files import keras3
from oneiros_training.parts import parts_of

from oneiros_exports.destination import Export, Refusal, Written
from oneiros_exports.keras3.compilation import compilation_of
from oneiros_exports.keras3.description import Describer
from oneiros_exports.predictor import ports
from oneiros_exports.processes import call

BUILDER = "oneiros_exports.keras3.builder:main"
NAMES_SHOWN = 3
"""The maximum number of new names to list."""


class KerasExport(Export):
    """A model that Keras 3 loads and goes on training.

    Each layer becomes the one of Keras 3 that computes the same. Functions that Keras 3
    lacks come from the module `oneiros_keras3`, which needs Keras alone.
    """

    title = "Keras 3"
    runtime = "oneiros_exports.keras3.runtime:run"
    trains = True

    def refusals(self, model) -> list[Refusal]:
        """Returns the layers without a counterpart."""
        describer = Describer()
        describer.model(model)
        return describer.refusals

    def write(self, model, path: Path) -> Written:
        """Builds the model with Keras in a process of its own, and saves it."""
        compilation = compilation_of(model)
        describer = Describer(compilation.slots)
        description = {**describer.model(model), "compilation": compilation.data}
        failure = "Keras 3 can't build this model"
        outputs = call(BUILDER, [description, str(path)], failure)
        inputs = [each["name"] for each in description["inputs"]]
        summary = f"{len(description['layers'])} layers"
        return Written(
            summary,
            *ports(model, inputs, outputs),
            left_out=compilation.left_out,
            notes=[
                *_new_names(describer.names),
                *_copies(describer.copies),
                *_needed_module(description),
                *_channels_first(model),
                *_frozen_statistics(model),
            ],
        )


def _needed_module(description: dict[str, Any]) -> list[str]:
    """Returns a note of what a description needs of `oneiros_keras3`, if anything."""
    text = json.dumps(description, default=lambda array: None)
    names = re.findall(f'"{keras3.PACKAGE}(\\w+)"', text)
    if not names:
        return []
    listed = ", ".join(sorted(set(names)))
    return [f"import oneiros_keras3 before you load the file; it has {listed}"]


def _new_names(names: dict[Any, str]) -> list[str]:
    """Returns a note of the names that Keras 3 doesn't take, if any."""
    changed = [f"{old!r} is {new!r}" for old, new in names.items() if old != new]
    if not changed:
        return []
    listed = ", ".join(changed[:NAMES_SHOWN])
    more = ", …" if len(changed) > NAMES_SHOWN else ""
    return [f"Keras 3 takes no '/' in names: {listed}{more}"]


def _copies(names: list[str]) -> list[str]:
    """Returns a note of layers that are in several places, if any."""
    if not names:
        return []
    listed = ", ".join(sorted(set(names)))
    return [
        f"shared here, copied in the file: {listed}. It predicts the same; training "
        "changes the copies apart"
    ]


def _channels_first(model) -> list[str]:
    """Returns a note if images have channels first, which TensorFlow computes on GPUs
    alone."""
    orderings = {getattr(layer, "dim_ordering", None) for _, layer in parts_of(model)}
    if "th" not in orderings:
        return []
    return [
        "images have channels first: Keras on TensorFlow can't convolve them on a CPU. "
        "Run the file on JAX or PyTorch, or convert with --dim-ordering tf"
    ]


def _frozen_statistics(model) -> list[str]:
    """Returns a note of each layer that trains otherwise in Keras 3 while it is
    frozen."""
    return [
        f"{label(layer)} isn't trainable: in training, Keras 3 normalises by the "
        f"running averages, not by the batch"
        for _, layer in parts_of(model)
        if type(layer).__name__ == "BatchNormalization" and not layer.trainable
    ]
