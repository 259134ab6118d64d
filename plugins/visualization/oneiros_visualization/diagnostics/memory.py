"""Estimates a model's memory before it runs."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int, check_optional_int
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.engine.node import to_list, unique
from oneiros.errors import ArgumentError

from oneiros_visualization.diagnostics.printed_table import in_bytes, print_table

Shape = tuple[int, ...]
OpenShape = tuple[int | None, ...]
PROBE = (3, 5)
"""Shape of the weight that serves to measure an optimizer's state per weight."""


@dataclass(frozen=True)
class LayerMemory:
    """The memory of one call of a layer, in bytes.

    # Properties
        layer: str, the layer's name.
        shapes: list of the output shapes.
        weights: int, the weights; 0 for later calls of a shared layer.
        inputs: int, the inputs.
        activations: int, the values stored for the gradients: the outputs, and for
            recurrent layers the outputs of all steps.
    """

    layer: str
    shapes: list[Shape]
    weights: int
    inputs: int
    activations: int


@dataclass(frozen=True)
class MemoryEstimate:
    """The result of `estimate_memory`; all sizes are in bytes.

    # Properties
        batch_size: int, samples per batch.
        parameters: int, all weights.
        gradients: int, the gradients of the trainable weights; 0 if the model isn't
            compiled.
        optimizer: int, the optimizer's state; 0 if the model isn't compiled, or the
            size isn't known.
        inputs: int, a batch of the model's inputs.
        activations: int, the layers' outputs for a batch, stored for the gradients.
        layers: list of `LayerMemory`, one per call of a layer.
    """

    batch_size: int
    parameters: int
    gradients: int
    optimizer: int
    inputs: int
    activations: int
    layers: list[LayerMemory] = field(repr=False)

    @property
    def training(self) -> int:
        """The memory of a training step."""
        return (
            self.parameters
            + self.gradients
            + self.optimizer
            + self.inputs
            + self.activations
        )

    @property
    def predicting(self) -> int:
        """The memory for predicting a batch: the weights, and the largest layer's
        inputs and outputs."""
        largest = max(
            (layer.inputs + layer.activations for layer in self.layers), default=0
        )
        return self.parameters + max(largest, self.inputs)

    def print(self, file=None) -> None:
        """Prints a table of the layers with the totals.

        # Arguments
            file: stream to write to, by default the standard output.
        """
        heading = ("layer", "output shape", "weights", "outputs")
        print_table(heading, map(_cells, self.layers), file)
        print(file=file)
        parts = {
            "weights": self.parameters,
            "gradients": self.gradients,
            "optimizer": self.optimizer,
            "inputs": self.inputs,
            "outputs of layers": self.activations,
        }
        rows = [(part, in_bytes(size)) for part, size in parts.items()]
        last = ("a training step", in_bytes(self.training))
        print_table((f"{self.batch_size} samples", ""), rows, file, last)
        print(f"predicting them: {in_bytes(self.predicting)}", file=file)


def estimate_memory(
    model, batch_size: int = 32, length: int | None = None
) -> MemoryEstimate:
    """Estimates a model's memory from its shapes alone, without running it.

    It counts every layer's output. An engine may store less if it fuses layers, and
    needs extra work space, mainly for convolutions. The memory of the engine itself
    isn't included.

    # Arguments
        model: a model, compiled or not.
        batch_size: int, samples per batch. If the model has a fixed batch size, that is
            used instead.
        length: int, the value for sizes that the model leaves open, such as the number
            of steps.

    # Returns
        A `MemoryEstimate`; call its `print` for a table.

    # Raises
        ArgumentError: if a size is open and you don't pass `length`.

    # Example
        ```python
        from oneiros.diagnostics import estimate_memory
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(100, input_dim=20), Dense(10)])
        model.compile("adam", "mse")
        estimate = estimate_memory(model, batch_size=32)
        print(estimate.parameters)  # 12440
        print(estimate.optimizer // estimate.parameters)  # 2
        ```
    """
    check_int("estimate_memory", "batch_size", batch_size)
    check_optional_int("estimate_memory", "length", length, 1)
    batch_size = model.internal_input_shapes[0][0] or batch_size
    sizes = _Sizes(batch_size, length)
    with K.use(backend_of(model)):
        layers = list(_calls(model, sizes, set()))
        trained = [] if model.optimizer is None else to_list(model.trainable_weights)
        return MemoryEstimate(
            batch_size=batch_size,
            parameters=_bytes_of_weights(model.weights),
            gradients=_bytes_of_weights(trained),
            optimizer=_bytes_of_optimizer(model.optimizer, trained) if trained else 0,
            inputs=sizes.bytes_of(model.inputs, model.internal_input_shapes),
            activations=sum(layer.activations for layer in layers),
            layers=layers,
        )


