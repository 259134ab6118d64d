"""What a model will take of memory, before it runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int, check_optional_int, label
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.engine.node import one_or_all, to_list, unique
from oneiros.errors import ArgumentError

from oneiros_diagnostics.printed_table import in_bytes, print_table

Shape = tuple[int, ...]
OpenShape = tuple[int | None, ...]
PROBE = (3, 5)
"""The shape of a weight by which an optimizer shows what it keeps of each."""


@dataclass(frozen=True)
class LayerMemory:
    """What one call of a layer takes, in bytes.

    # Properties
        layer: str, the layer's name.
        shapes: list of the outputs' shapes.
        weights: int, what the weights take; 0 in later calls of a shared layer.
        inputs: int, what the inputs take.
        activations: int, what is kept for the gradients: the outputs, and of recurrent
            layers those of all steps.
    """

    layer: str
    shapes: list[Shape]
    weights: int
    inputs: int
    activations: int


@dataclass(frozen=True)
class MemoryEstimate:
    """What `estimate_memory` returns; all sizes are in bytes.

    # Properties
        batch_size: int, samples in a batch.
        parameters: int, all weights.
        gradients: int, the gradients of those weights that are trained; 0 if the model
            isn't compiled.
        optimizer: int, the optimizer's state; 0 if the model isn't compiled, or the
            optimizer doesn't tell.
        inputs: int, a batch of the model's inputs.
        activations: int, the layers' outputs for a batch, which are kept for the
            gradients.
        layers: list of `LayerMemory`, one for each call of a layer.
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
        """What a training step takes."""
        return (
            self.parameters
            + self.gradients
            + self.optimizer
            + self.inputs
            + self.activations
        )

    @property
    def predicting(self) -> int:
        """What predicting a batch takes: the weights, and the largest layer's inputs
        and outputs."""
        largest = max(
            (layer.inputs + layer.activations for layer in self.layers), default=0
        )
        return self.parameters + max(largest, self.inputs)

    def print(self, file: Any = None) -> None:
        """Prints a table of the layers, and what they add up to.

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
    model: Any, batch_size: int = 32, length: int | None = None
) -> MemoryEstimate:
    """Estimates what a model takes of memory, from its shapes alone: nothing runs.

    Layers' outputs count as they are; an engine may keep less, where it computes
    several layers at once, and needs room of its own, for convolutions above all. What
    the engine itself takes isn't counted, either.

    # Arguments
        model: a model, compiled or not.
        batch_size: int, samples in a batch; a batch size that the model fixes wins.
        length: int, what stands for sizes that the model leaves open, such as the
            number of steps.

    # Returns
        A `MemoryEstimate`, with a method `print`.

    # Raises
        ArgumentError: if a size is open and `length` isn't given.

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
    batch_size = check_int("estimate_memory", "batch_size", batch_size)
    sizes = _Sizes(
        batch_size, check_optional_int("estimate_memory", "length", length, 1)
    )
    trained = getattr(model, "functional_model", model)
    with K.use(backend_of(trained)):
        shapes = [
            sizes.filled(shape, label(model)) for shape in trained.internal_input_shapes
        ]
        layers = list(_calls(trained, shapes, sizes, set()))
        is_compiled = trained.optimizer is not None
        return MemoryEstimate(
            batch_size=shapes[0][0],
            parameters=_bytes_of_weights(trained.weights),
            gradients=_bytes_of_weights(_trained_weights(trained)),
            optimizer=_bytes_of_optimizer(trained) if is_compiled else 0,
            inputs=_bytes_of(trained.inputs, shapes),
            activations=sum(layer.activations for layer in layers),
            layers=layers,
        )


@dataclass(frozen=True)
class _Sizes:
    """What stands for sizes that a model leaves open."""

    batch_size: int
    length: int | None

    def filled(self, shape: OpenShape, owner: str) -> Shape:
        """Returns a shape without open sizes.

        # Raises
            ArgumentError: if nothing says what an open size is.
        """
        if self.length is None and None in shape[1:]:
            raise ArgumentError(
                f"estimate_memory: {owner} has an input of the open shape {shape}. Say "
                "what stands for the open sizes: length=100."
            )
        first = shape[0] or self.batch_size
        return (first, *(size or self.length or 1 for size in shape[1:]))


