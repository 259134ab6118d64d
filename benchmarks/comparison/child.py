"""One contender on one case.

A process that measures what it is asked to, and otherwise sleeps.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from comparison.cases import case_named

Times = tuple[float, float]
"""Milliseconds of the clock, and of the processor."""
Answer = dict[str, Any]


class Measured:
    """A contender that has trained its first batches.

    # Arguments
        started: `time.time()` before this process.
    """

    def __init__(self, module: str, form: str, name: str, started: float) -> None:
        case = case_named(name)
        before = now()
        made = importlib.import_module(f"comparison.{module}").Contender
        made.imported()
        self.first: Answer = {"import": since(before)}
        self.contender = made(name, form)
        self.case = case
        x, y = case.data(case.batch * case.checked)
        first = x[: case.batch], y[: case.batch]
        trains = getattr(self.contender, "trains", True) and not case.only_predicts
        first_batch = (
            self.contender.train_on_batch if trains else self.contender.evaluate
        )
        losses = [first_batch(*first)]
        self.first["first batch"] = (
            1e3 * (time.time() - started),
            1e3 * time.process_time(),
        )
        if trains:
            rest = x[case.batch :], y[case.batch :]
            losses.append(self.contender.fit(*rest, 1, False, lambda: None))
            losses.append(self.contender.evaluate(x, y))
        elif case.normalizes:
            losses = []
        self.first["losses"] = losses
        self.x, self.y = case.data()
        self.epochs = 0

    def turn(self, measure: str, seconds: float) -> Answer:
        """Returns the milliseconds of a measure, and the most memory held until then,
        in megabytes.

        # Arguments
            seconds: about how long it may take, but for what is compiled at first.
        """
        times: Times = getattr(self, "_" + measure.replace(" ", "_"))(seconds)
        return {"times": times, "megabytes": peak_megabytes()}

    def _fit(self, seconds: float) -> Times:
        def fit(epochs: int) -> list[Times]:
            marks: list[Times] = []
            self.contender.fit(
                self.x, self.y, epochs, True, lambda: marks.append(now())
            )
            return marks

        if not self.epochs:
            fit(2)
            marks = fit(2)
            self.epochs = 1 + int(
                np.clip(seconds / max(marks[1][0] - marks[0][0], 1e-6), 1, 200)
            )
        marks = fit(self.epochs)
        walls, processors = (
            np.diff(clock) * 1e3 / self.case.steps for clock in zip(*marks, strict=True)
        )
        return statistics.median(walls), statistics.median(processors)

    def _evaluate(self, seconds: float) -> Times:
        return repeated(
            lambda: self.contender.evaluate(self.x, self.y), seconds, self.case.steps
        )

    def _predict(self, seconds: float) -> Times:
        return repeated(
            lambda: self.contender.predict(self.x), seconds, self.case.steps
        )

    def _one_row(self, seconds: float) -> Times:
        return repeated(lambda: self.contender.predict(self.x[:1]), seconds)

    def _train_on_batch(self, seconds: float) -> Times:
        x = self.x[: self.case.batch]
        y = self.y[: self.case.batch]
        return repeated(lambda: self.contender.train_on_batch(x, y), seconds)


def now() -> Times:
    """Returns both clocks, in seconds."""
    return time.perf_counter(), time.process_time()


def since(before: Times) -> Times:
    """Returns the time that has passed."""
    wall, processor = now()
    return 1e3 * (wall - before[0]), 1e3 * (processor - before[1])


def repeated(
    action: Callable[[], Any], seconds: float, steps: int = 1, least: int = 2
) -> Times:
    """Returns the median time of an action after the first, per step."""
    action()
    times: list[Times] = []
    end = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        before = now()
        action()
        times.append(since(before))
    wall, processor = (
        statistics.median(clock) / steps for clock in zip(*times, strict=True)
    )
    return wall, processor


def peak_megabytes() -> float:
    """Returns the most memory that this process held."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status tells no VmHWM")


def answer() -> None:
    """Answers each line of the standard input with one of the standard output, until
    the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def tell(answer: Answer) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    start = json.loads(sys.argv[1])
    measured = Measured(**start)
    tell(measured.first)
    for line in sys.stdin:
        request = json.loads(line)
        if "name" in request:
            measured = Measured(**start | request)
            tell(measured.first)
        else:
            tell(measured.turn(**request))


if __name__ == "__main__":
    answer()
