"""What recurrent layers take on ONNX Runtime, where each is one node, beside the loops
of another backend.

    python3 run.py --group benchmark benchmarks/recurrent_nodes.py
        [--beside jax] [--units 64] [--rounds 9] [--kind LSTM]

Both predict the same batches in turns, in one process. The table tells the medians in
milliseconds, and the median of the ratios within a turn.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import layers
from oneiros.models import Sequential

KINDS = ("SimpleRNN", "GRU", "LSTM", "LSTM under a mask")
STEPS = (50, 600)
ROWS = (1, 32, 256)
FEATURES = 32


def network(kind: str, steps: int, units: int) -> Any:
    """Returns a recurrent layer and a dense one."""
    model = Sequential()
    shape = (steps, FEATURES)
    name = kind.partition(" ")[0]
    if kind == name:
        model.add(getattr(layers, name)(units, input_shape=shape))
    else:
        model.add(layers.Masking(input_shape=shape))
        model.add(getattr(layers, name)(units))
    model.add(layers.Dense(3))
    return model


def batch(rows: int, steps: int) -> np.ndarray:
    """Returns noise; every second row ends half way."""
    x = np.random.default_rng(0).normal(size=(rows, steps, FEATURES)).astype("float32")
    x[1::2, steps // 2 :] = 0
    return x


def milliseconds(predict: Callable[[], Any]) -> float:
    """Returns how long a call takes."""
    before = time.perf_counter()
    predict()
    return 1e3 * (time.perf_counter() - before)


def main() -> None:
    """Measures, and prints a line for each kind, length and number of rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--beside", default="jax", help="the other backend")
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--kind", action="append", choices=KINDS)
    chosen = parser.parse_args()
    backends = ("onnx", chosen.beside)
    print(f"{'layer':18}{'steps':>7}{'rows':>6}", *(f"{b:>10}" for b in backends))
    for kind in chosen.kind or KINDS:
        for steps in STEPS:
            models = {}
            for name in backends:
                with K.use(name):
                    models[name] = network(kind, steps, chosen.units)
            for rows in ROWS:
                line = measured(models, batch(rows, steps), chosen.rounds)
                print(f"{kind:18}{steps:7}{rows:6}", line, flush=True)


def measured(models: dict[str, Any], x: np.ndarray, rounds: int) -> str:
    """Returns the medians of each backend, and the ratio of the first to the second."""
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds + 1):
        for name, model in models.items():
            with K.use(name):
                times[name].append(milliseconds(partial(model.predict_on_batch, x)))
    onnx, other = (column[1:] for column in times.values())
    ratio = statistics.median(a / b for a, b in zip(onnx, other, strict=True))
    medians = (f"{statistics.median(column):10.2f}" for column in (onnx, other))
    return " ".join([*medians, f"{ratio:7.2f}"])


if __name__ == "__main__":
    main()
