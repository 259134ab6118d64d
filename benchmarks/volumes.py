"""Training on volumes: three layers of Convolution3D, with the plugin
oneiros-jax-support and without it, or in this checkout and another one.

    python3 run.py benchmarks/volumes.py [--engine jax] [--turns 15] [--rounds 3]
    python3 run.py benchmarks/volumes.py --other ../before

Both variants have a process of their own. They take turns of a few steps, the first
place in a turn alternates, and each round starts new processes. The table tells the
median milliseconds of a step of both variants, and the median of the turns' ratios, by
the wall clock and by processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ENGINES = ("theano", "jax")
MEASURES = ("train_on_batch", "predict")
SAMPLES = 16
SHAPE = (16, 32, 32, 3)
CLASSES = 10
STEPS = 3
"""Of a turn."""
ANSWER = "--answer"
WITHOUT = "--without"
"""Arguments of a process that trains, and of one that leaves the plugin alone."""

Times = tuple[float, float]
"""Milliseconds by the wall clock and of the processor."""


# A process that trains


def network() -> Any:
    """Returns a model of three convolutions."""
    from oneiros.layers import Convolution3D, Dense, Flatten, MaxPooling3D
    from oneiros.models import Sequential

    settings: dict[str, Any] = {"border_mode": "same", "dim_ordering": "tf"}
    model = Sequential(
        [
            Convolution3D(
                16, 3, 3, 3, activation="relu", input_shape=SHAPE, **settings
            ),
            MaxPooling3D((1, 2, 2), dim_ordering="tf"),
            Convolution3D(32, 3, 3, 3, activation="relu", **settings),
            MaxPooling3D((2, 2, 2), dim_ordering="tf"),
            Convolution3D(64, 3, 3, 3, activation="relu", **settings),
            MaxPooling3D((2, 2, 2), dim_ordering="tf"),
            Flatten(),
            Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model


def leave_plugin_alone() -> None:
    """Lets no derivative be large enough for machine code."""
    from oneiros_jax_support import convolutions

    vars(convolutions)["LARGE"] = float("inf")


def answer() -> None:
    """Answers each line of the standard input, a measure, with its times."""
    if WITHOUT in sys.argv:
        leave_plugin_alone()
    random = np.random.RandomState(0)
    x = random.standard_normal((SAMPLES, *SHAPE)).astype("float32")
    y = np.eye(CLASSES, dtype="float32")[random.randint(CLASSES, size=SAMPLES)]
    model = network()
    actions: dict[str, Callable[[], Any]] = {
        "train_on_batch": lambda: model.train_on_batch(x, y),
        "predict": lambda: model.predict(x, SAMPLES),
    }
    for line in sys.stdin:
        print(json.dumps(timed(actions[line.strip()])), flush=True)


def timed(action: Callable[[], Any]) -> Times:
    """Returns the time of a step, of some."""
    wall = time.perf_counter()
    processor = time.process_time()
    for _ in range(STEPS):
        action()
    return (
        1e3 * (time.perf_counter() - wall) / STEPS,
        1e3 * (time.process_time() - processor) / STEPS,
    )


# The process that asks


@dataclass(frozen=True)
class Variant:
    """What is compared: a checkout, and the arguments of its process."""

    name: str
    folder: Path
    arguments: tuple[str, ...] = ()


class Training:
    """A process that trains a variant's network."""

    def __init__(self, variant: Variant, engine: str) -> None:
        environment = os.environ | {
            "ONEIROS_BACKEND": engine,
            "ONEIROS_KERAS_NAMESPACE": "0",
        }
        environment.pop("PYTHONPATH", None)
        python = variant.folder / ".venv" / "bin" / "python"
        self.process = subprocess.Popen(
            [python, __file__, ANSWER, *variant.arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def turn(self, measure: str) -> Times:
        """Returns the times of a measure."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(measure + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args!r} ended with {self.process.wait()}")
        wall, processor = json.loads(line)
        return wall, processor

    def close(self) -> None:
        """Ends the process."""
        self.process.communicate()


def one_round(
    variants: tuple[Variant, Variant], engine: str, turns: int
) -> dict[str, list[tuple[Times, Times]]]:
    """Returns the times of both variants by measure, of two new processes."""
    times: dict[str, list[tuple[Times, Times]]] = {}
    with ExitStack() as stack:
        trainings = []
        for variant in variants:
            training = Training(variant, engine)
            stack.callback(training.close)
            trainings.append(training)
        first, second = trainings
        for measure in MEASURES:
            first.turn(measure)
            second.turn(measure)
            times[measure] = []
            for turn in range(turns):
                if turn % 2:
                    there = second.turn(measure)
                    here = first.turn(measure)
                else:
                    here = first.turn(measure)
                    there = second.turn(measure)
                times[measure].append((here, there))
    return times


def row(measure: str, turns: list[tuple[Times, Times]]) -> str:
    """Returns a line of the table."""
    cells = []
    for clock in range(2):
        here = [first[clock] for first, _ in turns]
        there = [second[clock] for _, second in turns]
        ratios = [a / b for a, b in zip(here, there, strict=True)]
        medians = map(statistics.median, (here, there, ratios))
        cells.append("{:8.1f} {:8.1f} {:6.3f}".format(*medians))
    return f"{measure:15}" + "  ".join(cells)


def main() -> None:
    """Runs and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--other", type=Path, help="folder of the other checkout")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    root = Path(__file__).resolve().parent.parent
    other = Variant("without", root, (WITHOUT,))
    if chosen.other:
        other = Variant("other", chosen.other.resolve())
    head = f"{'here':>8} {other.name:>8} {'ratio':>6}"
    for engine in chosen.engine or ENGINES:
        print(f"{engine:15}{head}  {head}   (wall, processor)")
        variants = Variant("here", root), other
        rounds = [
            one_round(variants, engine, chosen.turns) for _ in range(chosen.rounds)
        ]
        for measure in MEASURES:
            turns = [pair for times in rounds for pair in times[measure]]
            print(row(measure, turns), flush=True)


if __name__ == "__main__":
    if ANSWER in sys.argv:
        answer()
    else:
        main()
