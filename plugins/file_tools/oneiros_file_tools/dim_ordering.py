"""Models converted to the other `dim_ordering`: the same values, with the channels'
axis somewhere else.

Layers with `dim_ordering` take the other one. What follows them follows the values (a
`Dense` after `Flatten` permutes its kernel's rows); where nothing is known of a layer,
a `Permute` before it moves the axes back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from oneiros import config as configs
from oneiros.engine.container import Container, entry_of
from oneiros.errors import ArgumentError
from oneiros_model_parts.nested_layers import parts_of
from oneiros_old_files.base import Arrays
from oneiros_sequential.sequential import Sequential

from oneiros_file_tools.conversion_plan import Axes, ConversionPlan, RestartError
from oneiros_file_tools.model_conversion import converted_model


class Conversion:
    """The conversion of one model.

    # Arguments
        dim_ordering: `"th"` or `"tf"`, that of the converted model.
    """

    def __init__(self, dim_ordering: str) -> None:
        if dim_ordering not in ("th", "tf"):
            raise ArgumentError(f"dim_ordering={dim_ordering!r}: it is 'th' or 'tf'.")
        self._plan = ConversionPlan(dim_ordering)

    @property
    def inputs(self) -> dict[str, Axes]:
        """By the name of an input's layer, how the converted model takes its axes."""
        return {
            name: axes
            for name, axes in self._plan.axes.items()
            if name in self._plan.input_names
        }

    def converted(self, model: Any) -> Any:
        """Returns a new model with the weights of `model`, not compiled.

        # Raises
            ArgumentError: naming the layer that can't be converted.
        """
        entry = entry_of(model)
        self._plan.taken_names = {layer.name for _, layer in parts_of(model)}
        config = self._converted_config(model, entry["config"])
        converted = configs.layer_from_config({**entry, "config": config})
        for layer, counterpart in self.pairs(model, converted):
            if layer.weights:
                arrays = self.weights(layer, layer.get_weights())
                counterpart.set_weights(arrays)
        return converted

    def weights(self, layer: Any, arrays: Arrays) -> Arrays:
        """Returns what a layer's weights, or as many arrays of their shapes, become."""
        transform = self._plan.transforms.get(id(layer))
        return transform(arrays) if transform else arrays

    def pairs(self, model: Any, converted: Any) -> Iterator[tuple[Any, Any]]:
        """Gives the layers of a model that hold no others, each with its counterpart in
        the converted model."""
        return _pairs(model, converted, self._plan.inserted)

    def _converted_config(self, model: Any, config: Any) -> Any:
        """Returns the arguments of the converted model.

        What an input has to become shows where an image is used, behind the input: then
        all is done again, knowing it.
        """
        while True:
            try:
                return converted_model(self._plan, model, config).config
            except RestartError as error:
                self._plan.restart(error)


def _pairs(
    model: Any, converted: Any, inserted: Collection[str]
) -> Iterator[tuple[Any, Any]]:
    """Gives the pairs; `inserted` are the names of layers that only the converted model
    has."""
    if not isinstance(model, Container):
        yield model, converted
        return
    counterparts = [layer for layer in converted.layers if layer.name not in inserted]
    if not isinstance(model, Sequential):
        by_name = {layer.name: layer for layer in counterparts}
        counterparts = [by_name[layer.name] for layer in model.layers]
    for layer, counterpart in zip(model.layers, counterparts, strict=True):
        yield from _pairs(layer, counterpart, inserted)
