"""Models converted to the other `dim_ordering`: the same values, with the channels'
axis somewhere else.

Layers with `dim_ordering` take the other one. What follows them follows the values (a
`Dense` after `Flatten` permutes its kernel's rows); where nothing is known of a layer,
a `Permute` before it moves the axes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from oneiros import config as configs
from oneiros.arguments import label
from oneiros.engine.container import Container, entry_of
from oneiros.errors import ArgumentError
from oneiros_old_files.base import Arrays, Migration
from oneiros_old_files.moves import Moved, channels_moved, unmoved
from oneiros_saving.layouts import migration_for
from oneiros_saving.parts import parts_of
from oneiros_sequential.sequential import Sequential

Axes = tuple[int, ...]
Entry = dict[str, Any]
Place = tuple[str, int, int]
"""A tensor: the name of a layer, the number of its call, and of the output."""
Transform = Callable[[Arrays], Arrays]

INPUT_ARGUMENTS = ("batch_input_shape", "input_dtype")
"""Arguments by which the first layer of a `Sequential` describes the input."""


@dataclass(frozen=True)
class Step:
    """A layer of the converted model.

    # Properties
        config: its arguments, or those of the layers inside.
        before: list, for each input the `dims` of the `Permute` that it needs before
            the layer, or None.
        outputs: list of `Moved`.
    """

    config: Any
    before: list[Axes | None]
    outputs: list[Moved]


class _RestartError(Exception):
    """The conversion has to begin again, with an input moved, or axes moved back before
    a `Flatten`."""

    def __init__(self, source: str, axes: Axes | None = None) -> None:
        super().__init__(source)
        self.source = source
        self.axes = axes


class Conversion:
    """The conversion of one model.

    # Arguments
        dim_ordering: `"th"` or `"tf"`, that of the converted model.

    # Properties
        transforms: by the identity of a layer of the original, what its weights become.
        inserted: the names of the `Permute` layers that the converted model has
            besides.
    """

    def __init__(self, dim_ordering: str) -> None:
        if dim_ordering not in ("th", "tf"):
            raise ArgumentError(f"dim_ordering={dim_ordering!r}: it is 'th' or 'tf'.")
        self.dim_ordering = dim_ordering
        self.transforms: dict[int, Transform] = {}
        self.inserted: set[str] = set()
        self._sources: dict[str, Axes] = {}
        self._inputs: set[str] = set()
        self._unflattened: set[str] = set()
        self._taken_names: set[str] = set()

    @property
    def inputs(self) -> dict[str, Axes]:
        """By the name of an input's layer, how the converted model takes its axes."""
        return {
            name: axes for name, axes in self._sources.items() if name in self._inputs
        }

    def converted(self, model: Any) -> Any:
        """Returns a new model with the weights of `model`, not compiled.

        # Raises
            ArgumentError: naming the layer that can't be converted.
        """
        entry = entry_of(model)
        self._taken_names = {layer.name for _, layer in parts_of(model)}
        config = self._converted_config(model, entry["config"])
        converted = configs.layer_from_config({**entry, "config": config})
        for layer, counterpart in pairs(model, converted, self.inserted):
            if layer.weights:
                arrays = self.weights(layer, layer.get_weights())
                counterpart.set_weights(arrays)
        return converted

    def weights(self, layer: Any, arrays: Arrays) -> Arrays:
        """Returns what a layer's weights, or as many arrays of their shapes, become."""
        return self.transforms.get(id(layer), list)(arrays)

    def _converted_config(self, model: Any, config: Any) -> Any:
        """Returns the arguments of the converted model.

        What an input has to become shows where an image is used, behind the input: then
        all is done again, knowing it.
        """
        while True:
            self.transforms.clear()
            self.inserted.clear()
            try:
                return self.container(model, config, None).config
            except _RestartError as restart:
                if restart.axes:
                    self._sources[restart.source] = restart.axes
                else:
                    self._unflattened.add(restart.source)

    def container(self, model: Any, config: Any, inputs: list[Moved] | None) -> Step:
        """Converts a model; `inputs` are those of a model inside another one."""
        if isinstance(model, Sequential):
            return self._sequential(model, config, inputs)
        graph = _Graph(self, model, config)
        graph.take_inputs(inputs)
        graph.call_all()
        return graph.step()

    def layer(self, layer: Any, config: Any, inputs: list[Moved], node: Any) -> Step:
        """Converts one call of a layer."""
        if isinstance(layer, Container):
            inside = self.container(layer, config, inputs)
            return Step(inside.config, [None] * len(inputs), inside.outputs)
        wrapped = config.get("layer")
        own = wrapped["config"] if isinstance(wrapped, dict) else config
        if "dim_ordering" in own:
            return self._image_layer(layer, config, inputs[0], node)
        return self._other_layer(layer, config, inputs, node)

    def input(self, name: str, rank: int) -> Moved:
        """Returns how the converted model takes an input of so many axes."""
        self._inputs.add(name)
        return Moved(self._sources.get(name, tuple(range(rank))), source=name)

    def outputs(self, outputs: list[Moved]) -> list[Moved]:
        """Returns a model's outputs, none of which may have its places moved."""
        for moved in outputs:
            if moved.places:
                raise _RestartError(moved.source)
        return outputs

    def permute(self, layer: Any, call: str, dims: Axes) -> Entry:
        """Returns the entry of a `Permute` before a call of a layer."""
        name = f"{layer.name}_axes{call}"
        while name in self._taken_names:
            name += "_"
        self.inserted.add(name)
        return {"class_name": "Permute", "config": {"name": name, "dims": list(dims)}}

    def _sequential(
        self, model: Any, config: list[Entry], inputs: list[Moved] | None
    ) -> Step:
        if "layers" in config[0]["config"]:
            raise ArgumentError(
                f"{label(model)} begins with a Merge that holds its branches; this "
                f"can't be converted. Build it with Model and merge(), load the "
                f"weights by_name=True, and convert that."
            )
        first = model.layers[0]
        shape = first.inbound_nodes[0].input_shapes[0]
        moved = inputs[0] if inputs else self.input(first.name, len(shape) - 1)
        config = _with_input_shape(config, moved.shape(shape))
        entries: list[Entry] = []
        for layer, entry in zip(model.layers, config, strict=True):
            step = self.layer(layer, entry["config"], [moved], layer.inbound_nodes[0])
            entry = {**entry, "config": step.config}
            dims = step.before[0]
            if dims:
                permute = self.permute(layer, "", dims)
                if not entries:
                    permute, entry = _with_input_moved(permute, entry)
                entries.append(permute)
            entries.append(entry)
            (moved,) = step.outputs
        return Step(entries, [None], self.outputs([moved]))

    def _image_layer(self, layer: Any, config: Entry, moved: Moved, node: Any) -> Step:
        """Converts a layer with `dim_ordering`, or one that wraps such a layer."""
        is_wrapper = isinstance(config.get("layer"), dict)
        inner = layer.layer if is_wrapper else layer
        own = config["layer"]["config"] if is_wrapper else config
        rank = len(node.input_shapes[0]) - 1
        output_rank = len(node.output_shapes[0]) - 1
        if own["dim_ordering"] == self.dim_ordering:
            return self._unfollowed(config, [moved], [output_rank])
        migration = migration_for(inner) or Migration()
        steps = migration.steps + 1 if is_wrapper else migration.steps
        wanted = channels_moved(rank, self.dim_ordering, steps)
        self._check_moved(moved, wanted)
        self.transforms[id(layer)] = lambda arrays: migration.reordered(
            own, arrays, self.dim_ordering
        )
        changed = migration.reordered_config(own, self.dim_ordering)
        if is_wrapper:
            changed = {**config, "layer": {**config["layer"], "config": changed}}
        before = None if moved.axes == wanted else moved.towards(wanted)
        return Step(changed, [before], [self._image(output_rank, rank - steps)])

    def _check_moved(self, moved: Moved, wanted: Axes) -> None:
        """Has all begin again if an image comes from a vector, or from an input that
        isn't moved yet."""
        if moved.places:
            raise _RestartError(moved.source)
        if moved.still and moved.source and moved.source not in self._sources:
            raise _RestartError(moved.source, wanted)

    def _image(self, rank: int, image_rank: int) -> Moved:
        """Returns how an output of `rank` axes is moved, if it is an image."""
        if rank < image_rank:
            return unmoved(rank)
        return Moved(channels_moved(rank, self.dim_ordering, rank - image_rank))

    def _other_layer(
        self, layer: Any, config: Entry, inputs: list[Moved], node: Any
    ) -> Step:
        migration, shapes = migration_for(layer) or Migration(), node.input_shapes
        ranks = [len(shape) - 1 for shape in node.output_shapes]
        following = None
        if layer.name not in self._unflattened:
            following = migration.moved(config, layer.get_weights(), inputs, shapes)
        if following and type(layer).__name__ == "Permute":
            return self._permute_layer(layer, following[0])
        if all(moved.still for moved in inputs):
            source = ""
            if following and following[2].still:
                source = following[2].source
            outputs = [unmoved(rank, source) for rank in ranks]
            return Step(config, [None] * len(inputs), outputs)
        if following is None:
            return self._unfollowed(config, inputs, ranks)

        def follow(arrays: Arrays) -> Arrays:
            followed = migration.moved(config, arrays, inputs, shapes)
            return followed[1] if followed else arrays

        self.transforms[id(layer)] = follow
        changed, _, output = following
        if output.places and not output.source:
            output = replace(output, source=layer.name)
        return Step(changed, [None] * len(inputs), [output])

    def _permute_layer(self, layer: Any, config: Entry) -> Step:
        """Converts a `Permute`, which can have its output's axes in any order."""
        axes = self._sources.get(layer.name, tuple(range(len(config["dims"]))))
        dims = [config["dims"][axis] for axis in axes]
        return Step({**config, "dims": dims}, [None], [Moved(axes, source=layer.name)])

    def _unfollowed(self, config: Any, inputs: list[Moved], ranks: list[int]) -> Step:
        """Returns a layer as it is, its inputs' axes moved back before it."""
        for moved in inputs:
            if moved.places:
                raise _RestartError(moved.source)
        before = [None if moved.still else moved.back() for moved in inputs]
        return Step(config, before, [unmoved(rank) for rank in ranks])


