"""What a conversion to the other `dim_ordering` decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from oneiros_old_files.base import Arrays
from oneiros_old_files.moves import Moved

Axes = tuple[int, ...]
Entry = dict[str, Any]
"""A layer in the configuration of a model."""
Transform = Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer of the original model.

    # Properties
        layer: the layer.
        config: its arguments; for a `Sequential`, the list of its layers' entries.
        node: the layer's node of this call.
        inputs: list of `Moved`, how the converted model has the inputs.
    """

    layer: Any
    config: Any
    node: Any
    inputs: list[Moved]

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
    """What a call becomes in the converted model.

    # Properties
        config: the layer's arguments, or those of the layers inside.
        before: list, for each input the `dims` of the `Permute` that it needs before
            the layer, or None.
        outputs: list of `Moved`.
    """

    config: Any
    before: list[Axes | None]
    outputs: list[Moved]


class RestartError(Exception):
    """The conversion has to begin again, knowing more.

    # Arguments
        source: str, the name of an input's layer, of a `Permute` or of a `Flatten`.
        axes: the order that the source's output has to have in the converted model;
            None for a `Flatten`, before which the axes have to be moved back.
    """

    def __init__(self, source: str, axes: Axes | None = None) -> None:
        super().__init__(source)
        self.source = source
        self.axes = axes


@dataclass
class ConversionPlan:
    """What is decided of the converted model so far.

    # Properties
        dim_ordering: `"th"` or `"tf"`.
        taken_names: set of str, the names of the original's layers.
        axes: by the name of an input's layer or of a `Permute`, the order in which the
            converted model has its axes.
        unflattened: set of str, the names of the layers before which the axes are moved
            back.
        input_names: set of str, the names of the inputs' layers.
        transforms: by the identity of a layer of the original, what its weights become.
        inserted: set of str, the names of the `Permute` layers that the converted model
            has besides.
    """

    dim_ordering: str
    taken_names: set[str] = field(default_factory=set)
    axes: dict[str, Axes] = field(default_factory=dict)
    unflattened: set[str] = field(default_factory=set)
    input_names: set[str] = field(default_factory=set)
    transforms: dict[int, Transform] = field(default_factory=dict)
    inserted: set[str] = field(default_factory=set)

    def restart(self, error: RestartError) -> None:
        """Forgets what was converted, and notes why."""
        self.transforms.clear()
        self.inserted.clear()
        if error.axes:
            self.axes[error.source] = error.axes
        else:
            self.unflattened.add(error.source)

    def input(self, name: str, rank: int) -> Moved:
        """Returns how the converted model takes an input of so many axes."""
        self.input_names.add(name)
        axes = self.axes.get(name, tuple(range(rank)))
        return Moved(axes, source=name)

    def permute(self, layer_name: str, call: str, dims: Axes) -> Entry:
        """Returns the entry of a new `Permute` before a call of a layer."""
        name = f"{layer_name}_axes{call}"
        while name in self.taken_names:
            name += "_"
        self.inserted.add(name)
        return {"class_name": "Permute", "config": {"name": name, "dims": list(dims)}}


def check_no_vector(moved: Moved) -> None:
    """Has the conversion begin again if a tensor is an image's values, flattened in
    another order."""
    if moved.places:
        raise RestartError(moved.source)
