"""Runs each contender in a process of its own, measures them in turn, and gathers the
figures.

In a round all processes are started and stay; then each measure is taken of one after
the other, in several turns of a fraction of a second. So what slows the machine for a
while meets contenders alike, and ratios are taken within a turn.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comparison.cases import Case, case_named
from comparison.limits import LIMITS

SECONDS = {
    "fit": 0.25,
    "evaluate": 0.12,
    "predict": 0.12,
    "one row": 0.05,
    "train_on_batch": 0.1,
}
"""About how long a turn of a measure takes."""
TURNS = 12
MEASURES = (
    "fit",
    "evaluate",
    "predict",
    "one row",
    "train_on_batch",
    "first batch",
    "import",
    "memory",
)
PREDICTING = ("onnx",)
"""The engines that don't train."""
PREDICTIONS = ("evaluate", "predict", "one row", "first batch", "import")
"""The measures of these."""
TOLERANCE = 1e-5
FAR_BEHIND = 1.5
"""A hand-written loop that took this many times the best one's time in a measure's
first turn takes no other turn of it, and no other round if that was so in each measure;
but for those that a limit names."""
NAMED = {limit.against for limit in LIMITS}
FIRST = (0, 0)


@dataclass(frozen=True)
class Contender:
    """Something that trains the cases.

    # Arguments
        kind: "oneiros", "keras3" or "hand".
        engine: "theano", "tensorflow", "jax", "onnx" or "torch"; what Keras 3 and
            hand-written loops share.
        needs: packages without which it is left out.
        compiles: whether it needs PyTorch's compiler.
    """

    name: str
    kind: str
    engine: str
    module: str
    form: str
    needs: tuple[str, ...]
    compiles: bool = False

    @property
    def missing(self) -> str:
        """Why it can't run here; empty if it can."""
        missing = [name for name in self.needs if not importlib.util.find_spec(name)]
        if missing:
            return f"not installed: {', '.join(missing)}"
        return fault_of_torch_compile() if self.compiles else ""

    def environment(self, folder: str) -> dict[str, str]:
        """Returns the environment of its process."""
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("ONEIROS_", "KERAS_"))
        }
        chosen = {"oneiros": "ONEIROS_BACKEND", "keras3": "KERAS_BACKEND"}.get(
            self.kind
        )
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "ONEIROS_KERAS_NAMESPACE": "0"}
        shared = {
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        }
        homes = {"KERAS_HOME": f"{folder}/keras", "ONEIROS_HOME": f"{folder}/oneiros"}
        return kept | quiet | shared | homes | ({chosen: self.engine} if chosen else {})


@functools.cache
def fault_of_torch_compile() -> str:
    """Returns the last line of what `torch.compile` says where it can't compile."""
    program = "import torch; torch.compile(lambda x: x + 1)(torch.ones(2))"
    command = [sys.executable, "-c", program]
    trial = subprocess.run(command, capture_output=True, text=True)
    if not trial.returncode:
        return ""
    return f"torch.compile fails: {trial.stderr.strip().splitlines()[-1]}"


def hand_written(case: Case) -> dict[str, list[str]]:
    """Returns the forms of the hand-written loops by engine."""
    hand = {
        "jax": ["step", "loop"],
        "tensorflow": ["step", "xla-step", "loop", "xla-loop"],
    }
    if case.convolves:
        hand = {
            "jax": ["step", "step-noynn"],
            "tensorflow": ["step", "loop", "xla-step"],
        }
    if case.is_large:
        hand = {"jax": ["step-noynn"], "tensorflow": ["step"]}
    if case.recurs:
        hand = {
            engine: [*forms, *(f"{form}-gradient" for form in forms)]
            for engine, forms in hand.items()
        }
    if case.only_predicts:
        hand = {}
    hand["torch"] = ["eager", "compiled"]
    if case.convolves:
        hand["torch"] += ["eager-freeing"]
    elif not case.recurs:
        hand["torch"] += ["eager-single", "compiled-single"]
    return hand


def contenders(case: Case) -> list[Contender]:
    """Returns those that make sense for a case."""
    listed = [ours(engine) for engine in ("theano", "tensorflow", "jax", "onnx")]
    for engine in ("tensorflow", "jax", "torch"):
        for steps in (1,) if engine == "torch" or case.is_large else (1, 16):
            name = f"keras3-{engine}" + ("-16" if steps > 1 else "")
            listed.append(
                Contender(
                    name, "keras3", engine, "keras3", str(steps), ("keras", engine)
                )
            )
    return [
        *listed,
        *(by_hand(e, form) for e, fs in hand_written(case).items() for form in fs),
    ]


