"""Converts one call of a layer to the other `dim_ordering`."""

from dataclasses import replace

import numpy as np
from oneiros import backend as K
from oneiros_old_files.base import Arrays, Following, Migration, MovedCall
from oneiros_old_files.moves import Moved, channels_moved, unmoved
from oneiros_old_files.weight_layouts import migration_for

from oneiros_cli.file_tools.conversion_plan import (
    ConversionPlan,
    ConvertedCall,
    Entry,
    LayerCall,
    RestartError,
    Transform,
    check_no_vector,
)


def converted_layer(plan: ConversionPlan, call: LayerCall) -> ConvertedCall:
    """Converts a call of a layer that isn't a model."""
    if "dim_ordering" in _own_config(call.config):
        return _image_layer(plan, call)
    return _other_layer(plan, call)


def _is_wrapper(config: Entry) -> bool:
    return isinstance(config.get("layer"), dict)


def _own_config(config: Entry) -> Entry:
    """Returns a layer's arguments, or those of the layer that it wraps."""
    own_config: Entry = config["layer"]["config"] if _is_wrapper(config) else config
    return own_config


def _migration(layer) -> Migration:
    return migration_for(layer) or Migration()


# Layers with `dim_ordering`


def _image_layer(plan: ConversionPlan, call: LayerCall) -> ConvertedCall:
    """Converts a layer with `dim_ordering`, or a wrapper of one."""
    config = _own_config(call.config)
    if config["dim_ordering"] == plan.dim_ordering:
        return _with_axes_back(call)
    is_wrapper = _is_wrapper(call.config)
    migration = _migration(call.layer.layer if is_wrapper else call.layer)
    steps = migration.steps + 1 if is_wrapper else migration.steps
    axes = channels_moved(call.input_rank, plan.dim_ordering, steps)
    image = call.inputs[0]
    check_no_vector(image)
    if image.still and image.source and image.source not in plan.axes:
        raise RestartError(image.source, axes)
    plan.transforms[id(call.layer)] = lambda arrays: migration.reordered(
        config, arrays, plan.dim_ordering
    )
    converted_config = migration.reordered_config(config, plan.dim_ordering)
    if is_wrapper:
        inner_entry = {**call.config["layer"], "config": converted_config}
        converted_config = {**call.config, "layer": inner_entry}
    before = None if image.axes == axes else image.towards(axes)
    rank = call.output_ranks[0]
    leading = rank + steps - call.input_rank
    output = unmoved(rank)
    if leading >= 0:  # it is an image
        output = Moved(channels_moved(rank, plan.dim_ordering, leading))
    return ConvertedCall(converted_config, [before], [output])


# Layers without


def _other_layer(plan: ConversionPlan, call: LayerCall) -> ConvertedCall:
    following = None
    if call.layer.name not in plan.unflattened:
        following = _following(call, _zeros_of(call.layer))
    if following and type(call.layer).__name__ == "Permute":
        return _permute_layer(plan, call.layer.name, following[0])
    if all(moved.still for moved in call.inputs):  # the layer stays as it is
        source = ""
        if following and following[2].still:
            source = following[2].source
        outputs = [unmoved(rank, source) for rank in call.output_ranks]
        return ConvertedCall(call.config, [None] * len(call.inputs), outputs)
    if following is None:
        return _with_axes_back(call)
    plan.transforms[id(call.layer)] = _following_weights(call)
    config, _, output = following
    if output.places and not output.source:
        output = replace(output, source=call.layer.name)
    return ConvertedCall(config, [None] * len(call.inputs), [output])


def _zeros_of(layer) -> Arrays:
    """Returns arrays with the shapes of a layer's weights that take no memory."""
    zero = np.zeros((), "float32")
    return [np.broadcast_to(zero, K.get_variable_shape(w)) for w in layer.weights]


def _permute_layer(plan: ConversionPlan, name: str, config: Entry) -> ConvertedCall:
    """Converts a `Permute`, which can have its output's axes in any order."""
    axes = plan.axes.get(name, tuple(range(len(config["dims"]))))
    dims = [config["dims"][axis] for axis in axes]
    return ConvertedCall({**config, "dims": dims}, [None], [Moved(axes, source=name)])


def _with_axes_back(call: LayerCall) -> ConvertedCall:
    """Keeps a layer, and restores the original order of its inputs' axes before it."""
    for moved in call.inputs:
        check_no_vector(moved)
    before = [None if moved.still else moved.back() for moved in call.inputs]
    return ConvertedCall(
        call.config, before, [unmoved(rank) for rank in call.output_ranks]
    )


def _following(call: LayerCall, arrays: Arrays) -> Following | None:
    """Returns the layer that follows the moves of its inputs."""
    shapes = call.node.input_shapes
    moved = MovedCall(call.config, arrays, call.inputs, shapes)
    return _migration(call.layer).moved(moved)


def _following_weights(call: LayerCall) -> Transform:
    """Returns the conversion of a layer's weights that matches its inputs."""

    def follow(arrays: Arrays) -> Arrays:
        following = _following(call, arrays)
        return following[1] if following else arrays

    return follow