@dataclass(frozen=True)
class _Sizes:
    """The values for sizes that a model leaves open."""

    batch_size: int
    length: int | None

    def filled(self, shape: OpenShape) -> Shape:
        """Returns a shape without open sizes.

        # Raises
            ArgumentError: if there is no value for an open size.
        """
        if self.length is None and None in shape[1:]:
            raise ArgumentError(
                f"estimate_memory: the model has a tensor of open shape {shape}. Pass "
                "a value for the open sizes, such as length=100."
            )
        first = shape[0] or self.batch_size
        return (first, *(size or self.length or 1 for size in shape[1:]))

    def bytes_of(self, tensors: Iterable[Any], shapes: Iterable[OpenShape]) -> int:
        """Returns the size of tensors in bytes."""
        pairs = zip(tensors, map(self.filled, shapes), strict=True)
        return sum(
            math.prod(shape) * np.dtype(K.dtype(tensor)).itemsize
            for tensor, shape in pairs
        )


def _calls(model, sizes: _Sizes, counted: set[Any]) -> Iterator[LayerMemory]:
    """Yields the memory of each layer call, in the order of computation.

    # Arguments
        model: a model.
        sizes: the values for open sizes.
        counted: set of the layers whose weights are already counted; it is updated.
    """
    for node in model.graph_nodes():
        layer = node.outbound_layer
        inner = getattr(layer, "layer", layer)
        if isinstance(inner, Container):
            steps = 1 if inner is layer else sizes.filled(node.input_shapes[0])[1]
            repeated = replace(sizes, batch_size=sizes.batch_size * steps)
            yield from _calls(inner, repeated, counted)
        elif node.inbound_layers:
            kept = [_of_all_steps(node, shape) for shape in node.output_shapes]
            yield LayerMemory(
                layer=layer.name,
                shapes=list(map(sizes.filled, node.output_shapes)),
                weights=0 if layer in counted else _bytes_of_weights(layer.weights),
                inputs=sizes.bytes_of(node.input_tensors, node.input_shapes),
                activations=sizes.bytes_of(node.output_tensors, kept),
            )
            counted.add(layer)


def _of_all_steps(node, output_shape: OpenShape) -> OpenShape:
    """Returns the shape of a recurrent layer's outputs at all steps; for other layers,
    the output shape."""
    if getattr(node.outbound_layer, "return_sequences", True):
        return output_shape
    return (output_shape[0], node.input_shapes[0][1], *output_shape[1:])


def _bytes_of_weights(weights: Iterable[Any]) -> int:
    return sum(
        math.prod(K.get_variable_shape(weight)) * np.dtype(K.dtype(weight)).itemsize
        for weight in unique(weights)
    )


def _bytes_of_optimizer(optimizer, trained: list[Any]) -> int:
    """Returns the size of an optimizer's state. Before the first step, it measures the
    state for a small weight."""
    if optimizer.weights:
        return _bytes_of_weights(optimizer.weights)
    other = type(optimizer).from_config(optimizer.get_config())
    probe = K.zeros(PROBE)
    other.get_updates([probe], {}, K.sum(K.square(probe)))
    slots = [
        each for each in other.weights if tuple(K.get_variable_shape(each)) == PROBE
    ]
    others = _bytes_of_weights(other.weights) - _bytes_of_weights(slots)
    return len(slots) * _bytes_of_weights(trained) + others


def _cells(layer: LayerMemory) -> tuple[str, ...]:
    """Returns a row of the table."""
    shapes = ", ".join(str(shape) for shape in layer.shapes)
    return layer.layer, shapes, in_bytes(layer.weights), in_bytes(layer.activations)
