"""Converts models to the other `dim_ordering`: the same values, with the channels on
another axis.

Layers with a `dim_ordering` get the other one. The layers after them adapt: for
example, a `Dense` after a `Flatten` permutes its kernel's rows. Before a layer that
can't adapt, a `Permute` restores the original order.
"""

from typing import Any

from oneiros import config as configs
from oneiros.arguments import label
from oneiros.engine.container import Container, entry_of
from oneiros.errors import ArgumentError
from oneiros_old_files.moves import Moved
from oneiros_training.parts.nested_layers import parts_of
from oneiros_training.sequential import Sequential

from oneiros_cli.file_tools.conversion_plan import (
    Axes,
    ConversionPlan,
    ConvertedCall,
    Entry,
    LayerCall,
    RestartError,
    check_no_vector,
)
from oneiros_cli.file_tools.layer_conversion import converted_layer

INPUT_ARGUMENTS = ("batch_input_shape", "input_dtype")
"""Arguments by which the first layer of a `Sequential` describes the input."""


def reordered(plan: ConversionPlan, model: Any) -> Any:
    """Returns a new model in the other `dim_ordering`, uncompiled and without its
    weights.

    The required layout of an input becomes clear only where the image is used. Then the
    conversion restarts with this knowledge.

    # Raises
        ArgumentError: if a layer can't be converted; the message names it.
    """
    entry = entry_of(model)
    plan.taken_names = {str(layer.name) for _, layer in parts_of(model)}
    while True:
        try:
            converted = converted_model(plan, model, entry["config"])
        except RestartError as error:
            plan.restart(error)
            continue
        return configs.layer_from_config({**entry, "config": converted.config})


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
    return _converted_graph(plan, model, config, inputs)


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


def _converted_graph(
    plan: ConversionPlan, model: Any, config: Entry, inputs: list[Moved] | None
) -> ConvertedCall:
    originals = {entry["name"]: entry for entry in config["layers"]}
    entries = {
        name: {**entry, "inbound_nodes": list(entry["inbound_nodes"])}
        for name, entry in originals.items()
    }
    moved: dict[int, Moved] = {}
    for index, (name, _, _) in enumerate(config["input_layers"]):
        arguments = originals[name]["config"]
        shape = arguments["batch_input_shape"]
        image = inputs[index] if inputs else plan.input(name, len(shape) - 1)
        moved[id(model.inputs[index])] = image
        entries[name]["config"] = {**arguments, "batch_input_shape": image.shape(shape)}
    first_calls: dict[str, Any] = {}
    nodes = model.graph_nodes()
    for node in nodes:
        if not node.inbound_layers:
            continue
        layer = node.outbound_layer
        taken = [moved[id(x)] for x in node.input_tensors]
        call = LayerCall(layer, originals[layer.name]["config"], node, taken)
        converted = _converted_call(plan, call)
        this_call = (
            [(image.axes, image.places) for image in taken],
            converted.config,
            converted.before,
        )
        if first_calls.setdefault(layer.name, this_call) != this_call:
            raise ArgumentError(
                f"{label(layer)} is called on images and on other inputs, so it "
                f"can't be converted: its weights serve both. Give each call its "
                f"own layer."
            )
        for x, image in zip(node.output_tensors, converted.outputs, strict=True):
            moved[id(x)] = image
        entries[layer.name]["config"] = converted.config
        number = [each for each in layer.inbound_nodes if each in nodes].index(node)
        _insert_permutes(plan, entries, layer.name, number, converted.before)
    outputs = [moved[id(x)] for x in model.outputs]
    for image in outputs:
        check_no_vector(image)
    return ConvertedCall({**config, "layers": list(entries.values())}, [], outputs)


def _insert_permutes(
    plan: ConversionPlan,
    entries: dict[str, Entry],
    layer_name: str,
    number: int,
    before: list[Axes | None],
) -> None:
    """Adds the `Permute` layers that the inputs of a layer's call need."""
    calls = entries[layer_name]["inbound_nodes"]
    references = list(calls[number])
    for index, dims in enumerate(before):
        if dims:
            permute = plan.permute(layer_name, f"_{number}_{index}", dims)
            name = permute["config"]["name"]
            sources = [[references[index]]]
            entries[name] = {"name": name, **permute, "inbound_nodes": sources}
            references[index] = [name, 0, 0]
    calls[number] = references
