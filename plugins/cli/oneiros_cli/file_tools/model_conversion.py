"""Converts models to the other `dim_ordering`: the same values, with the channels on
another axis.

Layers with a `dim_ordering` get the other one. The layers after them adapt: for
example, a `Dense` after a `Flatten` permutes its kernel's rows. Before a layer that
can't adapt, a `Permute` restores the original order.
"""

from typing import Any

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.engine.container import Container
from oneiros.engine.node import origins, to_list
from oneiros.errors import ArgumentError
from oneiros_old_files.moves import Moved
from oneiros_training.parts import parts_of
from oneiros_training.sequential import Sequential

from oneiros_cli.file_tools.conversion_plan import (
    ConversionPlan,
    ConvertedCall,
    LayerCall,
    RestartError,
    check_no_vector,
)
from oneiros_cli.file_tools.layer_conversion import converted_layer

INPUT_SHAPE = "batch_input_shape"


def reordered(plan: ConversionPlan, model):
    """Returns a new model in the other `dim_ordering`, uncompiled and without its
    weights.

    The required layout of an input becomes clear only where the image is used. Then the
    conversion restarts with this knowledge.

    # Raises
        ArgumentError: if a layer can't be converted; the message names it.
    """
    while True:
        plan.taken_names = {str(layer.name) for _, layer in parts_of(model)}
        try:
            _convert_model(plan, model)
        except RestartError as error:
            plan.restart(error)
            continue
        return plan.counterparts[model]


def _convert_model(
    plan: ConversionPlan, model, inputs: list[Moved] | None = None
) -> list[Moved]:
    """Builds the counterpart of a model.

    # Arguments
        plan: `ConversionPlan`; it is updated.
        model: the model.
        inputs: list of `Moved`, for a nested model.

    # Returns
        List of `Moved`, the outputs.
    """
    if isinstance(model, Sequential):
        return [_convert_sequential(plan, model, inputs)]
    return _convert_graph(plan, model, inputs)


def _converted_call(plan: ConversionPlan, call: LayerCall) -> ConvertedCall:
    """Converts a call of a layer or of a nested model."""
    if not isinstance(call.layer, Container):
        return converted_layer(plan, call)
    key = call.layer, call.layouts
    if key not in plan.outputs:
        plan.outputs[key] = _convert_model(plan, call.layer, call.inputs)
    return ConvertedCall(call.config, [None] * len(call.inputs), plan.outputs[key])


def _convert_sequential(
    plan: ConversionPlan, model: Sequential, inputs: list[Moved] | None
) -> Moved:
    if not model.layers:
        raise ArgumentError(
            f"{label(model)} has no layers, so it has no ordering. Add layers, or "
            f"convert without dim_ordering."
        )
    first_layer = model.layers[0]
    if getattr(first_layer, "layers", None) and not isinstance(first_layer, Container):
        raise ArgumentError(
            f"{label(model)} begins with a Merge that contains its branches, which "
            f"can't be converted. Build the model with Model and merge(), load the "
            f"weights with by_name=True, and convert that."
        )
    shape = first_layer.inbound_nodes[0].input_shapes[0]
    moved = inputs[0] if inputs else plan.input(first_layer.name, len(shape) - 1)
    extent = {INPUT_SHAPE: moved.shape(shape)}
    converted = plan.counterparts[model] = type(model)()
    converted.name = model.name
    for layer in model.layers:
        config = layer.get_config()
        if layer is first_layer and INPUT_SHAPE in config:
            config = {**config, **extent}
        call = LayerCall(layer, config, layer.inbound_nodes[0], [moved])
        converted_call = _converted_call(plan, call)
        dims = converted_call.before[0]
        if dims:
            permute = plan.permute(layer.name, dims, {} if converted.layers else extent)
            converted.add(permute)
        converted.add(plan.counterpart(layer, converted_call.config))
        (moved,) = converted_call.outputs
    check_no_vector(moved)
    return moved


def _convert_graph(
    plan: ConversionPlan, model, inputs: list[Moved] | None
) -> list[Moved]:
    images: dict[Any, Moved] = {}
    tensors: dict[Any, Any] = {}
    layers, _, _ = origins(model.inputs)
    for place, (layer, x) in enumerate(zip(layers, model.inputs)):
        shape = K.int_shape(x)
        image = inputs[place] if inputs else plan.input(layer.name, len(shape) - 1)
        config = {**layer.get_config(), INPUT_SHAPE: image.shape(shape)}
        (node,) = plan.counterpart(layer, config).inbound_nodes
        images[id(x)] = image
        tensors[id(x)] = node.output_tensors[0]
    first_calls: dict[Any, Any] = {}
    for node in model.graph_nodes():
        if not node.inbound_layers:
            continue
        layer = node.outbound_layer
        taken = [images[id(x)] for x in node.input_tensors]
        call = LayerCall(layer, layer.get_config(), node, taken)
        converted = _converted_call(plan, call)
        this_call = call.layouts, converted.config, converted.before
        if first_calls.setdefault(layer, this_call) != this_call:
            raise ArgumentError(
                f"{label(layer)} is called on images and on other inputs, so it "
                f"can't be converted: its weights serve both. Give each call its "
                f"own layer."
            )
        arguments = []
        for x, dims in zip(node.input_tensors, converted.before, strict=True):
            tensor = tensors[id(x)]
            if dims:
                tensor = plan.permute(layer.name, dims)(tensor)
            arguments.append(tensor)
        counterpart = plan.counterpart(layer, converted.config)
        results = counterpart(arguments if len(arguments) > 1 else arguments[0])
        images.update(zip(map(id, node.output_tensors), converted.outputs, strict=True))
        tensors.update(zip(map(id, node.output_tensors), to_list(results), strict=True))
    outputs = [images[id(x)] for x in model.outputs]
    for image in outputs:
        check_no_vector(image)
    plan.counterparts[model] = type(model)(
        input=[tensors[id(x)] for x in model.inputs],
        output=[tensors[id(x)] for x in model.outputs],
        name=model.name,
    )
    return outputs
