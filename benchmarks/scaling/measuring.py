"""Measures this machine: steps of one process, sums over processes, and steps of
several."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Sequence

from distributed.cases import ALL
from distributed.team import Contender, Team, started

from scaling.machines import Figures

PROCESSES = (2, 4)
PARTS = (1, 2, 4)
"""Into which a batch is split."""
ROWS = {"resnet50": 8}
"""The batch that is measured, if not the case's."""
TURNS = 7
TURNS_OF_LONG_STEPS = 2
LONG = 0.5
"""Seconds."""
SMALL = 1
LARGE = 4_000_000
"""Numbers of the arrays whose sums are timed."""
Cores = Sequence[set[int]] | None
FIRST_CORE = [{min(os.sched_getaffinity(0))}]
Tell = Callable[[str], None]


def measure(tell: Tell) -> Figures:
    """Returns the figures of this machine.

    # Arguments
        tell: called with a line on what is done.
    """
    one_core: dict[str, dict[str, float]] = {}
    all_cores: dict[str, dict[str, float]] = {}
    together: dict[str, dict[str, float]] = {}
    for name, case in ALL.items():
        batch = ROWS.get(name, case.batch)
        sizes = [batch // part for part in PARTS]
        for kept, cores in ((one_core, FIRST_CORE), (all_cores, None)):
            kept[name] = {}
            for rows in sizes:
                kept[name][str(rows)] = step(name, 1, rows, cores)
            tell(f"{name}, one process, cores {cores or 'all'}: {kept[name]}")
        together[name] = {}
        for processes in PROCESSES:
            seconds = step(name, processes, batch)
            together[name][str(processes)] = seconds
            tell(f"{name}, {processes} processes: {seconds}")
    sums = {}
    for processes in PROCESSES:
        sums[str(processes)] = [sum_over(processes, count) for count in (SMALL, LARGE)]
        tell(f"sums over {processes} processes: {sums[str(processes)]}")
    small, large = sums["2"]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "latency": small / 2,
        "bandwidth": 4 * LARGE / (large - small),
        "one core": one_core,
        "all cores": all_cores,
        "sums": sums,
        "together": together,
    }


def step(name: str, processes: int, rows: int, cores: Cores = None) -> float:
    """Returns the seconds of a step of Oneiros."""
    contender = Contender("with_oneiros", engine="jax")
    with started(contender, name, processes, rows, cores) as team:
        team.answers()
        return _median(team)


def sum_over(processes: int, count: int) -> float:
    """Returns the seconds in which so many numbers are summed over processes."""
    contender = Contender("sums", form=json.dumps(count))
    with started(contender, "mlp", processes) as team:
        team.answers()
        return _median(team)


def _median(team: Team) -> float:
    is_long = team.step(1).wall > LONG
    turns = TURNS_OF_LONG_STEPS if is_long else TURNS
    return statistics.median(team.step(2).wall for _ in range(turns))
