"""Random data that fits a model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.engine.node import to_list

LENGTH = 32
"""What stands for sizes that the model leaves open, such as the number of steps."""
Array = Any
Shape = tuple[int, ...]


def input_shapes(model: Any) -> list[Shape]:
    """Returns the shape of one sample of each input."""
    return [
        tuple(size or LENGTH for size in shape[1:])
        for shape in model.internal_input_shapes
    ]


def sample_bytes(model: Any) -> int:
    """Returns the memory of one sample, roughly."""
    shapes = [*input_shapes(model), *(shape[1:] for shape in _output_shapes(model, 1))]
    return sum(4 * math.prod(shape) for shape in shapes)


def inputs(model: Any, rows: int) -> list[Array]:
    """Returns an array for each input: numbers in [0, 1), or indices.

    Indices fit the Embedding behind the input.
    """
    limits = _limits(model)
    arrays = []
    for tensor, shape, limit in zip(
        model.inputs, input_shapes(model), limits, strict=True
    ):
        if limit or "int" in K.dtype(tensor):
            arrays.append(
                np.random.randint(0, limit or 2, (rows, *shape)).astype("int32")
            )
        else:
            arrays.append(
                np.random.random_sample((rows, *shape)).astype(K.dtype(tensor))
            )
    return arrays


def targets(model: Any, rows: int) -> list[Array]:
    """Returns an array for each output: classes where the loss takes them."""
    outputs = _output_shapes(model, rows)
    return list(map(_target, model.loss_functions, model.target_shapes, outputs))


def _target(loss: Any, known: Any, output: Shape) -> Array:
    sizes = tuple(
        size or actual
        for size, actual in zip((known or output)[1:], output[1:], strict=True)
    )
    name = getattr(loss, "__name__", "")
    if name == "sparse_categorical_crossentropy":
        return np.random.randint(0, output[-1], (output[0], *sizes)).astype("int32")
    if name in ("categorical_crossentropy", "kullback_leibler_divergence"):
        return np.eye(output[-1], dtype=K.floatx())[
            np.random.randint(0, output[-1], output[:-1])
        ]
    return np.random.random_sample((output[0], *sizes)).astype(K.floatx())


def _output_shapes(model: Any, rows: int) -> list[Shape]:
    given = [(rows, *shape) for shape in input_shapes(model)]
    found = model.get_output_shape_for(given if len(given) > 1 else given[0])
    return [
        (rows, *shape[1:]) for shape in (found if isinstance(found, list) else [found])
    ]


def _limits(model: Any) -> list[int | None]:
    """Returns the smallest `input_dim` of the Embeddings on each input, or None."""
    nodes = [node for node in model.graph_nodes() if node.inbound_layers]
    found = []
    for source in to_list(model.inputs):
        uses = [
            (n.outbound_layer, i)
            for n in nodes
            for i, x in enumerate(n.input_tensors)
            if x is source
        ]
        found.append(
            min(
                filter(None, (_limit(layer, place) for layer, place in uses)),
                default=None,
            )
        )
    return found


def _limit(layer: Any, place: int) -> int | None:
    if isinstance(layer, Container):
        return _limits(layer)[place]
    if any(base.__name__ == "Embedding" for base in type(layer).__mro__):
        return int(layer.input_dim)
    return _limit(layer.layer, place) if hasattr(layer, "layer") else None
