"""The networks that are compared: sizes, data and first weights, as plain NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Weights = dict[str, list[Array]]
"""The arrays of each layer: a dense layer's or a convolution's kernel and bias, an
LSTM's W, U and b with the columns i, f, c, o, a normalisation's scale, shift, running
mean and running variance."""

RATE = 0.001
BETA_1 = 0.9
BETA_2 = 0.999
"""Of Adam."""
NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.99


@dataclass(frozen=True)
class Case:
    """A network and what it is trained on.

    # Arguments
        rows: samples in the training data; an epoch has `rows / batch` steps, the last
            of them maybe smaller.
        shape: a sample's.
        classes: width of the softmax; 1 for one sigmoid unit.
        checked: steps after which all losses must agree.
        draw: function of a random state that returns the first weights.
        tokens: number of different tokens, if a sample consists of them.
        normalizes: whether it normalizes batches, so that the loss of a training step
            isn't that of a prediction.
        only_predicts: whether nothing is trained.
        epsilon: Adam's. Where gradients are rounded much, a large one keeps losses
            comparable: Adam turns the sign of a tiny gradient into a whole step.
    """

    title: str
    batch: int
    rows: int
    shape: tuple[int, ...]
    classes: int
    checked: int
    draw: Callable[[np.random.RandomState], Weights]
    convolves: bool = False
    recurs: bool = False
    tokens: int = 0
    normalizes: bool = False
    only_predicts: bool = False
    epsilon: float = 1e-8

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return -(-self.rows // self.batch)

    def weights(self) -> Weights:
        """Returns the first weights."""
        return self.draw(np.random.RandomState(0))

    def data(self, rows: int | None = None) -> tuple[Array, Array]:
        """Returns samples and targets.

        The first of them are the same for any number of rows.
        """
        pool = min(1024, self.rows)
        draw = np.random.RandomState(1)
        rows = rows or self.rows
        if self.tokens:
            x = draw.randint(self.tokens, size=(pool, *self.shape)).astype("int32")
        else:
            x = draw.standard_normal((pool, *self.shape)).astype("float32")
        seen = x.reshape(pool, -1)[:, :20]
        scores = (seen - seen.mean(0)) @ draw.standard_normal(
            (seen.shape[1], self.classes)
        )
        y = scores > 0 if self.classes == 1 else np.eye(self.classes)[scores.argmax(1)]
        place = np.arange(rows) % pool
        return x[place], y.astype("float32")[place]


def kernel(draw: np.random.RandomState, *shape: int) -> Array:
    """Returns uniform weights, scaled by the numbers of inputs and outputs."""
    inputs = int(np.prod(shape[:-1]))
    outputs = int(np.prod(shape[:-2])) * shape[-1]
    limit = np.sqrt(6 / (inputs + outputs))
    return draw.uniform(-limit, limit, shape).astype("float32")


def affine(draw: np.random.RandomState, *shape: int) -> list[Array]:
    """Returns a kernel and a bias."""
    return [kernel(draw, *shape), np.zeros(shape[-1], "float32")]


def recurrent(draw: np.random.RandomState, features: int, units: int) -> list[Array]:
    """Returns W, U and b of an LSTM; the forget gate's bias is 1."""
    bias = np.zeros((4, units), "float32")
    bias[1] = 1
    blocks = [np.linalg.qr(draw.standard_normal((units, units)))[0] for _ in range(4)]
    return [
        kernel(draw, features, 4 * units),
        np.hstack(blocks).astype("float32"),
        bias.ravel(),
    ]


def _mlp(*sizes: int) -> Callable[[np.random.RandomState], Weights]:
    names = [*(f"hidden{i}" for i in range(1, len(sizes) - 1)), "output"]
    return lambda draw: {
        name: affine(draw, *pair)
        for name, pair in zip(names, itertools.pairwise(sizes), strict=True)
    }


def _cnn(draw: np.random.RandomState) -> Weights:
    return {
        "conv1": affine(draw, 3, 3, 1, 32),
        "conv2": affine(draw, 3, 3, 32, 32),
        "hidden1": affine(draw, 12 * 12 * 32, 128),
        "output": affine(draw, 128, 10),
    }


def _lstm(draw: np.random.RandomState) -> Weights:
    return {"lstm": recurrent(draw, 64, 128), "output": affine(draw, 128, 10)}


def _reviews(draw: np.random.RandomState) -> Weights:
    embedding = draw.uniform(-0.05, 0.05, (5000, 64)).astype("float32")
    both = [*recurrent(draw, 64, 64), *recurrent(draw, 64, 64)]
    return {
        "embedding": [embedding],
        "bidirectional": both,
        "output": affine(draw, 128, 1),
    }


STAGES = (16, 32, 64)
BLOCKS = 3


def blocks() -> list[tuple[str, int, int]]:
    """Returns the residual blocks of the ResNet: name, filters, stride."""
    return [
        (f"stage{stage + 1}_block{block + 1}", filters, 2 if stage and not block else 1)
        for stage, filters in enumerate(STAGES)
        for block in range(BLOCKS)
    ]


def _resnet(draw: np.random.RandomState) -> Weights:
    def norm(filters: int) -> list[Array]:
        return [np.full(filters, value, "float32") for value in (1, 0, 0, 1)]

    weights = {"conv": [kernel(draw, 3, 3, 3, STAGES[0])], "norm": norm(STAGES[0])}
    before = STAGES[0]
    for name, filters, stride in blocks():
        weights[f"{name}_conv1"] = [kernel(draw, 3, 3, before, filters)]
        weights[f"{name}_norm1"] = norm(filters)
        weights[f"{name}_conv2"] = [kernel(draw, 3, 3, filters, filters)]
        weights[f"{name}_norm2"] = norm(filters)
        if stride > 1:
            weights[f"{name}_short"] = [kernel(draw, 1, 1, before, filters)]
        before = filters
    return {**weights, "output": affine(draw, before, 10)}


CASES = {
    "a": Case("MLP 784-512-512-10", 128, 6400, (784,), 10, 6, _mlp(784, 512, 512, 10)),
    "b": Case("CNN on 28x28", 128, 2560, (28, 28, 1), 10, 4, _cnn, convolves=True),
    "c": Case("LSTM 128 over 80 steps", 32, 960, (80, 64), 10, 6, _lstm, recurs=True),
    "d": Case("MLP 20-64-64-1", 32, 32000, (20,), 1, 8, _mlp(20, 64, 64, 1)),
    "e": Case(
        "embedding + bidirectional LSTM",
        32,
        1000,
        (100,),
        1,
        5,
        _reviews,
        recurs=True,
        tokens=5000,
    ),
    "f": Case(
        "ResNet-20 on 32x32",
        32,
        256,
        (32, 32, 3),
        10,
        3,
        _resnet,
        convolves=True,
        normalizes=True,
        epsilon=0.1,
    ),
    "g": Case(
        "LSTM 128 over 600 steps",
        32,
        64,
        (600, 64),
        10,
        1,
        _lstm,
        recurs=True,
        only_predicts=True,
    ),
}
TRAINED = [name for name, case in CASES.items() if not case.only_predicts]