def ours(engine: str) -> Contender:
    """Returns Oneiros."""
    needs = (f"oneiros_backend_{engine}",)
    return Contender(f"oneiros-{engine}", "oneiros", engine, "oneiros_case", "", needs)


def by_hand(engine: str, form: str) -> Contender:
    """Returns a hand-written loop."""
    return Contender(
        f"{engine}-{form}",
        "hand",
        engine,
        f"{engine}_loops",
        form,
        (engine,),
        compiles="compiled" in form,
    )


@dataclass
class Record:
    """The figures of one contender on one case.

    They are (wall, processor) milliseconds by measure, round and turn.

    Import, first batch and memory have a figure per round; of memory it is megabytes,
    twice.
    """

    contender: Contender
    figures: dict[str, dict[tuple[int, int], tuple[float, float]]] = field(
        default_factory=dict
    )
    losses: list[float] = field(default_factory=list)

    def add(self, measure: str, round_: int, turn: int, pair: Sequence[float]) -> None:
        """Adds a figure."""
        self.figures.setdefault(measure, {})[round_, turn] = pair[0], pair[1]

    def column(self, measure: str, clock: int) -> list[float]:
        """Returns a measure's figures by the wall clock (0) or the processor's (1)."""
        return [pair[clock] for pair in self.figures[measure].values()]

    def median(self, measure: str, clock: int) -> float:
        """Returns the median of all turns."""
        return statistics.median(self.column(measure, clock))

    def ratio(self, other: Record, measure: str, clock: int) -> float:
        """Returns the median of the ratios to another contender's figures of the same
        turns."""
        mine, theirs = self.figures[measure], other.figures[measure]
        return statistics.median(
            mine[at][clock] / theirs[at][clock] for at in mine.keys() & theirs.keys()
        )


Records = dict[str, Record]


