"""Converts graphs to configurations in the layout of Keras 1, and back."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from oneiros.config import layer_from_config
from oneiros.engine.container import Container, entry_of
from oneiros.engine.layer import Layer
from oneiros.engine.node import Node, one_or_all, origins
from oneiros.errors import ConfigError, GraphError
from oneiros_safe_files.clock import check_time

Tensor = Any


def graph_config(model: Container) -> dict[str, Any]:
    """Returns the configurations of a graph's layers, and their connections."""
    own_nodes = set(model.graph_nodes())
    calls = {
        layer: [node for node in layer.inbound_nodes if node in own_nodes]
        for layer in model.layers
    }
    index: dict[Node, int] = {}
    for layer, nodes in calls.items():
        # The first call of a model inside this one is that on its own inputs.
        start = 1 if isinstance(layer, Container) else 0
        index.update((node, start + i) for i, node in enumerate(nodes))

    def places(tensors: list[Tensor]) -> list[Any]:
        columns = zip(*origins(tensors), strict=True)
        return [
            [layer.name, index[layer.inbound_nodes[node]], i]
            for layer, node, i in columns
        ]

    layers = []
    for layer, nodes in calls.items():
        inbound = [places(node.input_tensors) for node in nodes if node.inbound_layers]
        entry = {"name": layer.name, **entry_of(layer), "inbound_nodes": inbound}
        layers.append(entry)
    return {
        "name": model.name,
        "layers": layers,
        "input_layers": places(model.inputs),
        "output_layers": places(model.outputs),
    }


def build_graph(config: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
    """Makes the layers of a configuration, and calls them on each other.

    # Returns
        The tensors of the inputs, and those of the outputs.

    # Raises
        ConfigError, GraphError: if the configuration doesn't describe a graph.
    """
    layers = _build_layers(config["layers"])
    inputs = [_output(layers, place) for place in config["input_layers"]]
    outputs = [_output(layers, place) for place in config["output_layers"]]
    return inputs, outputs


def _build_layers(entries: list[Any]) -> dict[str, Layer]:
    """Makes the layers that a configuration lists, and calls them on each other."""
    layers: dict[str, Layer] = {}
    for entry in entries:
        name = entry["name"]
        if name in layers:
            raise ConfigError(f"The configuration has two layers named {name!r}.")
        layers[name] = layer_from_config(entry)
        layers[name].name = name  # a Sequential's own configuration has none
    calls = {entry["name"]: deque(entry["inbound_nodes"]) for entry in entries}
    waiting: dict[str, list[str]] = defaultdict(list)
    callable_now = deque(layers)
    while callable_now:
        name = callable_now.popleft()
        while calls[name]:
            places = calls[name][0]
            inputs = [_output(layers, place) for place in places]
            missing = [
                place[0]
                for place, tensor in zip(places, inputs, strict=True)
                if tensor is None
            ]
            if missing:
                waiting[missing[0]].append(name)
                break
            calls[name].popleft()
            check_time()
            layers[name](one_or_all(inputs))
            callable_now.extend(waiting.pop(name, ()))
    if waiting:
        raise GraphError(
            "The configuration connects layers in a cycle, or to calls that don't "
            f"exist: outputs of {', '.join(waiting)} are never made. Check the layers' "
            "`inbound_nodes`."
        )
    return layers


def _output(layers: dict[str, Layer], place: Any) -> Tensor:
    """Returns the tensor of a reference; None if that call hasn't been made yet."""
    parts = [type(part) for part in place] if isinstance(place, list) else []
    if parts == [str, int, int] and place[0] in layers and min(place[1:]) >= 0:
        name, node, index = place
        nodes = layers[name].inbound_nodes
        if node >= len(nodes):
            return None
        if index < len(nodes[node].output_tensors):
            return nodes[node].output_tensors[index]
    raise ConfigError(
        f"The configuration refers to {place!r:.80}, which doesn't exist. A reference "
        "is [layer name, node index, tensor index]; the layers are: "
        f"{', '.join(layers)}."
    )
