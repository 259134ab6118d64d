"""Measures this machine: steps of one process, and of several that train together."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from distributed.cases import ALL
from distributed.team import Contender, Team, started

from scaling.machines import ROWS, Figures

PROCESSES = (2, 4)
PARTS = (1, 2, 4)
"""Into which a batch is split."""
TURNS = 5
TURNS_OF_LONG_EPOCHS = 2
SECONDS = 0.5
"""How long a turn takes at least."""
LONG = 5.0
"""Seconds of a long epoch."""
QUIET = 0.05
"""The part of a core that other programs may take."""
MOST = 3
"""How many times as many turns as are wanted are taken at most."""
CORES = sorted(os.sched_getaffinity(0))
CONTENDER = Contender("with_oneiros", engine="jax")
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
        one_core[name] = {str(rows): on_each_core(name, rows) for rows in sizes}
        tell(f"{name}, a process on each core: {one_core[name]}")
        all_cores[name] = {str(rows): step(name, 1, rows) for rows in sizes}
        tell(f"{name}, one process: {all_cores[name]}")
        together[name] = {str(n): step(name, n, batch) for n in PROCESSES}
        tell(f"{name}, processes that train together: {together[name]}")
    return {
        "cores": len(CORES),
        "one core": one_core,
        "all cores": all_cores,
        "together": together,
    }


def step(name: str, processes: int, rows: int) -> float:
    """Returns the seconds of a step of Oneiros."""
    with started(CONTENDER, name, processes, rows) as team:
        team.answers()
        return _median([team])


def on_each_core(name: str, rows: int) -> float:
    """Returns the seconds of a step of a process on one core, while the other cores do
    the same: they share the memory."""
    with ExitStack() as stack:
        teams = [
            stack.enter_context(started(CONTENDER, name, 1, rows, [{core}]))
            for core in CORES
        ]
        for team in teams:
            team.answers()
        return _median(teams)


def _median(teams: list[Team]) -> float:
    """Returns the median of turns in which other programs computed least.

    Takes turns until there are enough in which they were quiet.
    """
    epoch = _step(teams, 1) * teams[0].steps
    epochs = max(2, math.ceil(SECONDS / epoch))
    is_long = epoch > LONG
    wanted = TURNS_OF_LONG_EPOCHS if is_long else TURNS
    turns: list[tuple[float, float]] = []
    quiet = 0
    while quiet < wanted and len(turns) < MOST * wanted:
        before = others(teams), time.perf_counter()
        seconds = _step(teams, epochs)
        passed = time.perf_counter() - before[1]
        share = (others(teams) - before[0]) / passed
        turns.append((share, seconds))
        quiet += share < QUIET
    return statistics.median(seconds for _, seconds in sorted(turns)[:wanted])


def _step(teams: list[Team], epochs: int) -> float:
    with ThreadPoolExecutor() as pool:
        steps = list(pool.map(lambda team: team.step(epochs), teams))
    return statistics.mean(each.wall for each in steps)


def others(teams: list[Team]) -> float:
    """Returns the seconds that all cores have computed for other programs."""
    ticks = os.sysconf("SC_CLK_TCK")
    user, nice, system, _, _, *interrupts = _numbers("/proc/stat", 1)[:8]
    all_seconds = (user + nice + system + sum(interrupts)) / ticks
    own = 0.0
    for member in chain.from_iterable(team.members for team in teams):
        own += sum(_numbers(f"/proc/{member.pid}/stat", 13)[:2]) / ticks
    return all_seconds - own


def _numbers(path: str, start: int) -> list[int]:
    line = Path(path).read_text(encoding="utf-8").splitlines()[0]
    return [int(word) for word in line.split()[start:]]
