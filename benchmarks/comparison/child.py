"""One measurement: one contender on one case, in this process, which does nothing else."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from comparison.cases import CASES

Times = tuple[float, float]
"""Milliseconds of the clock, and of the processor."""


def measure(module: str, form: str, name: str, started: float, seconds: float) -> dict[str, Any]:
    """Returns milliseconds by measure, and the losses that all contenders must agree on.

    # Arguments
        started: `time.time()` before this process.
        seconds: about how long each measure may take.
    """
    case = CASES[name]
    before = now()
    made = importlib.import_module(f"comparison.{module}").Contender
    made.imported()
    found = {"import": since(before)}
    contender = made(name, form)
    x, y = case.data(case.batch * case.checked)
    losses = [contender.train_on_batch(x[: case.batch], y[: case.batch])]
    found["first batch"] = (1e3 * (time.time() - started), 1e3 * time.process_time())
    losses.append(contender.fit(x[case.batch :], y[case.batch :], 1, False, lambda: None))
    losses.append(contender.evaluate(x, y))
    x, y = case.data()
    found["fit"] = epochs(lambda n, tell: contender.fit(x, y, n, True, tell), case.steps, seconds)
    megabytes = peak_megabytes()
    found["evaluate"] = repeated(lambda: contender.evaluate(x, y), seconds / 2, case.steps)
    found["predict"] = repeated(lambda: contender.predict(x), seconds / 2, case.steps)
    found["one row"] = repeated(lambda: contender.predict(x[:1]), seconds / 4)
    rows = slice(case.batch)
    found["train_on_batch"] = repeated(lambda: contender.train_on_batch(x[rows], y[rows]), seconds / 2)
    return {"times": found, "megabytes": megabytes, "losses": losses}


def now() -> Times:
    """Returns both clocks, in seconds."""
    return time.perf_counter(), time.process_time()


def since(before: Times) -> Times:
    """Returns the time that has passed."""
    wall, processor = now()
    return 1e3 * (wall - before[0]), 1e3 * (processor - before[1])


def epochs(fit: Callable[[int, Callable[[], None]], Any], steps: int, seconds: float) -> Times:
    """Returns the median time of a step, over the epochs of one `fit` after the first."""
    marks: list[Times] = []
    fit(2, lambda: marks.append(now()))
    wanted = seconds / max(marks[1][0] - marks[0][0], 1e-6)
    marks.clear()
    fit(1 + int(np.clip(wanted, 3, 200)), lambda: marks.append(now()))
    walls, processors = (np.diff(clock) * 1e3 / steps for clock in zip(*marks, strict=True))
    return statistics.median(walls), statistics.median(processors)


def repeated(action: Callable[[], Any], seconds: float, steps: int = 1, least: int = 3) -> Times:
    """Returns the median time of an action that was done before, per step."""
    action()
    times: list[Times] = []
    end = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        before = now()
        action()
        times.append(since(before))
    wall, processor = (statistics.median(clock) / steps for clock in zip(*times, strict=True))
    return wall, processor


def peak_megabytes() -> float:
    """Returns the most memory that this process held."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status tells no VmHWM")


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