def run(
    case: str,
    chosen: Sequence[Contender],
    rounds: int,
    turns: int,
    measures: Sequence[str],
    clock: int,
    tell: Callable[[str], None],
) -> Records:
    """Returns the records of a case by contender.

    # Arguments
        turns: times that each measure is taken of a process.
        measures: those that are wanted; memory is what training takes.
        clock: 0 or 1, by which it is judged who is far behind.
        tell: called with a line on what is done.
    """
    records: Records = {}
    taken = [
        m for m in SECONDS if m in measures or (m == "fit" and "memory" in measures)
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            among = [
                c
                for c in chosen
                if not (number and far_behind(c, records, taken, clock))
            ]
            with ExitStack() as stack:
                asked = {}
                for contender in among:
                    tell(f"{case} round {number + 1} of {rounds}: {contender.name}")
                    ask = asked[contender] = stack.enter_context(
                        process(case, contender, folder)
                    )
                    record = records.setdefault(contender.name, Record(contender))
                    _start(record, number, ask)
                for measure in taken:
                    tell(
                        f"{case} round {number + 1} of {rounds}: {measure}, "
                        f"{turns} turns"
                    )
                    for turn in range(turns):
                        _take(records, measure, (number, turn), asked, clock)
    return records


Ask = Callable[[dict[str, Any] | None], dict[str, Any]]


@contextmanager
def process(case: str, contender: Contender, folder: str) -> Iterator[Ask]:
    """Gives a function that passes a process a request, if any, and returns its next
    answer: the first batch's figures, then a turn's, or another case's first batch."""
    request = {
        "module": contender.module,
        "form": contender.form,
        "name": case,
        "started": time.time(),
    }
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(
            [sys.executable, "-m", "comparison.child", json.dumps(request)],
            text=True,
            cwd=Path(__file__).parent.parent,
            env=contender.environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as process,
    ):

        def ask(request: dict[str, Any] | None) -> dict[str, Any]:
            with suppress(BrokenPipeError):
                if request:
                    print(json.dumps(request), file=process.stdin, flush=True)
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                complaints.seek(0)
                raise SystemExit(
                    f"{contender.name} failed on case "
                    f"{case}:\n{complaints.read()[-4000:]}"
                )
            answer: dict[str, Any] = json.loads(line)
            return answer

        try:
            yield ask
        finally:
            process.kill()


def _start(record: Record, number: int, ask: Ask) -> None:
    answer = ask(None)
    for measure in ("import", "first batch"):
        record.add(measure, number, 0, answer[measure])
    record.losses = record.losses or answer["losses"]


def _take(
    records: Records,
    measure: str,
    at: tuple[int, int],
    asked: dict[Contender, Ask],
    clock: int,
) -> None:
    """Takes a turn of a measure of all contenders that aren't far behind in it."""
    behind = [
        c for c in asked if at != FIRST and far_behind(c, records, [measure], clock)
    ]
    for contender, ask in asked.items():
        if contender not in behind:
            answer = ask({"measure": measure, "seconds": SECONDS[measure]})
            records[contender.name].add(measure, *at, answer["times"])
            if measure == "fit":
                records[contender.name].add(
                    "memory", at[0], 0, [answer["megabytes"]] * 2
                )


def far_behind(
    contender: Contender, records: Records, measures: Sequence[str], clock: int
) -> bool:
    """Tells whether a hand-written loop was far from the best of its engine in some
    measures' first turns."""
    if contender.kind != "hand" or contender.name in NAMED or not measures:
        return False
    rivals = [
        r
        for r in records.values()
        if r.contender.kind == "hand" and r.contender.engine == contender.engine
    ]
    return all(
        records[contender.name].figures[measure][FIRST][clock]
        > FAR_BEHIND * min(rival.figures[measure][FIRST][clock] for rival in rivals)
        for measure in measures
    )


def same_maths(case: str, records: Records) -> list[Record]:
    """Returns the records whose losses must agree.

    Keras 3's optimizer on TensorFlow skips unused rows.
    """
    other = {("keras3", "tensorflow")} if case_named(case).tokens else set()
    return [
        r
        for r in records.values()
        if (r.contender.kind, r.contender.engine) not in other
    ]


def disagreement(records: Iterable[Record]) -> tuple[float, str]:
    """Returns the largest relative difference between two contenders' losses, and what
    differs.

    It is infinite if a loss isn't finite.
    """
    worst = 0.0
    where = ""
    named = [(record.contender.name, record.losses) for record in records]
    for place, what in enumerate(("first loss", "mean of the next", "loss after them")):
        losses = {name: values[place] for name, values in named if len(values) > place}
        if not losses:
            continue
        for name, loss in losses.items():
            if not math.isfinite(loss):
                return math.inf, f"{what}: {loss!r} of {name}"
        low = min(losses, key=losses.__getitem__)
        high = max(losses, key=losses.__getitem__)
        difference = (losses[high] - losses[low]) / abs(losses[low])
        if difference > worst:
            worst = difference
            where = f"{what}: {losses[low]!r} of {low}, {losses[high]!r} of {high}"
    return worst, where


def faults(case: str, records: Records) -> list[str]:
    """Returns what is wrong with the losses.

    Those of anyone that aren't finite, or else the disagreement.
    """
    broken = [r for r in records.values() if not all(map(math.isfinite, r.losses))]
    if broken:
        return [
            f"losses of {r.contender.name} that aren't finite: {r.losses}"
            for r in broken
        ]
    difference, where = disagreement(same_maths(case, records))
    return (
        [f"losses differ by {difference:.1e}, {where}"]
        if difference > TOLERANCE
        else []
    )


def best(
    records: Records, kind: str, engine: str, measure: str, clock: int
) -> Record | None:
    """Returns the fastest record of a kind on an engine.

    Theano's rivals are those of JAX.

    Those that dropped out aren't: a machine may have been faster in their turns.
    """
    engine = "jax" if engine == "theano" else engine
    rivals = [
        r
        for r in records.values()
        if (r.contender.kind, r.contender.engine) == (kind, engine)
    ]
    most = max((len(rival.figures[measure]) for rival in rivals), default=0)
    lasting = [rival for rival in rivals if len(rival.figures[measure]) == most]
    return min(lasting, key=lambda record: record.median(measure, clock), default=None)


def versions() -> dict[str, str]:
    """Returns the versions of what was measured."""
    ratios = {}
    for name in (
        "oneiros",
        "keras",
        "tensorflow",
        "jax",
        "onnxruntime",
        "torch",
        "pytensor",
        "numpy",
    ):
        try:
            ratios[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ratios
