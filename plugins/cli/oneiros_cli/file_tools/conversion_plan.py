"""The decisions of a conversion to the other `dim_ordering`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from oneiros import config as configs
from oneiros.engine.container import Container, entry_of
from oneiros.errors import ArgumentError
from oneiros_old_files.base import Arrays
from oneiros_old_files.moves import Moved

ORDERINGS = ("th", "tf")
Axes = tuple[int, ...]
Entry = dict[str, Any]
"""A layer's entry in the configuration of a model."""
Transform = Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class LayerCall:
    """A call of a layer in the original model.

    # Properties
        layer: the layer.
        config: its arguments; for a `Sequential`, the list of its layer entries.
        node: the layer's node for this call.
        inputs: list of `Moved`, the layout of the inputs in the converted model.
    """

    layer: Any
    config: Any
    node: Any
    inputs: list[Moved]

    @property
    def layouts(self) -> tuple[Any, ...]:
        """How the axes and values of the inputs are moved."""
        return tuple((moved.axes, moved.places) for moved in self.inputs)

    @property
    def input_rank(self) -> int:
        """The number of axes that a sample of the first input has."""
        return len(self.node.input_shapes[0]) - 1

    @property
    def output_ranks(self) -> list[int]:
        """The number of axes that a sample of each output has."""
        return [len(shape) - 1 for shape in self.node.output_shapes]


@dataclass(frozen=True)
class ConvertedCall:
    """A call in the converted model.

    # Properties
        config: the layer's arguments, or those of the layers inside.
        before: list with, for each input, the `dims` of the `Permute` that it needs
            before the layer, or None.
        outputs: list of `Moved`.
    """

    config: Any
    before: list[Axes | None]
    outputs: list[Moved]


class RestartError(Exception):
    """The conversion must restart with more information.

    # Arguments
        source: str, the name of an input layer, a `Permute` or a `Flatten`.
        axes: the order that the source's output needs in the converted model; None for
            a `Flatten` that needs the original order before it.
    """

    def __init__(self, source: str, axes: Axes | None = None):
        super().__init__(source)
        self.source = source
        self.axes = axes


@dataclass
class ConversionPlan:
    """The decisions about the converted model so far.

    # Properties
        dim_ordering: `"th"` or `"tf"`.
        taken_names: set of str, the names of the original layers, and of `Permute`
            layers that were added.
        axes: dict from the name of an input layer or a `Permute` to the order of its
            axes in the converted model.
        unflattened: set of str, the names of the layers that need the original order
            before them.
        input_names: set of str, the names of the input layers.
        transforms: dict from the id of an original layer to the conversion of its
            weights.
        counterparts: dict from the original layers and models to those of the
            converted model.
        outputs: dict from the nested models, each with the layouts of its inputs, to
            their outputs.
    """

    dim_ordering: str
    taken_names: set[str] = field(default_factory=set)
    axes: dict[str, Axes] = field(default_factory=dict)
    unflattened: set[str] = field(default_factory=set)
    input_names: set[str] = field(default_factory=set)
    transforms: dict[int, Transform] = field(default_factory=dict)
    counterparts: dict[Any, Any] = field(default_factory=dict)
    outputs: dict[Any, list[Moved]] = field(default_factory=dict)

    @property
    def inputs(self) -> dict[str, Axes]:
        """A dict from the name of each input layer to its axes in the converted
        model."""
        return {
            name: axes for name, axes in self.axes.items() if name in self.input_names
        }

    def weights(self, layer, arrays: Arrays) -> Arrays:
        """Converts a layer's weights, or arrays of the same number and shapes."""
        transform = self.transforms.get(id(layer))
        return transform(arrays) if transform else arrays

    def counterpart(self, layer, config):
        """Returns the layer of the converted model that stands for an original one.

        # Arguments
            layer: the original layer or nested model.
            config: dict, the new layer's arguments, if it isn't built yet.
        """
        if layer not in self.counterparts:
            entry = {**entry_of(layer), "config": config}
            self.counterparts[layer] = configs.layer_from_config(entry)
        return self.counterparts[layer]

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yields the layers with weights, each with its counterpart."""
        for layer, counterpart in self.counterparts.items():
            if layer.weights and not isinstance(layer, Container):
                yield layer, counterpart

    def restart(self, error: RestartError) -> None:
        """Discards the conversion so far, and records the reason."""
        self.transforms.clear()
        self.counterparts.clear()
        self.outputs.clear()
        if error.axes:
            self.axes[error.source] = error.axes
        else:
            self.unflattened.add(error.source)

    def input(self, name: str, rank: int) -> Moved:
        """Returns the layout of an input in the converted model.

        # Raises
            ArgumentError: if its samples have no axes.
        """
        if rank < 1:
            raise ArgumentError(
                f"The samples of the input {name!r:.80} have no axes, so the model has "
                "no ordering. Convert without dim_ordering."
            )
        self.input_names.add(name)
        axes = self.axes.get(name, tuple(range(rank)))
        return Moved(axes, source=name)

    def permute(self, layer_name: str, dims: Axes, others=None):
        """Returns a new `Permute` for an input of a layer.

        # Arguments
            layer_name: str.
            dims: tuple of ints, the axes from 1.
            others: dict of further arguments.
        """
        name = f"{layer_name}_axes"
        while name in self.taken_names:
            name += "_"
        self.taken_names.add(name)
        config = {"name": name, "dims": list(dims), **(others or {})}
        return configs.layer_from_config({"class_name": "Permute", "config": config})


def check_no_vector(moved: Moved) -> None:
    """Restarts the conversion if a tensor is an image flattened in another order."""
    if moved.places:
        raise RestartError(moved.source)
