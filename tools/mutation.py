"""Plants small faults in the code, one at a time, and lists those no test notices.

    python3 run.py --group mutation tools/mutation.py record
    python3 run.py --group mutation tools/mutation.py try [--count 200] [PATH …]

The first notes which test runs which line, once. The second lets Cosmic Ray plant
faults at places drawn by `--seed`: another operator, number, comparison or boolean, a
loop that never runs. Of the tests that ran the line those that run little else come
first, until one fails; then others, drawn among all the rest. Files are changed where
they stand and put back: use a clone in which nobody works.
"""

from __future__ import annotations

import argparse
import ast
import random
import shlex
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import MutationSpec, WorkerOutcome
from coverage.numbits import numbits_to_nums

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / ".coverage"
DEFAULT_PATHS = (
    "kernel",
    "plugins/backend_toolkit",
    "plugins/layers_advanced_activations",
    "plugins/layers_convolutional",
    "plugins/layers_core",
    "plugins/layers_embeddings",
    "plugins/layers_local",
    "plugins/layers_noise",
    "plugins/layers_normalization",
    "plugins/layers_pooling",
    "plugins/layers_recurrent",
    "plugins/layers_wrappers",
    "plugins/optimizers",
    "plugins/saving",
)
SMALL_TESTS = 60
OTHER_TESTS = 240
SECONDS = 600
"""How long the tests of one fault may take; a fault that hangs them is noticed."""
ANNOTATIONS = "ReplaceBinaryOperator_BitOr"
"""`int | None` in a signature is an operator, too, whose change changes nothing."""


@dataclass(frozen=True)
class Place:
    """Where faults can stand: a file, and where the code begins that is replaced."""

    file: Path
    line: int
    column: int


class Record:
    """Which tests ran which lines, as pytest-cov recorded it."""

    def __init__(self) -> None:
        self.lines: dict[Path, dict[int, set[str]]] = {}
        self.extent: dict[str, int] = defaultdict(int)
        query = (
            "select file.path, context.context, line_bits.numbits from line_bits"
            " join file on file.id = line_bits.file_id"
            " join context on context.id = line_bits.context_id"
        )
        with sqlite3.connect(RECORD) as database:
            for path, context, bits in database.execute(query):
                if context.endswith("|run"):
                    self._add(Path(path), context.removesuffix("|run"), bits)

    def _add(self, file: Path, test: str, bits: bytes) -> None:
        tests_of_lines = self.lines.setdefault(file, defaultdict(set))
        numbers = numbits_to_nums(bits)
        self.extent[test] += len(numbers)
        for number in numbers:
            tests_of_lines[number].add(test)

    def tests(self, place: Place) -> list[str]:
        """Returns tests of a line, those that run little else first; those of the whole
        file if the line runs when it is imported."""
        lines = self.lines.get(place.file, {})
        tests = lines.get(first_line_that_runs(place)) or set().union(*lines.values())
        in_order = sorted(tests, key=lambda test: (self.extent[test], test))
        small, others = in_order[:SMALL_TESTS], in_order[SMALL_TESTS:]
        drawn = random.Random(0).sample(others, min(OTHER_TESTS, len(others)))
        return small + drawn


def first_line_that_runs(place: Place) -> int:
    """Returns the line of a place; for decorators and signatures, which run at import,
    the first of the function's body."""
    for node in ast.walk(ast.parse(place.file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            start = min(part.lineno for part in (node, *node.decorator_list))
            statements = node.body[1:] if ast.get_docstring(node) else node.body
            if statements and start <= place.line < statements[0].lineno:
                return statements[0].lineno
    return place.line


def record() -> int:
    """Runs the test command and records which test runs which line."""
    sources = [f"--cov={ROOT / 'kernel'}", f"--cov={ROOT / 'plugins'}"]
    options = ["-n", "2", "--cov-context=test", "--cov-report="]
    return subprocess.call(["pytest", *options, *sources], cwd=ROOT)


def faults(file: Path) -> Iterator[tuple[Place, MutationSpec]]:
    """Yields each fault that Cosmic Ray can plant in a file."""
    tree = get_ast_from_path(file)
    for name in plugins.operator_names():
        operator_class = plugins.get_operator(name)
        if operator_class.arguments() or ANNOTATIONS in name:
            continue
        operator = operator_class()
        positions = (
            position
            for node in ast_nodes(tree)
            for position in operator.mutation_positions(node)
        )
        for occurrence, (start, end) in enumerate(positions):
            fault = MutationSpec(
                module_path=file,
                operator_name=name,
                operator_args={},
                occurrence=occurrence,
                start_pos=start,
                end_pos=end,
            )
            yield Place(file, *start), fault


def drawn_faults(paths: list[str], count: int, seed: int) -> dict[Place, MutationSpec]:
    """Returns one fault at each of `count` places, drawn from these folders' code."""
    generator = random.Random(seed)
    by_place: dict[Place, list[MutationSpec]] = defaultdict(list)
    for path in paths:
        for file in sorted((ROOT / path).rglob("*.py")):
            for place, fault in faults(file):
                by_place[place].append(fault)
    places = generator.sample(list(by_place), min(count, len(by_place)))
    return {place: generator.choice(by_place[place]) for place in places}


def try_faults(chosen: dict[Place, MutationSpec]) -> int:
    """Plants each fault, runs its tests and prints what nobody noticed."""
    recorded = Record()
    survivors = 0
    for number, (place, fault) in enumerate(chosen.items(), 1):
        tests = recorded.tests(place)
        command = shlex.join(["pytest", "-x", "-p", "no:cacheprovider", *tests])
        result = mutate_and_test([fault], command, SECONDS) if tests else None
        if result and result.worker_outcome != WorkerOutcome.NORMAL:
            raise RuntimeError(result.output)
        noticed = result is not None and result.is_killed
        survivors += not noticed
        where = f"{place.file.relative_to(ROOT)}:{place.line}"
        verdict = "noticed" if noticed else "SURVIVED" if tests else "NO TEST"
        print(f"{number} {verdict} {where} {fault.operator_name} {len(tests)} tests")
        if not noticed and result:
            print(result.diff)
        sys.stdout.flush()
    print(f"{len(chosen) - survivors} of {len(chosen)} faults were noticed")
    return int(survivors > 0.15 * len(chosen))


def main() -> int:
    """Reads the command line; 1 if more than 15 % of the faults survive."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=("record", "try"))
    parser.add_argument("paths", nargs="*", default=list(DEFAULT_PATHS))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    if arguments.action == "record":
        return record()
    return try_faults(drawn_faults(arguments.paths, arguments.count, arguments.seed))


if __name__ == "__main__":
    sys.exit(main())
