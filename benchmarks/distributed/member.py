"""One process of a contender.

It answers each line of the standard input with one of the standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time

import numpy as np

from distributed.cases import CASES
from distributed.team import Place


def answer() -> None:
    """Trains the first batches; then so many epochs as each line says."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, form, name, place = json.loads(sys.argv[1])
    case = CASES[name]
    contender = importlib.import_module(f"distributed.{module}").Contender(
        name, form, Place(**place)
    )
    first = case.data(case.batch * case.checked)
    loss = contender.fit(*first, 1, False, lambda: None)
    print(loss, file=answers, flush=True)
    x, y = case.data()
    for line in sys.stdin:
        np.random.seed(0)
        marks = [time.perf_counter()]
        contender.fit(x, y, int(line), True, lambda: marks.append(time.perf_counter()))
        epochs = np.diff(marks[1:])
        print(statistics.median(epochs) / case.steps, file=answers, flush=True)


if __name__ == "__main__":
    answer()