def _calls(
    model: Any, input_shapes: list[Shape], sizes: _Sizes, counted: set[int]
) -> Iterator[LayerMemory]:
    """Yields what each call of a layer takes, in the order of computing.

    # Arguments
        model: a model, for inputs of these shapes.
        input_shapes: list of tuples.
        sizes: what stands for open sizes.
        counted: identities of layers whose weights were counted; they are added to it.
    """
    shapes = dict(zip(map(id, model.inputs), input_shapes, strict=True))
    for node in model.graph_nodes():
        if not node.inbound_layers:
            continue
        layer = node.outbound_layer
        inputs = [shapes[id(tensor)] for tensor in node.input_tensors]
        outputs = [
            sizes.filled(shape, label(layer)) for shape in _output_shapes(node, inputs)
        ]
        shapes.update(zip(map(id, node.output_tensors), outputs, strict=True))
        inner = _model_in(layer)
        if inner is not None:
            per_step = [_without_steps(shape, layer, inner) for shape in inputs]
            yield from _calls(inner, per_step, sizes, counted)
            continue
        activation_shapes = [
            _of_all_steps(layer, inputs[0], shape) for shape in outputs
        ]
        yield LayerMemory(
            layer=layer.name,
            shapes=outputs,
            weights=0 if id(layer) in counted else _bytes_of_weights(layer.weights),
            inputs=_bytes_of(node.input_tensors, inputs),
            activations=_bytes_of(node.output_tensors, activation_shapes),
        )
        counted.add(id(layer))


def _output_shapes(node: Any, inputs: list[Shape]) -> list[OpenShape]:
    """Returns the shapes of a call's outputs, for inputs of these shapes."""
    shapes = node.outbound_layer.get_output_shape_for(one_or_all(inputs))
    if len(node.output_tensors) == 1:
        shapes = [shapes[0] if isinstance(shapes, list) else shapes]
    return [
        shape or declared
        for shape, declared in zip(shapes, node.output_shapes, strict=True)
    ]


def _model_in(layer: Any) -> Any:
    """Returns a layer if it is a model, or the model that it applies to each step."""
    for candidate in (layer, getattr(layer, "layer", None)):
        if isinstance(candidate, Container):
            return getattr(candidate, "functional_model", candidate)
    return None


def _without_steps(shape: Shape, layer: Any, inner: Any) -> Shape:
    """Returns the shape on which a model runs that a layer applies to each step."""
    if hasattr(layer, "layer"):
        return (shape[0] * shape[1], *shape[2:])
    return shape


def _of_all_steps(layer: Any, input_shape: Shape, output_shape: Shape) -> Shape:
    """Returns the shape of a recurrent layer's outputs at all steps; for other layers
    that of the output."""
    if getattr(layer, "return_sequences", True):
        return output_shape
    return (output_shape[0], input_shape[1], *output_shape[1:])


def _bytes_of(tensors: Iterable[Any], shapes: Iterable[Shape]) -> int:
    return sum(
        math.prod(shape) * np.dtype(K.dtype(tensor)).itemsize
        for tensor, shape in zip(tensors, shapes, strict=True)
    )


def _bytes_of_weights(weights: Iterable[Any]) -> int:
    weights = unique(weights)
    return _bytes_of(weights, map(K.get_variable_shape, weights))


def _trained_weights(model: Any) -> list[Any]:
    return [] if model.optimizer is None else to_list(model.trainable_weights)


def _bytes_of_optimizer(model: Any) -> int:
    """Returns what an optimizer keeps; before the first step by what it would keep of a
    small weight."""
    optimizer = model.optimizer
    if optimizer.weights:
        return _bytes_of_weights(optimizer.weights)
    try:
        other = type(optimizer).from_config(optimizer.get_config())
    except NotImplementedError:
        return 0
    probe = K.zeros(PROBE)
    other.get_updates([probe], {}, K.sum(K.square(probe)))
    shapes = [tuple(K.get_variable_shape(state)) for state in other.weights]
    kept_once = [
        state
        for state, shape in zip(other.weights, shapes, strict=True)
        if shape != PROBE
    ]
    trained = _bytes_of_weights(_trained_weights(model))
    return shapes.count(PROBE) * trained + _bytes_of_weights(kept_once)


def _cells(layer: LayerMemory) -> tuple[str, ...]:
    """Returns a row of the table."""
    shapes = ", ".join(str(shape) for shape in layer.shapes)
    return layer.layer, shapes, in_bytes(layer.weights), in_bytes(layer.activations)
