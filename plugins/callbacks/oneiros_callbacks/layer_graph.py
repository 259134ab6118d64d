"""A model's layers as the graph that TensorBoard shows."""

from collections.abc import Iterable, Iterator
from typing import Any

import oneiros
from tensorboardX.proto.attr_value_pb2 import AttrValue
from tensorboardX.proto.graph_pb2 import GraphDef
from tensorboardX.proto.node_def_pb2 import NodeDef
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.proto.versions_pb2 import VersionDef

GRAPH_VERSION = 22
"""Version of the format of graphs, as TensorFlow counts them."""


def graph_of(model) -> GraphDef:
    """Returns a model's graph.

    A node is a layer, with its class as the operation and its output's shape. Layers of
    a model in the model have its name before their own.
    """
    nodes = list(_nodes(model, "", {}))
    return GraphDef(node=nodes, versions=VersionDef(producer=GRAPH_VERSION))


def _nodes(model, scope: str, sources: dict[str, list[str]]) -> Iterator[NodeDef]:
    """Gives the nodes of a model's layers.

    # Arguments
        scope: str, what stands before their names.
        sources: dict from the name of an input layer to the nodes that feed it.
    """
    layers = model.graph_layers()
    members = set(layers)
    for layer in layers:
        within = [each for each in _layers_before(layer) if each in members]
        before = [_ends(each, scope) for each in within]
        if _is_model(layer):
            fed = dict(zip(layer.input_names, before))
            yield from _nodes(layer, f"{scope}{layer.name}/", fed)
        else:
            inputs = list(sources.get(layer.name, []))
            for ends in before:
                inputs += ends
            yield NodeDef(
                name=scope + layer.name,
                op=type(layer).__name__,
                input=inputs,
                attr={"_output_shapes": _shapes(layer)},
            )


def _is_model(layer) -> bool:
    return isinstance(layer, oneiros.models.Model)


def _layers_before(layer) -> Iterable[Any]:
    """Returns the layers whose outputs a layer takes, each once."""
    return dict.fromkeys(
        before for node in layer.inbound_nodes for before in node.inbound_layers
    )


def _ends(layer, scope: str) -> list[str]:
    """Returns the nodes that give a layer's outputs."""
    if not _is_model(layer):
        return [scope + layer.name]
    ends = []
    for each in layer.output_layers:
        ends += _ends(each, f"{scope}{layer.name}/")
    return ends


def _shapes(layer) -> AttrValue:
    shape = TensorShapeProto()
    for size in layer.inbound_nodes[0].output_shapes[0]:
        shape.dim.add(size=-1 if size is None else size)
    shapes = AttrValue.ListValue(shape=[shape])
    return AttrValue(list=shapes)