class _Graph:
    """The conversion of a model that is a graph.

    # Arguments
        conversion: the `Conversion` that it is part of.
        model: the model.
        config: dict, its arguments.
    """

    def __init__(self, conversion: Conversion, model: Any, config: Entry) -> None:
        self.conversion = conversion
        self.config = config
        self.layers = {layer.name: layer for layer in model.layers}
        self.moved: dict[Place, Moved] = {}
        self.entries: dict[str, Entry] = {}
        self.first_calls: dict[str, Any] = {}

    def take_inputs(self, inputs: list[Moved] | None) -> None:
        """Notes how the inputs are moved."""
        for index, (name, _, _) in enumerate(self.config["input_layers"]):
            rank = len(self.layers[name].inbound_nodes[0].output_shapes[0]) - 1
            moved = inputs[index] if inputs else self.conversion.input(name, rank)
            self.moved[name, 0, 0] = moved

    def call_all(self) -> None:
        """Converts all calls of all layers, each once its inputs are known."""
        waiting: deque[tuple[Entry, int, list[Any]]] = deque()
        for entry in self.config["layers"]:
            self.entries[entry["name"]] = self._begun(entry)
            for call, places in enumerate(entry["inbound_nodes"]):
                waiting.append((entry, call, places))
        while waiting:
            entry, call, places = waiting.popleft()
            if all(tuple(place) in self.moved for place in places):
                self._call(entry, call, places)
            else:
                waiting.append((entry, call, places))

    def step(self) -> Step:
        """Returns the converted model."""
        ends = [self.moved[tuple(place)] for place in self.config["output_layers"]]
        config = {**self.config, "layers": list(self.entries.values())}
        return Step(config, [], self.conversion.outputs(ends))

    def _begun(self, entry: Entry) -> Entry:
        """Returns a layer's entry without calls."""
        config = entry["config"]
        if entry["class_name"] == "InputLayer":
            shape = self.moved[entry["name"], 0, 0].shape(config["batch_input_shape"])
            config = {**config, "batch_input_shape": shape}
        return {**entry, "config": config, "inbound_nodes": []}

    def _call(self, entry: Entry, call: int, places: list[Any]) -> None:
        layer = self.layers[entry["name"]]
        inputs = [self.moved[tuple(place)] for place in places]
        number = call + 1 if isinstance(layer, Container) else call
        node = layer.inbound_nodes[number]
        step = self.conversion.layer(layer, entry["config"], inputs, node)
        self._check_calls_agree(layer, inputs, step)
        for output, moved in enumerate(step.outputs):
            self.moved[layer.name, number, output] = moved
        converted = self.entries[layer.name]
        converted["config"] = step.config
        converted["inbound_nodes"].append(
            [
                self._permuted(layer, f"_{call}_{index}", place, dims)
                for index, (place, dims) in enumerate(
                    zip(places, step.before, strict=True)
                )
            ]
        )

    def _check_calls_agree(self, layer: Any, inputs: list[Moved], step: Step) -> None:
        """Raises ArgumentError if one call of a layer needs other weights than
        another."""
        moves = [(moved.axes, moved.places) for moved in inputs]
        this_call = (moves, step.config, step.before)
        if self.first_calls.setdefault(layer.name, this_call) != this_call:
            raise ArgumentError(
                f"{label(layer)} is called on inputs of which only some are images: it "
                f"can't be converted, as its weights serve both. Give each call a "
                f"layer of its own."
            )

    def _permuted(self, layer: Any, call: str, place: Any, dims: Axes | None) -> Any:
        """Returns the reference to a layer's input, behind a `Permute` if it needs
        one."""
        if not dims:
            return place
        permute = self.conversion.permute(layer, call, dims)
        name = permute["config"]["name"]
        self.entries[name] = {"name": name, **permute, "inbound_nodes": [[place]]}
        return [name, 0, 0]


