"""Converts models call by call to the other `dim_ordering`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from oneiros.arguments import label
from oneiros.engine.container import Container
from oneiros.errors import ArgumentError
from oneiros_old_files.moves import Moved
from oneiros_training.sequential import Sequential

from oneiros_cli.file_tools.conversion_plan import (
    Axes,
    ConversionPlan,
    ConvertedCall,
    Entry,
    LayerCall,
    check_no_vector,
)
from oneiros_cli.file_tools.layer_conversion import converted_layer

Place = tuple[str, int, int]
"""A tensor: the name of a layer, the number of its call, and of the output."""

INPUT_ARGUMENTS = ("batch_input_shape", "input_dtype")
"""Arguments by which the first layer of a `Sequential` describes the input."""


def converted_model(
    plan: ConversionPlan, model: Any, config: Any, inputs: list[Moved] | None = None
) -> ConvertedCall:
    """Converts a model.

    # Arguments
        plan: `ConversionPlan`; it is updated.
        model: the model.
        config: its arguments; for a `Sequential`, the list of its layer entries.
        inputs: list of `Moved`, for a nested model.
    """
    if isinstance(model, Sequential):
        return _converted_sequential(plan, model, config, inputs)
    graph = _GraphConversion(plan, model, config)
    graph.take_inputs(inputs)
    graph.convert_calls()
    return graph.converted()


def _converted_call(plan: ConversionPlan, call: LayerCall) -> ConvertedCall:
    """Converts a call of a layer or of a nested model."""
    if not isinstance(call.layer, Container):
        return converted_layer(plan, call)
    converted = converted_model(plan, call.layer, call.config, call.inputs)
    return ConvertedCall(converted.config, [None] * len(call.inputs), converted.outputs)


# Sequential


def _converted_sequential(
    plan: ConversionPlan,
    model: Sequential,
    config: list[Entry],
    inputs: list[Moved] | None,
) -> ConvertedCall:
    if not config:
        raise ArgumentError(
            f"{label(model)} has no layers, so it has no ordering. Add layers, or "
            f"convert without dim_ordering."
        )
    if "layers" in config[0]["config"]:
        raise ArgumentError(
            f"{label(model)} begins with a Merge that contains its branches, which "
            f"can't be converted. Build the model with Model and merge(), load the "
            f"weights with by_name=True, and convert that."
        )
    first_layer = model.layers[0]
    shape = first_layer.inbound_nodes[0].input_shapes[0]
    moved = inputs[0] if inputs else plan.input(first_layer.name, len(shape) - 1)
    config = _with_input_shape(config, moved.shape(shape))
    entries: list[Entry] = []
    for layer, entry in zip(model.layers, config, strict=True):
        call = LayerCall(layer, entry["config"], layer.inbound_nodes[0], [moved])
        converted = _converted_call(plan, call)
        entry = {**entry, "config": converted.config}
        dims = converted.before[0]
        if dims:
            permute = plan.permute(layer.name, "", dims)
            if not entries:
                permute, entry = _with_input_moved(permute, entry)
            entries.append(permute)
        entries.append(entry)
        (moved,) = converted.outputs
    check_no_vector(moved)
    return ConvertedCall(entries, [None], [moved])


def _with_input_shape(config: list[Entry], shape: tuple[Any, ...]) -> list[Entry]:
    """Returns the entries of a `Sequential`, with this input shape in its first layer
    if that declares one."""
    first, *others = config
    arguments = first["config"]
    if not isinstance(arguments, dict) or "batch_input_shape" not in arguments:
        return config
    return [{**first, "config": {**arguments, "batch_input_shape": shape}}, *others]


def _with_input_moved(permute: Entry, first: Entry) -> tuple[Entry, Entry]:
    """Returns the entries of a `Permute` and of the first layer after it; the `Permute`
    now describes the input."""
    if not isinstance(first["config"], dict):
        return permute, first
    arguments = dict(first["config"])
    described = {
        name: arguments.pop(name) for name in INPUT_ARGUMENTS if name in arguments
    }
    permute = {**permute, "config": {**permute["config"], **described}}
    return permute, {**first, "config": arguments}


# Graphs


@dataclass(frozen=True)
class _GraphCall:
    """A call that waits for its inputs.

    # Properties
        entry: the layer's entry in the configuration of the original.
        number: int, its position among the layer's calls in the configuration.
        references: list of inputs, each a list of a layer's name, the number of its
            call, and the number of the output.
    """

    entry: Entry
    number: int
    references: list[Any]

    @property
    def layer_name(self) -> str:
        """The layer's name."""
        name: str = self.entry["name"]
        return name

    @property
    def places(self) -> list[Place]:
        """The inputs."""
        return [tuple(reference) for reference in self.references]


