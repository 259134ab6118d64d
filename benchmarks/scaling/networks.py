"""What a step of a network costs, counted from its layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from distributed.cases import ALL
from distributed.with_oneiros import NETWORKS
from oneiros import backend as K

BYTES = 4
"""Of a number."""
PASSES = 3
"""A step does the products of the layers once forwards, and twice for the gradients."""
KEPT_BY_LSTM = 7
"""Values that an LSTM keeps for each unit and step."""
SUMS_OF_STATISTICS = 6
"""Arrays that devices sum for a BatchNormalization, two of them for its weights."""
WAITS_FOR_STATISTICS = 4
"""How often devices wait for such sums, one after the other."""
SUMMED_FOR_LSTM = 3
"""The gates' gradients are summed as three arrays."""


@dataclass(frozen=True)
class Network:
    """What training costs.

    # Properties
        name, title: str, the case of `benchmarks/distribution.py`, and what it is.
        batch: int, rows of a batch.
        flops: float, operations that a row takes in a step.
        parameters: int, how many are trained.
        sums: int, how many arrays the devices sum.
        waits: int, how often they wait for sums before they know the gradients.
        activations: float, the bytes kept for a row.
        embedded: int, the parameters that `shard` can split.
    """

    name: str
    title: str
    batch: int
    flops: float
    parameters: int
    sums: int
    waits: int
    activations: float
    embedded: int

    @property
    def gradients(self) -> int:
        """Bytes."""
        return BYTES * self.parameters


def networks() -> Iterator[Network]:
    """Yields the five networks."""
    for name, case in ALL.items():
        model = NETWORKS[name]()
        layers = model.layers
        trained = K.batch_get_value(model.trainable_weights)
        yield Network(
            name=name,
            title=case.title,
            batch=case.batch,
            flops=2.0 * PASSES * sum(map(multiplications, layers)),
            parameters=sum(array.size for array in trained),
            sums=sum(map(summed_arrays, layers)),
            waits=WAITS_FOR_STATISTICS * sum(map(is_normalization, layers)),
            activations=BYTES * sum(map(kept_values, layers)),
            embedded=sum(
                layer.count_params() for layer in layers if is_embedding(layer)
            ),
        )


def is_normalization(layer: Any) -> bool:
    """Returns whether a layer needs statistics of the batch."""
    return type(layer).__name__ == "BatchNormalization"


def is_embedding(layer: Any) -> bool:
    """Returns whether a layer looks rows up."""
    return type(layer).__name__ == "Embedding"


def summed_arrays(layer: Any) -> int:
    """Returns how many arrays the devices sum for a layer."""
    if is_normalization(layer):
        return SUMS_OF_STATISTICS
    if type(layer).__name__ == "LSTM":
        return SUMMED_FOR_LSTM
    return len(layer.trainable_weights)


def multiplications(layer: Any) -> int:
    """Returns how many a row takes: each kernel is used at each position."""
    if is_embedding(layer):
        return 0
    kernels = sum(array.size for array in layer.get_weights() if array.ndim > 1)
    return kernels * positions(layer)


def positions(layer: Any) -> int:
    """Returns how many places of an image, or steps, a layer has."""
    kind = type(layer).__name__
    if kind == "Convolution2D":
        return int(np.prod(layer.output_shape[1:3]))
    if kind == "LSTM":
        return int(layer.input_shape[1])
    return 1


def kept_values(layer: Any) -> int:
    """Returns how many values of a row are kept for the gradients."""
    if type(layer).__name__ == "LSTM":
        return int(KEPT_BY_LSTM * layer.input_shape[1] * layer.output_dim)
    return int(np.prod(layer.output_shape[1:]))
