"""Random data for a model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.engine.node import one_or_all, to_list

LENGTH = 32
"""Value for sizes that the model leaves open, such as the number of steps."""
Array = Any
Shape = tuple[int, ...]


def input_shapes(model: Any) -> list[Shape]:
    """Returns the shape of one sample of each input."""
    return [
        tuple(size or LENGTH for size in shape[1:])
        for shape in model.internal_input_shapes
    ]


def sample_bytes(model: Any) -> int:
    """Returns the approximate memory of one sample."""
    shapes = [*input_shapes(model), *(shape[1:] for shape in _output_shapes(model, 1))]
    return sum(4 * math.prod(shape) for shape in shapes)


def inputs(model: Any, rows: int) -> list[Array]:
    """Returns an array per input, with numbers in [0, 1) or indices.

    Indices fit the Embedding after the input.
    """
    described_inputs = zip(
        model.inputs, input_shapes(model), _limits(model), strict=True
    )
    return [
        _input(K.dtype(tensor), limit, (rows, *shape))
        for tensor, shape, limit in described_inputs
    ]


def _input(dtype: str, limit: int | None, shape: Shape) -> Array:
    if limit is None and "int" not in dtype:
        return np.random.random_sample(shape).astype(dtype)
    return np.random.randint(0, limit or 2, shape).astype("int32")


def targets(model: Any, rows: int) -> list[Array]:
    """Returns an array per output, with class numbers if the loss needs them."""
    outputs = _output_shapes(model, rows)
    return list(map(_target, model.loss_functions, model.target_shapes, outputs))


def _target(loss: Any, target_shape: Any, output: Shape) -> Array:
    """Returns random targets for an output with a fully known shape."""
    classes = output[-1]
    pairs = zip((target_shape or output)[1:], output[1:], strict=True)
    shape = (output[0], *(size or actual for size, actual in pairs))
    name = getattr(loss, "__name__", "")
    if name == "sparse_categorical_crossentropy":
        return np.random.randint(0, classes, shape).astype("int32")
    if name in ("categorical_crossentropy", "kullback_leibler_divergence"):
        numbers = np.random.randint(0, classes, output[:-1])
        return np.eye(classes, dtype=K.floatx())[numbers]
    return np.random.random_sample(shape).astype(K.floatx())


def _output_shapes(model: Any, rows: int) -> list[Shape]:
    inputs = [(rows, *shape) for shape in input_shapes(model)]
    outputs = model.get_output_shape_for(one_or_all(inputs))
    return [(rows, *shape[1:]) for shape in to_list(outputs)]


def _limits(model: Any) -> list[int | None]:
    """Returns the smallest `input_dim` of the Embeddings on each input, or None."""
    return [
        min(_limits_on(model, tensor), default=None) for tensor in to_list(model.inputs)
    ]


def _limits_on(model: Any, tensor: Any) -> Iterator[int]:
    """Yields the `input_dim` of each Embedding that is applied directly to an input."""
    for node in model.graph_nodes():
        if not node.inbound_layers:
            continue
        for place, input_tensor in enumerate(node.input_tensors):
            if input_tensor is not tensor:
                continue
            limit = _limit(node.outbound_layer, place)
            if limit is not None:
                yield limit


def _limit(layer: Any, place: int) -> int | None:
    if isinstance(layer, Container):
        return _limits(layer)[place]
    if any(base.__name__ == "Embedding" for base in type(layer).__mro__):
        return int(layer.input_dim)
    return _limit(layer.layer, place) if hasattr(layer, "layer") else None
