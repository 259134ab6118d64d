"""The networks that several processes train, as plain NumPy."""

from __future__ import annotations

import numpy as np
from comparison.cases import CASES as COMPARED
from comparison.cases import Case, Weights, affine, recurrent

KEPT = 0.5
"""The part of the LSTM's outputs that dropout keeps."""
WORDS = 100_000
WIDTH = 64


def _cnn(draw: np.random.RandomState) -> Weights:
    scale, shift, mean, variance = (np.full(32, v, "float32") for v in (1, 0, 0, 1))
    return {
        "conv1": affine(draw, 3, 3, 1, 32),
        "norm": [scale, shift, mean, variance],
        "conv2": affine(draw, 3, 3, 32, 32),
        "hidden1": affine(draw, 12 * 12 * 32, 128),
        "output": affine(draw, 128, 10),
    }


def _lstm(draw: np.random.RandomState) -> Weights:
    return {"lstm": recurrent(draw, 64, 128), "output": affine(draw, 128, 10)}


def _embedding(draw: np.random.RandomState) -> Weights:
    vectors = draw.uniform(-0.05, 0.05, (WORDS, WIDTH)).astype("float32")
    return {
        "embedding": [vectors],
        "hidden1": affine(draw, WIDTH, 64),
        "output": affine(draw, 64, 1),
    }


CASES = {
    "mlp": COMPARED["a"],
    "cnn": Case(
        "CNN with BatchNormalization on 28x28",
        128,
        1280,
        (28, 28, 1),
        10,
        4,
        _cnn,
        convolves=True,
        normalizes=True,
        epsilon=0.1,
    ),
    "lstm": Case(
        "LSTM 128 over 80 steps with dropout",
        128,
        1280,
        (80, 64),
        10,
        4,
        _lstm,
        recurs=True,
    ),
    "embedding": Case(
        f"Embedding {WORDS:,} x {WIDTH} of 100 words",
        128,
        3200,
        (100,),
        1,
        6,
        _embedding,
        tokens=WORDS,
        epsilon=0.1,
    ),
}
RESNET50 = Case("ResNet50 on 224x224", 256, 8, (224, 224, 3), 1000, 1, lambda draw: {})
"""Trained by `benchmarks/scale.py` alone, from Keras's first weights."""
ALL = {**CASES, "resnet50": RESNET50}
DROPS = {"lstm"}
"""Cases with dropout, where losses differ by the masks."""