def pairs(
    model: Any, converted: Any, inserted: Collection[str]
) -> Iterator[tuple[Any, Any]]:
    """Gives the layers of a model that hold no others, each with its counterpart in a
    converted one.

    # Arguments
        model, converted: the original and the converted model.
        inserted: the names of layers that only the converted model has.
    """
    if not isinstance(model, Container):
        yield model, converted
        return
    if isinstance(model, Sequential):
        kept = [layer for layer in converted.layers if layer.name not in inserted]
        matched = list(zip(model.layers, kept, strict=True))
    else:
        named = {layer.name: layer for layer in converted.layers}
        matched = [(layer, named[layer.name]) for layer in model.layers]
    for layer, counterpart in matched:
        yield from pairs(layer, counterpart, inserted)


def _with_input_shape(config: list[Entry], shape: tuple[Any, ...]) -> list[Entry]:
    """Returns the entries of a `Sequential` that takes inputs of this shape, if its
    first layer says so."""
    first, *others = config
    arguments = first["config"]
    if not isinstance(arguments, dict) or "batch_input_shape" not in arguments:
        return config
    return [{**first, "config": {**arguments, "batch_input_shape": shape}}, *others]


def _with_input_moved(permute: Entry, first: Entry) -> tuple[Entry, Entry]:
    """Returns the entries of a `Permute` and of the first layer, which it comes before:
    now it describes the input."""
    if not isinstance(first["config"], dict):
        return permute, first
    arguments = dict(first["config"])
    described = {
        name: arguments.pop(name) for name in INPUT_ARGUMENTS if name in arguments
    }
    permute = {**permute, "config": {**permute["config"], **described}}
    return permute, {**first, "config": arguments}
