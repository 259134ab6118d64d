"""Container: a graph of layers that can be used as one layer."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, Self

from oneiros import backend as K
from oneiros import config as configs
from oneiros import services
from oneiros.arguments import label, open_to_old_code
from oneiros.backend import bound
from oneiros.engine.layer import InputLayer, InputSpec, Layer
from oneiros.engine.node import (
    Node,
    Results,
    mask_of,
    node_of,
    object_list_uid,
    one_or_all,
    origins,
    run_layer,
    shape_list,
    shapes_of,
    to_list,
    unique,
)
from oneiros.errors import ArgumentError, GraphError, UnknownNameError
from oneiros.load_context import count_calls
from oneiros.plugins import did_you_mean
from oneiros.typing import Config, Tensor, Tensors, Values

Nodes = list[Node]
Layers = list[Layer]


def _of_graph(attribute: str) -> Any:
    """Makes an attribute that a container takes from its graph."""
    return cached_property(attrgetter(f"_graph.{attribute}"))


class Container(Layer):
    """A graph of layers, without training; `Model` adds that.

    # Arguments
        input: tensor or list of tensors, from `Input`.
        output: tensor or list of tensors, computed from them by layers.
        name: str.

    # Properties
        layers: list of the layers, those farthest from the outputs first; a subclass
            may keep another list.
        inputs, outputs: lists of tensors.
        input_layers, output_layers: lists of the layers that they come from;
            `…_node_indices` and `…_tensor_indices` give the call and the output.
        input_names, output_names: lists of those layers' names.
        nodes_by_depth, layers_by_depth: dicts from the distance to the outputs to
            lists.
        container_nodes: set of the graph's nodes, as `"<layer name>_ib-<node index>"`.

    # Raises
        GraphError: if a tensor comes from no layer, an input is missing, or two layers
            have the same name.
    """

    loadable = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Makes a container without inputs and outputs yet."""
        container = super().__new__(cls)
        vars(container).update(_calls={}, inputs=[], outputs=[])
        return container

    @open_to_old_code
    def __init__(self, input: Any, output: Any, name: str | None = None):
        super().__init__(name=name)
        self.inputs = list(to_list(input))
        self.outputs = list(to_list(output))
        self.layers = self.graph_layers()
        self._backend = self.input_layers[0]._backend
        Node.of_source(
            self, self.inputs, self.outputs, list(map(mask_of, self.outputs))
        )
        self.built = True

    inputs: Tensors
    outputs: Tensors
    _calls: dict[str, tuple[Tensors, Tensors, Results]]
    input_layers = _of_graph("input_layers")
    input_layers_node_indices = _of_graph("input_layers_node_indices")
    input_layers_tensor_indices = _of_graph("input_layers_tensor_indices")
    output_layers = _of_graph("output_layers")
    output_layers_node_indices = _of_graph("output_layers_node_indices")
    output_layers_tensor_indices = _of_graph("output_layers_tensor_indices")
    input_names = _of_graph("input_names")
    output_names = _of_graph("output_names")
    internal_input_shapes = _of_graph("internal_input_shapes")
    internal_output_shapes = _of_graph("internal_output_shapes")
    nodes_by_depth = _of_graph("nodes_by_depth")
    layers_by_depth = _of_graph("layers_by_depth")
    container_nodes = _of_graph("container_nodes")

    @cached_property
    def _graph(self) -> Graph:
        """The calls between inputs and outputs, found when it is first needed."""
        return self.find_graph()

    def find_graph(self) -> Graph:
        """Returns the calls between inputs and outputs."""
        return Graph(label(self), self.inputs, self.outputs)

    def forget_graph(self) -> None:
        """Lets the graph be found anew, after the outputs have changed."""
        self._calls.clear()
        for name, member in vars(Container).items():
            if isinstance(member, cached_property):
                vars(self).pop(name, None)

    def _extent(self) -> str:
        return f"layers: {len(vars(self).get('layers', ()))}, {super()._extent()}"

    def _repr_html_(self) -> Any:
        """Returns a table of the layers for notebooks, or None without the plugin that
        makes it."""
        with suppress(UnknownNameError):
            return services.notebooks.model_html(self)
        return None

    def graph_nodes(self) -> Nodes:
        """Returns the graph's nodes, each after those that make its inputs."""
        return self._graph.nodes if self.inbound_nodes else []

    def graph_layers(self) -> Layers:
        """Returns the graph's layers, including those of the inputs; those farthest
        from the outputs come first."""
        return self._graph.layers

    def _called_layers(self) -> Layers:
        """Returns the layers in the order of their calls, inputs first."""
        return unique(node.outbound_layer for node in self.graph_nodes())

    def weight_layers(self) -> Layers:
        """Returns the layers in the order of their weights: `layers`, in `Sequential`
        also those of branches before a `Merge`."""
        return self.layers

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Returns a layer by its name, or by its index in the graph.

        # Raises
            ArgumentError: if there is no such layer.
        """
        layers = self.graph_layers()
        if index is not None and -len(layers) <= index < len(layers):
            return layers[index]
        by_name = {layer.name: layer for layer in layers}
        if index is None and name in by_name:
            return by_name[name]
        description = f"named {name!r}" if index is None else f"with index {index}"
        hint = (
            did_you_mean(str(name), by_name)
            or f" It has {len(by_name)}: {', '.join(by_name)}."
        )
        raise ArgumentError(f"{label(self)} has no layer {description}.{hint}")

    def _items_for(self, kind: str, inputs: Any) -> list[Any]:
        items = super()._items_for(kind, inputs)
        getter = f"get_{kind}_for"
        if inputs is None:
            for layer in self._called_layers():
                items += getattr(layer, getter)(None)
        elif object_list_uid(inputs) == object_list_uid(self.inputs):
            for node in self.graph_nodes():
                items += getattr(node.outbound_layer, getter)(node.input_tensors)
        return unique(items)

    def _all_items(self, kind: str) -> list[Any]:
        return unique(self._items_for(kind, None) + self._items_for(kind, self.inputs))

    @property
    # A property here, an attribute in Layer.
    def updates(self) -> list[Any]:  # type: ignore[override]
        """The layers' `(variable, new value)` pairs, which a training step applies."""
        return self._all_items("updates")

    @property
    # A property here, an attribute in Layer.
    def losses(self) -> Tensors:  # type: ignore[override]
        """The scalar tensors that layers add to the loss."""
        return self._all_items("losses")

    @property
    def stateful(self) -> bool:
        """Whether any layer keeps state from batch to batch."""
        return bool(self._stateful_layers())

    def _stateful_layers(self) -> list[Any]:
        return [
            layer
            for layer in self._called_layers()
            if getattr(layer, "stateful", False)
        ]

    @property
    def state_updates(self) -> list[Any]:
        """The updates of stateful layers, which every step applies, even in testing."""
        layers = self._stateful_layers()
        states = {
            id(pair[0])
            for layer in layers
            for pair in getattr(layer, "state_updates", layer.updates)
        }
        return [pair for pair in self.updates if id(pair[0]) in states]

    def reset_states(self) -> None:
        """Resets the states of all stateful layers."""
        for layer in self._stateful_layers():
            layer.reset_states()

    @property
    # A property here, an attribute in Layer.
    def constraints(self) -> dict[Tensor, Any]:  # type: ignore[override]
        """The constraints of all weights that have one."""
        return {
            weight: c
            for layer in self._called_layers()
            for weight, c in layer.constraints.items()
        }

    @property  # type: ignore[misc]  # Layer's has a setter
    def trainable_weights(self) -> Tensors:
        """The weights that training changes, layer by layer."""
        if not self.trainable:
            return []
        return unique(
            weight
            for layer in self.weight_layers()
            for weight in layer.trainable_weights
        )

    @property  # type: ignore[misc]  # Layer's has a setter
    def non_trainable_weights(self) -> Tensors:
        """The weights that training doesn't change."""
        layers = self.weight_layers()
        frozen = [] if self.trainable else [layer.trainable_weights for layer in layers]
        fixed = [layer.non_trainable_weights for layer in layers]
        return unique(chain.from_iterable(frozen + fixed))

    def ordered_weights(self) -> Tensors:
        """Returns the weights in the order of `get_weights()`."""
        return [weight for layer in self.weight_layers() for weight in layer.weights]

    @property
    def input_spec(self) -> Any:
        """The axes that inputs must have; the layers inside check the sizes."""
        return one_or_all(
            [InputSpec(ndim=len(tensor._keras_shape)) for tensor in self.inputs]
        )

    @property
    # A property here, an attribute in Layer.
    def uses_learning_phase(self) -> bool:  # type: ignore[override]
        """Whether outputs or added losses differ between training and testing."""
        tensors = [*self.outputs, *self.losses]
        return any(map(self._backend.uses_learning_phase, tensors))

    def assert_input_compatibility(self, input: Any) -> None:
        """Checks the number of tensors, and each of them as a layer does."""
        self._check_number(len(self.inputs), len(to_list(input)))
        super().assert_input_compatibility(input)

    def call(self, input: Any, mask: Any = None) -> Any:
        """Computes the outputs for other inputs.

        # Arguments
            input: tensor or list of tensors.
            mask: mask or list of masks.
        """
        return one_or_all(self._run(input, mask)[0])

    # As in Keras 1: no default.
    def compute_mask(self, input: Any, mask: Any) -> Any:  # type: ignore[override]
        """Returns the outputs' mask or masks for other inputs."""
        return one_or_all(self._run(input, mask)[1])

    def _run(self, inputs: Any, masks: Any) -> Results:
        """Runs the graph on tensors, unless it already has."""
        inputs = to_list(inputs)
        masks = [None] * len(inputs) if masks is None else to_list(masks)
        key = object_list_uid(inputs + masks)
        if key == object_list_uid(self.inputs + [None] * len(self.inputs)):
            output_masks = list(map(mask_of, self.outputs))
            return self.outputs, output_masks, list(self.internal_output_shapes)
        if key not in self._calls:
            self._calls[key] = inputs, masks, self.run_internal_graph(inputs, masks)
        return self._calls[key][-1]

    def get_output_shape_for(self, input_shape: Any) -> Any:
        """Returns the outputs' shape or shapes for other shapes of the inputs."""
        input_shapes = shape_list(input_shape)
        if input_shapes == shapes_of(self.inputs):
            return one_or_all(shapes_of(self.outputs))
        shapes = dict(zip(map(id, self.inputs), input_shapes, strict=True))
        for node in self.graph_nodes():
            if node.inbound_layers:
                inputs = one_or_all([shapes[id(x)] for x in node.input_tensors])
                results = shape_list(node.outbound_layer.get_output_shape_for(inputs))
                for tensor, shape in zip(node.output_tensors, results):
                    shapes[id(tensor)] = shape or tensor._keras_shape
        return one_or_all([shapes[id(tensor)] for tensor in self.outputs])

    @bound
    def run_internal_graph(self, inputs: Tensors, masks: Any = None) -> Results:
        """Computes the outputs, their masks and their shapes for other inputs.

        # Arguments
            inputs: list of tensors.
            masks: list of masks or None.
        """
        if not masks:
            masks = [None] * len(inputs)
        values = zip(inputs, masks, map(K.int_shape, inputs), strict=True)
        computed = dict(zip(map(id, self.inputs), values, strict=True))

        def columns(tensors: Tensors) -> Any:
            """Returns the values, masks and shapes of some of the graph's tensors."""
            rows = [computed[id(tensor)] for tensor in tensors]
            return (list(column) for column in zip(*rows, strict=True))

        for node in self.graph_nodes():
            if not node.inbound_layers:
                continue
            layer = node.outbound_layer
            tensors, tensor_masks, shapes = columns(node.input_tensors)
            layer.assert_input_compatibility(one_or_all(tensors))
            count_calls(label(layer))
            results = zip(*run_layer(layer, tensors, tensor_masks, shapes), strict=True)
            computed.update(zip(map(id, node.output_tensors), results, strict=True))
            self.add_update(layer.get_updates_for(tensors), inputs)
            self.add_loss(layer.get_losses_for(tensors), inputs)
        outputs, output_masks, output_shapes = columns(self.outputs)
        return outputs, output_masks, output_shapes

    def get_config(self) -> Any:
        """Returns the layers' configurations and connections, as in Keras 1."""
        return services.configurations.graph_config(self)

    @classmethod
    def from_config(cls, config: Any, custom_objects: Values | None = None) -> Any:
        """Builds a model from the result of `get_config`, with new weights.

        # Arguments
            config: dict.
            custom_objects: dict from names to your own classes and functions.

        # Raises
            ConfigError, GraphError: if the configuration doesn't describe a graph.
        """
        with configs.building("layer", cls.__name__, custom_objects):
            inputs, outputs = services.configurations.build_graph(config)
            return cls(input=inputs, output=outputs, name=config.get("name"))

    def _updated_config(self) -> Config:
        """Returns the configuration with the class's name and the version of Keras."""
        return {**entry_of(self), "keras_version": configs.KERAS_VERSION}

    def to_json(self, **kwargs: Any) -> str:
        """Returns the model's configuration, without weights, as JSON text.

        # Arguments
            kwargs: passed on to `json.dumps`.
        """
        return services.configurations.to_json(self._updated_config(), **kwargs)

    def to_yaml(self, **kwargs: Any) -> str:
        """Returns the model's configuration, without weights, as YAML text.

        # Raises
            UnknownNameError: if no plugin for saving is installed.
        """
        return services.configurations.to_yaml(self._updated_config(), **kwargs)

    def save(self, filepath: Any, overwrite: bool = True) -> None:
        """Saves the model with its training state, like `save_model`."""
        services.saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Saves only the weights; the arguments are those of `save`."""
        services.saving.save_weights(self, filepath, overwrite)

    def load_weights(
        self, filepath: Any, by_name: bool = False, *, trained_on: str | None = None
    ) -> None:
        """Loads weights from a file.

        # Arguments
            filepath: path.
            by_name: bool, whether to match layers by name instead of by order.
            trained_on: `"theano"` or `"tensorflow"`, if the file doesn't tell; as for
                `load_model`.
        """
        services.saving.load_weights(self, filepath, by_name, trained_on=trained_on)

    def save_weights_to_hdf5_group(self, f: Any) -> None:
        """Writes the weights into an open `h5py.Group`."""
        services.saving.save_weights_to_hdf5_group(self, f)

    def load_weights_from_hdf5_group(self, f: Any) -> None:
        """Reads the weights from an open `h5py.Group`, layer after layer."""
        services.saving.load_weights_from_hdf5_group(self, f, by_name=False)

    def load_weights_from_hdf5_group_by_name(self, f: Any) -> None:
        """Reads weights from an open `h5py.Group`, layer by name."""
        services.saving.load_weights_from_hdf5_group(self, f, by_name=True)

    def summary(
        self,
        line_length: int = 100,
        positions: Any = [0.33, 0.55, 0.67, 1.0],  # noqa: B006  Keras 1's default
        *,
        print_fn: Any = None,
    ) -> None:
        """Prints a table of the layers: output shapes, parameters, connections.

        # Arguments
            line_length: int, width of the table, unless the terminal is narrower.
            positions: list of the ends of the columns, as fractions of the width or as
                numbers of characters.
            print_fn: function that is called with each line instead of printing it.
        """
        nodes = {node.key for node in self.graph_nodes()}
        services.summaries.print_summary(
            self.weight_layers(), nodes, line_length, positions, print_fn=print_fn
        )


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

    def __init__(self, owner: str, inputs: Tensors, outputs: Tensors):
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
        self.internal_input_shapes = shapes_of(inputs)
        self.internal_output_shapes = shapes_of(outputs)
        self._map([node_of(tensor) for tensor in outputs])

    def _map(self, ends: Nodes) -> None:
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
        self.layers: Layers = list(chain.from_iterable(self.layers_by_depth.values()))
        self.container_nodes = {node.key for node in self.nodes}
        self._check_names()

    def _check_sources(self, nodes: Nodes, sources: Nodes) -> None:
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


def _check_ends(owner: str, inputs: Tensors, outputs: Tensors) -> None:
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


def walk(ends: Iterable[Node]) -> tuple[Nodes, Layers]:
    """Returns the nodes that the given nodes depend on, inputs first, and their layers.

    # Raises
        GraphError: if a node depends on itself.
    """
    finished: dict[Node, bool] = {}
    ordered: Nodes = []
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


def entry_of(layer: Layer) -> Config:
    """Returns the configuration from which `layer_from_config` makes such a layer."""
    return {"class_name": type(layer).__name__, "config": layer.get_config()}


def get_source_inputs(
    tensor: Tensor, layer: Any = None, node_index: int | None = None
) -> Tensors:
    """Returns the input tensors that a tensor is computed from.

    # Arguments
        tensor: output of a layer.
        layer: that layer, if known.
        node_index: int, the call of the layer.
    """
    if not hasattr(tensor, "_keras_history"):
        return [tensor]
    if layer is None or node_index is None:
        layer, node_index, _ = tensor._keras_history
    nodes, _ = walk([layer.inbound_nodes[node_index]])
    return unique(
        source
        for node in nodes
        if not node.inbound_layers
        for source in node.input_tensors
    )
