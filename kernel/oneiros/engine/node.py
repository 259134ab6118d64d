"""Node: one call of a layer, with its input and output tensors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.discovery import is_first_party
from oneiros.errors import GraphError
from oneiros.typing import Config, Shape, Tensor, Tensors

if TYPE_CHECKING:
    from oneiros.engine.layer import Layer

Shapes = list[Shape]
Results = tuple[Tensors, Tensors, Shapes]


def to_list(x: Any) -> list[Any]:
    """Returns `x` if it is a list, otherwise a list that contains it."""
    return x if isinstance(x, list) else [x]


def one_or_all(values: list[Any]) -> Any:
    """Returns the only element of a list, or the list itself."""
    return values[0] if len(values) == 1 else values


def object_list_uid(object_list: Any) -> str:
    """Returns a string that identifies a list of objects by their identity."""
    return ", ".join(str(id(x)) for x in to_list(object_list))


def origins(tensors: Tensors) -> tuple[list[Any], list[int], list[int]]:
    """Returns the layers that tensors come from, the node and the tensor indices."""
    histories = [tensor._keras_history for tensor in tensors]
    layers, nodes, indices = ([each[part] for each in histories] for part in range(3))
    return layers, nodes, indices


def shapes_of(tensors: Tensors) -> Shapes:
    """Returns the static shapes of tensors."""
    return [tensor._keras_shape for tensor in tensors]


def node_of(tensor: Tensor) -> Node:
    """Returns the node that made a tensor."""
    layer, index, _ = tensor._keras_history
    node: Node = layer.inbound_nodes[index]
    return node


def mask_of(tensor: Tensor) -> Tensor:
    """Returns the mask that came with a tensor."""
    *_, index = tensor._keras_history
    return node_of(tensor).output_masks[index]


def shape_list(shapes: Any) -> Shapes:
    """Returns the result of `get_output_shape_for` as a list with a tuple or None for
    each output."""
    several = isinstance(shapes, list) and any(
        isinstance(shape, (list, tuple)) for shape in shapes
    )
    return [shape and tuple(shape) for shape in (shapes if several else [shapes])]


def unique(items: Iterable[Any]) -> list[Any]:
    """Returns the items in order, each object only once."""
    return list({id(item): item for item in items}.values())


@dataclass(eq=False, repr=False)
class Node:
    """One call of a layer.

    It is in the called layer's `inbound_nodes`, and in the `outbound_nodes` of each
    layer that made an input.

    # Arguments
        outbound_layer: the called layer.
        inbound_layers: list of layers that made the inputs; empty for an `InputLayer`.
        node_indices: list of int, the call of each of those layers.
        tensor_indices: list of int, the output of that call.
        input_tensors, output_tensors: lists of tensors.
        input_masks, output_masks: lists of tensors or None.
        input_shapes, output_shapes: lists of tuples.
    """

    outbound_layer: Layer
    inbound_layers: list[Layer]
    node_indices: list[int]
    tensor_indices: list[int]
    input_tensors: Tensors
    output_tensors: Tensors
    input_masks: Tensors
    output_masks: Tensors
    input_shapes: Shapes
    output_shapes: Shapes

    def __post_init__(self) -> None:
        for layer in self.inbound_layers:
            layer.outbound_nodes.append(self)
        self.outbound_layer.inbound_nodes.append(self)

    @classmethod
    def create_node(
        cls,
        outbound_layer: Layer,
        inbound_layers: list[Layer],
        node_indices: list[int] | None = None,
        tensor_indices: list[int] | None = None,
    ) -> Node:
        """Calls a layer on outputs of other layers and returns the node.

        # Arguments
            outbound_layer: the layer to call.
            inbound_layers: list of layers.
            node_indices: list of int, the call of each layer (the first by default).
            tensor_indices: list of int, the output of that call (the first by default).
        """
        first = [0] * len(inbound_layers)
        places = zip(
            inbound_layers, node_indices or first, tensor_indices or first, strict=True
        )
        tensors = [
            layer.inbound_nodes[node].output_tensors[index]
            for layer, node, index in places
        ]
        masks = list(map(mask_of, tensors))
        shapes = shapes_of(tensors)
        if not outbound_layer.built:
            outbound_layer.build_for(shapes)
        outputs, output_masks, output_shapes = run_layer(
            outbound_layer, tensors, masks, shapes
        )
        connect(outbound_layer, outputs)
        return cls(
            outbound_layer,
            *origins(tensors),
            tensors,
            outputs,
            masks,
            output_masks,
            shapes,
            output_shapes,
        )

    @classmethod
    def of_source(
        cls,
        layer: Layer,
        inputs: Tensors,
        outputs: Tensors,
        masks: Tensors | None = None,
    ) -> Node:
        """Returns the node of an `InputLayer`, or of a model on its own inputs.

        # Arguments
            masks: list of the outputs' masks; none by default.
        """
        return cls(
            layer,
            *origins([]),
            inputs,
            outputs,
            [None] * len(inputs),
            masks or [None] * len(outputs),
            shapes_of(inputs),
            shapes_of(outputs),
        )

    @property
    def parents(self) -> list[Node]:
        """The nodes that made this one's inputs."""
        calls = zip(self.inbound_layers, self.node_indices, strict=True)
        return [layer.inbound_nodes[index] for layer, index in calls]

    @property
    def key(self) -> str:
        """The name of this node in `Container.container_nodes`."""
        layer = self.outbound_layer
        return f"{layer.name}_ib-{layer.inbound_nodes.index(self)}"

    def get_config(self) -> Config:
        """Returns the names of the layers and the indices that describe this call."""
        return {
            "outbound_layer": self.outbound_layer.name,
            "inbound_layers": [layer.name for layer in self.inbound_layers],
            "node_indices": self.node_indices,
            "tensor_indices": self.tensor_indices,
        }


