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
    """Returns an array per input: numbers in [0, 1), or indices that fit each Embedding
    of the model, if it has one."""
    limit = min(_sizes_of_embeddings(model), default=2)
    return [
        _input(K.dtype(tensor), limit, (rows, *shape))
        for tensor, shape in zip(model.inputs, input_shapes(model), strict=True)
    ]


def _input(dtype: str, limit: int, shape: Shape) -> Array:
    if limit > 2 or "int" in dtype:
        return np.random.randint(0, limit, shape).astype("int32")
    return np.random.random_sample(shape).astype(dtype)


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


def _sizes_of_embeddings(model: Any) -> Iterator[int]:
    """Yields the `input_dim` of each Embedding, also in models and wrappers."""
    for layer in model.layers:
        inner = getattr(layer, "layer", layer)
        if isinstance(inner, Container):
            yield from _sizes_of_embeddings(inner)
        elif any(base.__name__ == "Embedding" for base in type(inner).__mro__):
            yield int(inner.input_dim)
