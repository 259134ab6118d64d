"""Converts models to the other `dim_ordering`: the same values, with the channels on
another axis.

Layers with a `dim_ordering` get the other one. The layers after them adapt: for
example, a `Dense` after a `Flatten` permutes its kernel's rows. Before a layer that
can't adapt, a `Permute` restores the original order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from oneiros import config as configs
from oneiros.arguments import check_choice
from oneiros.engine.container import Container, entry_of
from oneiros_old_files.base import Arrays
from oneiros_training.parts.nested_layers import parts_of
from oneiros_training.sequential import Sequential

from oneiros_cli.file_tools.conversion_plan import Axes, ConversionPlan, RestartError
from oneiros_cli.file_tools.model_conversion import converted_model

ORDERINGS = ("th", "tf")


class Conversion:
    """The conversion of one model.

    # Arguments
        dim_ordering: `"th"` or `"tf"`, for the converted model.
    """

    def __init__(self, dim_ordering: str) -> None:
        check_choice("convert", "dim_ordering", dim_ordering, ORDERINGS)
        self._plan = ConversionPlan(dim_ordering)

    @property
    def inputs(self) -> dict[str, Axes]:
        """A dict from the name of each input layer to its axes in the converted
        model."""
        return {
            name: axes
            for name, axes in self._plan.axes.items()
            if name in self._plan.input_names
        }

    def converted(self, model: Any) -> Any:
        """Returns a new, uncompiled model; `copy_weights` gives it its weights.

        # Raises
            ArgumentError: if a layer can't be converted; the message names it.
        """
        entry = entry_of(model)
        self._plan.taken_names = {str(layer.name) for _, layer in parts_of(model)}
        config = self._converted_config(model, entry["config"])
        return configs.layer_from_config({**entry, "config": config})

    def copy_weights(self, model: Any, converted: Any) -> None:
        """Sets the weights of the converted model to those of `model`."""
        for layer, counterpart in self.pairs(model, converted):
            if layer.weights:
                arrays = self.weights(layer, layer.get_weights())
                counterpart.set_weights(arrays)

    def weights(self, layer: Any, arrays: Arrays) -> Arrays:
        """Converts a layer's weights, or arrays of the same number and shapes."""
        transform = self._plan.transforms.get(id(layer))
        return transform(arrays) if transform else arrays

    def pairs(self, model: Any, converted: Any) -> Iterator[tuple[Any, Any]]:
        """Yields the innermost layers of a model, each with its counterpart in the
        converted model."""
        return _pairs(model, converted, self._plan.inserted)

    def _converted_config(self, model: Any, config: Any) -> Any:
        """Returns the arguments of the converted model.

        The required layout of an input becomes clear only where the image is used. Then
        the conversion restarts with this knowledge.
        """
        while True:
            try:
                return converted_model(self._plan, model, config).config
            except RestartError as error:
                self._plan.restart(error)


def _pairs(
    model: Any, converted: Any, inserted: Collection[str]
) -> Iterator[tuple[Any, Any]]:
    """Yields the pairs; `inserted` contains the names of layers that only the converted
    model has."""
    if not isinstance(model, Container):
        yield model, converted
        return
    counterparts = [layer for layer in converted.layers if layer.name not in inserted]
    if not isinstance(model, Sequential):
        by_name = {layer.name: layer for layer in counterparts}
        counterparts = [by_name[layer.name] for layer in model.layers]
    for layer, counterpart in zip(model.layers, counterparts, strict=True):
        yield from _pairs(layer, counterpart, inserted)