def connect(layer: Layer, tensors: Tensors) -> None:
    """Marks tensors as the outputs of a layer's next node."""
    for index, tensor in enumerate(tensors):
        tensor._keras_history = (layer, len(layer.inbound_nodes), index)


def run_layer(
    layer: Layer, tensors: Tensors, masks: Tensors, shapes: Shapes
) -> Results:
    """Computes a layer's outputs, their masks and shapes."""
    x = one_or_all(tensors)
    mask = one_or_all(masks)
    outputs = to_list(layer.call(x, mask=mask))
    output_masks = to_list(layer.compute_mask(x, mask))
    output_shapes = shape_list(layer.get_output_shape_for(one_or_all(shapes)))
    if output_masks == [None]:
        output_masks = [None] * len(outputs)
    if len(outputs) != len(output_masks) or len(outputs) > len(output_shapes):
        raise GraphError(
            f"{label(layer)} returned {len(outputs)} tensors from `call`, "
            f"{len(output_masks)} masks from `compute_mask`, {len(output_shapes)} "
            "shapes from `get_output_shape_for`. Return the same number of each."
        )
    outputs = [_new_output(layer, output, tensors) for output in outputs]
    declares = type(layer).get_output_shape_for.__module__
    learns = layer.uses_learning_phase or any(
        getattr(x, "_uses_learning_phase", False) for x in tensors
    )
    for output, declared in zip(outputs, output_shapes):
        if not layer.keeps_declared_shape:
            declared = reconciled(output, declared, wins=not is_first_party(declares))
        output._keras_shape = declared
        if not hasattr(output, "_oneiros_layer_call"):
            output._oneiros_layer_call = layer, tensors
        output._uses_learning_phase = learns or layer._backend.uses_learning_phase(
            output
        )
    regularizer = getattr(layer, "activity_regularizer", None)
    if regularizer is not None:
        layer.add_loss([regularizer(output) for output in outputs], tensors)
    return outputs, output_masks, shapes_of(outputs)


def _new_output(layer: Layer, output: Tensor, inputs: Tensors) -> Tensor:
    """Returns an output of a layer, or a copy if it is an input or belongs to another
    layer."""
    if not layer._backend.owns(output):
        raise GraphError(
            f"{label(layer)} returned {type(output).__name__} from `call`, which must "
            f"return a tensor of the backend {layer._backend.name!r}, or a list of "
            "them. Is a `return` missing?"
        )
    if any(output is x for x in inputs) or hasattr(output, "_keras_history"):
        return K.squeeze(K.expand_dims(output, 0), 0)
    return output


def reconciled(output: Tensor, declared: Shape | None, wins: bool = False) -> Shape:
    """Returns the declared shape of a tensor, unless the tensor contradicts it and
    `wins` is False; a tensor of unknown rank adopts the declared shape."""
    if declared and getattr(output, "ndim", 0) is None:
        output.set_shape(declared)
    actual: Shape = K.int_shape(output)
    if declared is None or len(actual) != len(declared):
        return actual
    return tuple(
        declared_size
        if None in (size, declared_size) or (wins and isinstance(declared_size, int))
        else size
        for size, declared_size in zip(actual, declared)
    )
