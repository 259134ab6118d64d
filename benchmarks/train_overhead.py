"""What the kernel adds to each `train_on_batch`, and to building a model.

The compiled functions return constants, and the layers' own work is nothing.

    python benchmarks/train_overhead.py

Prints quartiles in microseconds, for a classifier with one input and one output, and
for a model with two of each; then the same per batch of a `fit`, where batches come in
runs, and what building a model of 50 layers takes. The classifier must stay below 50 µs
and the model below 100 ms.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from oneiros import backend as K
from oneiros.engine.layer import Layer
from oneiros.layers import Dense, Input, merge
from oneiros.models import Model, Sequential
from oneiros_backend_toolkit.function import Function

LIMIT = 50.0
BUILDING_LIMIT = 100.0
CALLS = 3000
BATCH = 32


class Constant(Function):
    """A function that checks what it is given and returns the same values each time."""

    def __init__(self, model: Model) -> None:
        inputs = [*model.inputs, *model.targets, *model.sample_weights]
        super().__init__(K.current(), inputs, [], [])
        self.values = [np.float32(0.5)] * len(model.metrics_names)

    def run(self, arrays: list[np.ndarray], phase: int | None) -> list[np.float32]:
        return self.values

    def loop(
        self, handle: object, index: np.ndarray, phase: int | None = None
    ) -> list[np.ndarray]:
        return [np.full(len(index), value) for value in self.values]


def classifier() -> tuple[Sequential, np.ndarray, np.ndarray]:
    model = Sequential(
        [Dense(16, activation="relu", input_dim=20), Dense(4, activation="softmax")]
    )
    model.compile(
        loss="categorical_crossentropy", optimizer="sgd", metrics=["accuracy"]
    )
    model.model.train_function = Constant(model.model)
    x = np.random.random((BATCH, 20)).astype("float32")
    y = np.eye(4, dtype="float32")[np.random.randint(0, 4, BATCH)]
    return model, x, y


def two_by_two() -> tuple[Model, list[np.ndarray], list[np.ndarray]]:
    a, b = Input((20,)), Input((10,))
    joined = merge([Dense(8)(a), Dense(8)(b)], mode="concat")
    model = Model([a, b], [Dense(4, activation="softmax")(joined), Dense(1)(joined)])
    model.compile(loss=["categorical_crossentropy", "mse"], optimizer="sgd")
    model.train_function = Constant(model)
    x = [np.random.random((BATCH, n)).astype("float32") for n in (20, 10)]
    classes = np.random.randint(0, 4, BATCH)
    values = np.random.random((BATCH, 1))
    return model, x, [np.eye(4, dtype="float32")[classes], values.astype("float32")]


def microseconds(call, calls: int = CALLS) -> list[float]:
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.quantiles(times[calls // 10 :], n=4)


def fit_per_batch(batches: int = 2000) -> list[float]:
    model, x, y = classifier()
    x, y = np.tile(x, (batches, 1)), np.tile(y, (batches, 1))
    return [
        us / batches
        for us in microseconds(lambda: model.fit(x, y, BATCH, 1, verbose=0), calls=10)
    ]


class Free(Layer):
    """A layer whose own work is nothing: it returns a placeholder that is there."""

    placeholders = iter(())

    def call(self, x, mask=None):
        return next(self.placeholders)


def building(runs: int = 5) -> float:
    """Returns the milliseconds that 50 layers take, in the best of some runs."""
    best = float("inf")
    for _ in range(runs):
        Free.placeholders = iter([K.placeholder((None, 3)) for _ in range(50)])
        layers = [Free(input_shape=(3,)), *(Free() for _ in range(49))]
        start = time.perf_counter()
        Sequential(layers).build()
        best = min(best, (time.perf_counter() - start) * 1e3)
    return best


def main() -> int:
    median = 0.0
    print(
        f"{CALLS} calls, batches of {BATCH}; µs: lower quartile, median, upper quartile"
    )
    for name, (model, x, y) in (
        ("2 inputs, 2 outputs", two_by_two()),
        ("classifier", classifier()),
    ):
        quartiles = microseconds(
            lambda model=model, x=x, y=y: model.train_on_batch(x, y)
        )
        median = quartiles[1]
        print(f"{name:>24}: " + "  ".join(f"{us:6.1f}" for us in quartiles))
    print(
        f"{'fit, per batch':>24}: " + "  ".join(f"{us:6.1f}" for us in fit_per_batch())
    )
    print(f"train_on_batch of the classifier: {median:.1f} µs of {LIMIT:.0f}")
    milliseconds = building()
    print(f"building 50 layers: {milliseconds:.1f} ms of {BUILDING_LIMIT:.0f}")
    return int(median > LIMIT or milliseconds > BUILDING_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
