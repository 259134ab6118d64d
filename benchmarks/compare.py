"""Oneiros beside Keras 3, and beside the best loops written by hand for the same
engines and in PyTorch.

    python3 run.py --group benchmark benchmarks/compare.py [--case d] [--measure fit]
        [--engine jax] [--rounds 3] [--quick] [--clock processor] [--json FILE]

Every contender trains the same network from the same weights on the same batches, in a
process of its own, started anew in each round. Within a round each measure is taken in
turns of a fraction of a second, so that what slows the machine for a while meets all of
them. The losses must agree to 1e-5 (but for Keras 3's of case e on TensorFlow, where it
leaves an embedding's unused rows as they are). The tables tell medians and spreads in
milliseconds (per batch; per call for one row and train_on_batch), processor time, the
medians of the turns' ratios to the engine's best hand-written loop, to Keras 3 on that
engine and to PyTorch's best loop, and whether they are within the limits. Where other
work shares the machine, `--clock processor` takes the ratios from processor time. Fails
if losses differ or aren't finite, or a limit is missed.
PyTorch isn't part of the environment, as its CUDA build takes 3 GB. After the first
`python3 run.py`, `.uv/bin/uv pip install torch` adds it. What `torch.compile` compiled
stays in a cache; the first run of a case takes minutes longer.
The engine `onnx` only predicts, and so does case g, with long sequences: name these,
and what to measure, as in `--case g --engine onnx --engine jax --measure predict
--measure "one row"`; the first loss is compared.
By default the cases are a to f. "deep", a hundred dense layers ("deep 50": fifty), and
"resnet50" take minutes a contender; ResNet50 needs 3 GB for each, so name the engines
if that is too much: `--case resnet50 --engine jax --engine torch --quick --measure fit
--measure predict --measure "first batch" --measure memory`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

GROUP = ("keras", "rich", "jax")


def known_case(name: str) -> str:
    """Returns the name of a case."""
    from comparison.cases import case_named

    case_named(name)
    return name


def options() -> argparse.Namespace:
    """Returns the command line's."""
    from comparison.run import MEASURES

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", action="append", type=known_case)
    parser.add_argument("--measure", action="append", choices=MEASURES)
    parser.add_argument(
        "--engine",
        action="append",
        choices=["theano", "tensorflow", "jax", "onnx", "torch"],
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of two turns")
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
    parser.add_argument("--json", type=Path, help="file for all figures")
    return parser.parse_args()


def main() -> int:
    """Runs, prints, draws; 1 if a limit is missed."""
    missing = [name for name in GROUP if not importlib.util.find_spec(name)]
    if missing:
        print(
            f"Not installed: {', '.join(missing)}. Type: "
            "python3 run.py --group benchmark benchmarks/compare.py",
            file=sys.stderr,
        )
        return 2
    from comparison import run, table
    from comparison.cases import USUAL, case_named
    from rich.console import Console

    chosen = options()
    console = Console(width=200)
    clock = ["wall", "processor"].index(chosen.clock)
    measures = chosen.measure or run.MEASURES
    rounds = 1 if chosen.quick else chosen.rounds
    turns = 2 if chosen.quick else run.TURNS
    engines = {*(chosen.engine or ("theano", "tensorflow", "jax", "torch"))}
    cases = chosen.case or USUAL
    some_only_predict = any(case_named(case).only_predicts for case in cases)
    some_only_predict |= not engines.isdisjoint(run.PREDICTING)
    if some_only_predict and not set(measures) <= set(run.PREDICTIONS):
        print(
            "The engine onnx and case g only predict. Say what to measure: "
            "--measure predict --measure 'one row'",
            file=sys.stderr,
        )
        return 2
    engines |= {"jax"} if "theano" in engines else set()
    results = {}
    failures = []
    for case in cases:
        wanted = [c for c in run.contenders(case_named(case)) if c.engine in engines]
        among = [contender for contender in wanted if not contender.missing]
        records = results[case] = run.run(
            case,
            among,
            rounds,
            turns,
            measures,
            clock,
            lambda line: print(line, file=sys.stderr, flush=True),
        )
        for contender in wanted:
            if contender.missing:
                print(f"without {contender.name}: {contender.missing}")
        table.show(console, case, records, measures, clock)
        difference, _ = run.disagreement(run.same_maths(case, records))
        console.print(f"({case}) losses agree to {difference:.1e}")
        failures += [f"({case}) {fault}" for fault in run.faults(case, records)]
        failures += [
            f"({case}) {v.limit.measure} on {v.limit.engine}: {v.ratio:.2f} "
            f"of {v.rival}, "
            f"limit {v.limit.factor:.2f} ({v.limit.row})"
            for v in table.verdicts(case, records, measures, clock)
            if not v.kept
        ]
    if chosen.json:
        figures = {
            case: {
                name: {
                    "losses": r.losses,
                    **{
                        m: [[*at, *pair] for at, pair in x.items()]
                        for m, x in r.figures.items()
                    },
                }
                for name, r in records.items()
            }
            for case, records in results.items()
        }
        chosen.json.write_text(
            json.dumps({"versions": run.versions(), "figures": figures}, indent=1)
        )
    print(*(f"MISSED {line}" for line in failures), sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