class _GraphConversion:
    """The conversion of a model that is a graph.

    # Arguments
        plan: the `ConversionPlan` of the whole conversion.
        model: the model.
        config: dict, its arguments.

    # Properties
        moved: dict from a tensor's place to its layout.
        entries: dict from name to the entry of each converted layer and each new
            `Permute`.
    """

    def __init__(self, plan: ConversionPlan, model: Any, config: Entry) -> None:
        self.plan = plan
        self.config = config
        self.layers = {layer.name: layer for layer in model.layers}
        self.moved: dict[Place, Moved] = {}
        self.entries: dict[str, Entry] = {}
        self._first_calls: dict[str, Any] = {}

    def take_inputs(self, inputs: list[Moved] | None) -> None:
        """Records the layout of the inputs."""
        for index, (name, _, _) in enumerate(self.config["input_layers"]):
            rank = len(self.layers[name].inbound_nodes[0].output_shapes[0]) - 1
            moved = inputs[index] if inputs else self.plan.input(name, rank)
            self.moved[name, 0, 0] = moved

    def convert_calls(self) -> None:
        """Converts all calls of all layers, as soon as their inputs are known."""
        waiting: deque[_GraphCall] = deque()
        for entry in self.config["layers"]:
            self.entries[entry["name"]] = self._entry_without_calls(entry)
            for number, references in enumerate(entry["inbound_nodes"]):
                waiting.append(_GraphCall(entry, number, references))
        while waiting:
            call = waiting.popleft()
            if all(place in self.moved for place in call.places):
                self._convert(call)
            else:
                waiting.append(call)

    def converted(self) -> ConvertedCall:
        """Returns the converted model."""
        outputs = [self.moved[tuple(place)] for place in self.config["output_layers"]]
        for moved in outputs:
            check_no_vector(moved)
        config = {**self.config, "layers": list(self.entries.values())}
        return ConvertedCall(config, [], outputs)

    def _entry_without_calls(self, entry: Entry) -> Entry:
        config = entry["config"]
        if entry["class_name"] == "InputLayer":
            shape = self.moved[entry["name"], 0, 0].shape(config["batch_input_shape"])
            config = {**config, "batch_input_shape": shape}
        return {**entry, "config": config, "inbound_nodes": []}

    def _convert(self, call: _GraphCall) -> None:
        layer = self.layers[call.layer_name]
        node_index = call.number
        if isinstance(layer, Container):
            node_index += 1  # the first node of a model is that on its own inputs
        inputs = [self.moved[place] for place in call.places]
        node = layer.inbound_nodes[node_index]
        converted = _converted_call(
            self.plan, LayerCall(layer, call.entry["config"], node, inputs)
        )
        self._check_calls_agree(layer, inputs, converted)
        for index, moved in enumerate(converted.outputs):
            self.moved[layer.name, node_index, index] = moved
        entry = self.entries[layer.name]
        entry["config"] = converted.config
        entry["inbound_nodes"].append(self._references(call, converted.before))

    def _check_calls_agree(
        self, layer: Any, inputs: list[Moved], converted: ConvertedCall
    ) -> None:
        """Raises ArgumentError if two calls of a layer need different weights."""
        moves = [(moved.axes, moved.places) for moved in inputs]
        this_call = (moves, converted.config, converted.before)
        if self._first_calls.setdefault(layer.name, this_call) != this_call:
            raise ArgumentError(
                f"{label(layer)} is called on images and on other inputs, so it "
                f"can't be converted: its weights serve both. Give each call its "
                f"own layer."
            )

    def _references(self, call: _GraphCall, before: list[Axes | None]) -> list[Any]:
        """Returns the references to a call's inputs, each after a `Permute` if it needs
        one."""
        references = list(call.references)
        for index, dims in enumerate(before):
            if dims:
                suffix = f"_{call.number}_{index}"
                permute = self.plan.permute(call.layer_name, suffix, dims)
                references[index] = self._insert(permute, references[index])
        return references

    def _insert(self, permute: Entry, reference: Any) -> Any:
        """Adds a `Permute` of a tensor, and returns the reference to its output."""
        name = permute["config"]["name"]
        self.entries[name] = {"name": name, **permute, "inbound_nodes": [[reference]]}
        return [name, 0, 0]
