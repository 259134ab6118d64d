"""Models converted to the other `dim_ordering`: the same values, with the channels'
axis somewhere else.

Layers with `dim_ordering` take the other one. What follows them follows the values (a
`Dense` after `Flatten` permutes its kernel's rows); where nothing is known of a layer,
a `Permute` before it moves the axes back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from oneiros import config as configs
from oneiros.arguments import label
from oneiros.engine.container import Container, entry_of
from oneiros.engine.sequential import Sequential
from oneiros.errors import ArgumentError
from oneiros_old_files.base import Arrays, Migration
from oneiros_old_files.moves import Moved, channels_moved, unmoved
from oneiros_saving.layouts import migration_for
from oneiros_saving.parts import parts_of

Entry = dict[str, Any]
Transform = Callable[[Arrays], Arrays]


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
    before: list[tuple[int, ...] | None]
    outputs: list[Moved]


class _AgainError(Exception):
    """The conversion has to begin again, with an input moved, or axes moved back before
    a `Flatten`."""

    def __init__(self, source: str, axes: tuple[int, ...] | None) -> None:
        super().__init__(source)
        self.source, self.axes = source, axes


class Reordering:
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
        self._sources: dict[str, tuple[int, ...]] = {}
        self._inputs: set[str] = set()
        self._unflattened: set[str] = set()
        self._taken: set[str] = set()

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
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
        self._taken = {layer.name for _, layer in parts_of(model)}
        while True:
            self.transforms.clear()
            self.inserted.clear()
            try:
                config = self._container(model, entry["config"], None).config
                break
            except _AgainError as again:
                if again.axes:
                    self._sources[again.source] = again.axes
                else:
                    self._unflattened.add(again.source)
        found = configs.layer_from_config({**entry, "config": config})
        for layer, other in pairs(model, found, self.inserted):
            if layer.weights:
                other.set_weights(self.weights(layer, layer.get_weights()))
        return found

    def weights(self, layer: Any, arrays: Arrays) -> Arrays:
        """Returns what a layer's weights, or as many arrays of their shapes, become."""
        return self.transforms.get(id(layer), list)(arrays)

    def _container(self, model: Any, config: Any, inputs: list[Moved] | None) -> Step:
        if isinstance(model, Sequential):
            return self._sequential(model, config, inputs)
        return self._graph(model, config, inputs)

    def _sequential(
        self, model: Any, config: list[Entry], inputs: list[Moved] | None
    ) -> Step:
        if "layers" in config[0]["config"]:
            raise ArgumentError(
                f"{label(model)} begins with a Merge that holds its branches; this can't be converted. Build "
                f"it with Model and merge(), load the weights by_name=True, and convert that."
            )
        first = model.layers[0]
        shape = first.inbound_nodes[0].input_shapes[0]
        moved = inputs[0] if inputs else self._input(first.name, len(shape) - 1)
        entries: list[Entry] = []
        given: Entry = {}
        if (
            isinstance(config[0]["config"], dict)
            and "batch_input_shape" in config[0]["config"]
        ):
            own = {**config[0]["config"], "batch_input_shape": moved.shape(shape)}
            given = {
                key: own[key]
                for key in ("batch_input_shape", "input_dtype")
                if key in own
            }
            config = [{**config[0], "config": own}, *config[1:]]
        for layer, entry in zip(model.layers, config, strict=True):
            step = self._layer(layer, entry["config"], [moved], layer.inbound_nodes[0])
            own = step.config
            if step.before[0]:
                entries.append(
                    self._permute(layer, "", step.before[0], {} if entries else given)
                )
                if not entries[1:] and isinstance(own, dict):
                    own = {key: value for key, value in own.items() if key not in given}
            entries.append({**entry, "config": own})
            (moved,) = step.outputs
        return Step(entries, [None], self._outputs([moved]))

    def _graph(self, model: Any, config: Entry, inputs: list[Moved] | None) -> Step:
        layers = {layer.name: layer for layer in model.layers}
        known: dict[tuple[Any, ...], Moved] = {}
        steps: dict[str, Any] = {}
        entries: dict[str, Entry] = {}
        for index, (name, _, _) in enumerate(config["input_layers"]):
            shape = layers[name].inbound_nodes[0].output_shapes[0]
            moved = inputs[index] if inputs else self._input(name, len(shape) - 1)
            known[name, 0, 0] = moved
        waiting = [
            (entry, call, places)
            for entry in config["layers"]
            for call, places in _calls(entry)
        ]
        for entry in config["layers"]:
            own = entry["config"]
            if entry["class_name"] == "InputLayer":
                own = {
                    **own,
                    "batch_input_shape": known[entry["name"], 0, 0].shape(
                        own["batch_input_shape"]
                    ),
                }
            entries[entry["name"]] = {**entry, "config": own, "inbound_nodes": []}
        while waiting:
            entry, call, places = waiting.pop(0)
            layer, taken = (
                layers[entry["name"]],
                [known.get(tuple(place)) for place in places],
            )
            if not all(taken):
                waiting.append((entry, call, places))
                continue
            given = [moved for moved in taken if moved]
            node = call + isinstance(layer, Container)
            step = self._layer(layer, entry["config"], given, layer.inbound_nodes[node])
            taken_as = (
                [(moved.axes, moved.places) for moved in given],
                step.config,
                step.before,
            )
            if steps.setdefault(entry["name"], taken_as) != taken_as:
                raise ArgumentError(
                    f"{label(layer)} is called on inputs of which only some are images: it can't be "
                    f"converted, as its weights serve both. Give each call a layer of its own."
                )
            known.update(
                {
                    (entry["name"], node, i): moved
                    for i, moved in enumerate(step.outputs)
                }
            )
            references = []
            for i, (place, dims) in enumerate(zip(places, step.before, strict=True)):
                if dims:
                    permute = self._permute(layer, f"_{call}_{i}", dims)
                    entries[permute["config"]["name"]] = {
                        "name": permute["config"]["name"],
                        **permute,
                        "inbound_nodes": [[place]],
                    }
                    place = [permute["config"]["name"], 0, 0]
                references.append(place)
            entries[entry["name"]]["config"] = step.config
            entries[entry["name"]]["inbound_nodes"].append(references)
        ends = self._outputs([known[tuple(place)] for place in config["output_layers"]])
        return Step({**config, "layers": list(entries.values())}, [], ends)

    def _permute(
        self, layer: Any, call: str, dims: tuple[int, ...], given: Entry | None = None
    ) -> Entry:
        name = f"{layer.name}_axes{call}"
        while name in self._taken:
            name += "_"
        self.inserted.add(name)
        return {
            "class_name": "Permute",
            "config": {"name": name, "dims": list(dims), **(given or {})},
        }

    def _input(self, name: str, count: int) -> Moved:
        self._inputs.add(name)
        return Moved(self._sources.get(name, tuple(range(count))), source=name)

    def _outputs(self, outputs: list[Moved]) -> list[Moved]:
        for moved in outputs:
            if moved.places:
                raise _AgainError(moved.source, None)
        return outputs

    def _layer(self, layer: Any, config: Any, inputs: list[Moved], node: Any) -> Step:
        if isinstance(layer, Container):
            inside = self._container(layer, config, inputs)
            return Step(inside.config, [None] * len(inputs), inside.outputs)
        wrapped = config.get("layer") if isinstance(config.get("layer"), dict) else None
        if "dim_ordering" in (wrapped["config"] if wrapped else config):
            return self._ordered(layer, config, inputs[0], node)
        return self._other(layer, config, inputs, node)

    def _ordered(self, layer: Any, config: Entry, moved: Moved, node: Any) -> Step:
        inner = layer.layer if isinstance(config.get("layer"), dict) else layer
        own = config if inner is layer else config["layer"]["config"]
        migration = migration_for(inner) or Migration()
        count, ending = len(node.input_shapes[0]) - 1, len(node.output_shapes[0]) - 1
        steps = migration.steps + (inner is not layer)
        if own["dim_ordering"] == self.dim_ordering:
            return self._unfollowed(config, [moved], [ending])
        wanted = channels_moved(count, self.dim_ordering, steps)
        if moved.places or (
            moved.still and moved.source and moved.source not in self._sources
        ):
            raise _AgainError(moved.source, None if moved.places else wanted)
        self.transforms[id(layer)] = lambda arrays: migration.reordered(
            own, arrays, self.dim_ordering
        )
        found = migration.reordered_config(own, self.dim_ordering)
        image = count - steps
        after = (
            channels_moved(ending, self.dim_ordering, ending - image)
            if ending >= image
            else None
        )
        return Step(
            found
            if inner is layer
            else {**config, "layer": {**config["layer"], "config": found}},
            [None if moved.axes == wanted else moved.towards(wanted)],
            [Moved(after) if after else unmoved(ending)],
        )

    def _other(self, layer: Any, config: Entry, inputs: list[Moved], node: Any) -> Step:
        migration, shapes = migration_for(layer) or Migration(), node.input_shapes
        counts = [len(shape) - 1 for shape in node.output_shapes]
        following = None
        if layer.name not in self._unflattened:
            following = migration.moved(config, layer.get_weights(), inputs, shapes)
        if following and type(layer).__name__ == "Permute":
            return self._permuted(layer, following[0])
        if all(moved.still for moved in inputs):
            passed = following and following[2].still and following[2].source
            return Step(
                config,
                [None] * len(inputs),
                [unmoved(count, passed or "") for count in counts],
            )
        if following is None:
            return self._unfollowed(config, inputs, counts)

        def followed(arrays: Arrays) -> Arrays:
            again = migration.moved(config, arrays, inputs, shapes)
            return again[1] if again else arrays

        self.transforms[id(layer)] = followed
        after = following[2]
        if after.places and not after.source:
            after = replace(after, source=layer.name)
        return Step(following[0], [None] * len(inputs), [after])

    def _permuted(self, layer: Any, config: Entry) -> Step:
        """Returns a `Permute`, which can have its output's axes in any order."""
        axes = self._sources.get(layer.name, tuple(range(len(config["dims"]))))
        dims = [config["dims"][axis] for axis in axes]
        return Step({**config, "dims": dims}, [None], [Moved(axes, source=layer.name)])

    def _unfollowed(self, config: Any, inputs: list[Moved], counts: list[int]) -> Step:
        """Returns a layer as it is, its inputs' axes moved back before it."""
        for moved in inputs:
            if moved.places:
                raise _AgainError(moved.source, None)
        before = [None if moved.still else moved.back() for moved in inputs]
        return Step(config, before, [unmoved(count) for count in counts])


def pairs(
    model: Any, other: Any, inserted: Collection[str]
) -> Iterator[tuple[Any, Any]]:
    """Gives the layers of a model that hold no others, each with its counterpart in a
    converted one.

    # Arguments
        model, other: the original and the converted model.
        inserted: the names of layers that only the converted model has.
    """
    if not isinstance(model, Container):
        yield model, other
        return
    if isinstance(model, Sequential):
        kept = [layer for layer in other.layers if layer.name not in inserted]
        matched = list(zip(model.layers, kept, strict=True))
    else:
        named = {layer.name: layer for layer in other.layers}
        matched = [(layer, named[layer.name]) for layer in model.layers]
    for layer, counterpart in matched:
        yield from pairs(layer, counterpart, inserted)


def _calls(entry: Entry) -> list[tuple[int, list[Any]]]:
    return list(enumerate(entry["inbound_nodes"]))
