"""Graph: the calls of layers between a model's inputs and its outputs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, groupby
from typing import Any

from oneiros.engine.input import InputLayer
from oneiros.engine.layer import Layer
from oneiros.engine.node import Node, Tensor, label, node_of, origins, unique
from oneiros.errors import GraphError


class Graph:
    """The calls of layers between a model's inputs and its outputs.

    # Arguments
        owner: str, the model, for messages.
        inputs, outputs: lists of tensors.

    # Properties
        nodes: list of the nodes, each after those that make its inputs.
        layers: list of the layers, those farthest from the outputs first.
        nodes_by_depth, layers_by_depth: dicts from the distance to the outputs to
            lists.
        container_nodes: set of the nodes' keys.
        input_layers, output_layers: lists of the layers that the tensors come from;
            `…_node_indices` and `…_tensor_indices` give the call and the output.
        input_names, output_names: lists of those layers' names.
        internal_input_shapes, internal_output_shapes: lists of the tensors' shapes.

    # Raises
        GraphError: if a tensor comes from no layer, an input is missing, or two layers
            have the same name.
    """

    def __init__(self, owner: str, inputs: list[Tensor], outputs: list[Tensor]) -> None:
        self.owner = owner
        _check_ends(owner, inputs, outputs)
        (
            self.input_layers,
            self.input_layers_node_indices,
            self.input_layers_tensor_indices,
        ) = origins(inputs)
        (
            self.output_layers,
            self.output_layers_node_indices,
            self.output_layers_tensor_indices,
        ) = origins(outputs)
        self.input_names = [layer.name for layer in self.input_layers]
        self.output_names = [layer.name for layer in self.output_layers]
        self.internal_input_shapes = [tensor._keras_shape for tensor in inputs]
        self.internal_output_shapes = [tensor._keras_shape for tensor in outputs]
        self._map([node_of(tensor) for tensor in outputs])

    def _map(self, ends: list[Node]) -> None:
        """Finds the nodes on which the given nodes depend, and the depths."""
        sources = [layer.inbound_nodes[0] for layer in self.input_layers]
        nodes, layers = walk(ends)
        self._check_sources(nodes, sources)
        self.nodes = [node for node in sources if node not in nodes] + nodes
        depths = dict.fromkeys(self.nodes, 0)
        for node in reversed(self.nodes):
            for parent in node.parents:
                depths[parent] = max(depths[parent], depths[node] + 1)
        layer_depths = dict.fromkeys([*layers, *self.input_layers], 0)
        for node, depth in depths.items():
            layer = node.outbound_layer
            layer_depths[layer] = max(layer_depths[layer], depth)
        self.nodes_by_depth = by_depth(depths)
        self.layers_by_depth = by_depth(layer_depths)
        self.layers: list[Layer] = list(
            chain.from_iterable(self.layers_by_depth.values())
        )
        self.container_nodes = {node.key for node in self.nodes}
        self._check_names()

    def _check_sources(self, nodes: list[Node], sources: list[Node]) -> None:
        for node in nodes:
            if node.inbound_layers or node in sources:
                continue
            users = [user for user in nodes if node in user.parents]
            user = (users or [node])[0].outbound_layer
            raise GraphError(
                f"{self.owner} is disconnected: {label(user)} depends on "
                f"{label(node.outbound_layer)}, which isn't among the inputs "
                f"{self.input_names}. Add its tensor: Model(input=[…], output=…)."
            )

    def _check_names(self) -> None:
        named: dict[str, Layer] = {}
        for layer in self.layers:
            other = named.setdefault(layer.name, layer)
            if other is not layer:
                raise GraphError(
                    f"{self.owner} has two layers with the same name: "
                    f"{label(other)} and {label(layer)}. Pass name='…' to one of them."
                )


def _check_ends(owner: str, inputs: list[Tensor], outputs: list[Tensor]) -> None:
    for end, tensors in (("input", inputs), ("output", outputs)):
        for index, tensor in enumerate(tensors or [None]):
            if not hasattr(tensor, "_keras_history"):
                raise GraphError(
                    f"{owner}: no layer returned {end} {index}, "
                    f"{type(tensor).__name__} {tensor!r:.60}. Make inputs with "
                    "Input(…); compute in layers: Lambda(function)(x)."
                )
    layers = [tensor._keras_history[0] for tensor in inputs]
    for index, layer in enumerate(layers):
        if not isinstance(layer, InputLayer) or layer in layers[:index]:
            raise GraphError(
                f"{owner}: input {index} is an output of {label(layer)}. "
                "Inputs are tensors that Input(…) returned, each listed once; "
                "call the layers that follow on a new Input."
            )


def walk(ends: Iterable[Node]) -> tuple[list[Node], list[Layer]]:
    """Returns the nodes that the given nodes depend on, inputs first, and their layers.

    # Raises
        GraphError: if a node depends on itself.
    """
    finished: dict[Node, bool] = {}
    ordered: list[Node] = []
    stack = list(ends)[::-1]
    while stack:
        node = stack[-1]
        if node not in finished:
            finished[node] = False
            for parent in node.parents:
                if finished.get(parent) is False:
                    raise GraphError(
                        f"The layers form a cycle: {label(node.outbound_layer)} uses "
                        f"an output of {label(parent.outbound_layer)}, which depends "
                        "on it. Remove one of these calls."
                    )
            stack.extend(reversed(node.parents))
            continue
        if not finished[stack.pop()]:
            finished[node] = True
            ordered.append(node)
    return ordered, unique(node.outbound_layer for node in finished)


def by_depth(depths: dict[Any, int]) -> dict[int, list[Any]]:
    """Returns depth → items, the deepest first."""
    deepest_first = sorted(depths, key=depths.__getitem__, reverse=True)
    levels = groupby(deepest_first, depths.__getitem__)
    return {depth: list(items) for depth, items in levels}
