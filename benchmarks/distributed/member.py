"""One process of a contender.

It answers each line of the standard input with one of the standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
from comparison.cases import Array

from distributed.cases import ALL
from distributed.team import Place


def answer() -> None:
    """Trains the first batches; then so many epochs as each line says."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, form, name, described = json.loads(sys.argv[1])
    place = Place(**described)
    if place.cores:
        os.sched_setaffinity(0, place.cores)
    case = replace(ALL[name], batch=place.batch)
    made = importlib.import_module(f"distributed.{module}").Contender
    contender = made(name, case, form, place)
    first = case.data(case.batch * case.checked)
    print(contender.fit(*first, 1, False, lambda: None), file=answers, flush=True)
    x, y = case.data()
    for line in sys.stdin:
        wall, processor = epochs(contender, x, y, int(line)) / case.steps
        print(wall, processor, file=answers, flush=True)


def epochs(contender: Any, x: Array, y: Array, count: int) -> Array:
    """Returns the seconds of an epoch, by the clock and of the processor: the medians
    of all but the first."""
    marks: list[tuple[float, float]] = []
    np.random.seed(0)

    def mark() -> None:
        marks.append((time.perf_counter(), time.process_time()))

    contender.fit(x, y, count, True, mark)
    seconds: Array = np.median(np.diff(marks, axis=0), axis=0)
    return seconds


if __name__ == "__main__":
    answer()
