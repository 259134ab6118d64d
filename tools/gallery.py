"""Runs examples as a user does, and writes docs/gallery.md from what they reached.

    python3 run.py --group test tools/gallery.py digits sunspots
    python3 run.py --group test tools/gallery.py digits --backend jax --seed 7 8
    python3 run.py --group test tools/gallery.py

Each run is a process of its own, in an empty folder. What it printed last, how long it
took and the versions go into docs/gallery/figures.json, which has an entry for each
example, backend and seed. The picture of Theano's run at the example's own seed becomes
docs/gallery/NAME.png. The page is written from these figures and from the examples'
docstrings, and so is the list of commands in examples/README.md; without a name nothing
runs, and both are written anew.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import product
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs" / "gallery.md"
COMMANDS = EXAMPLES / "README.md"
FIGURES = ROOT / "docs" / "gallery" / "figures.json"
ENGINES = {
    "theano": ("Theano (PyTensor)", "pytensor"),
    "tensorflow": ("TensorFlow", "tensorflow"),
    "jax": ("JAX", "jax"),
}
"""For each backend, how the page calls it, and the package of its engine."""
IN_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}
PICTURED = "theano"
NB_COLOURS = 64
LAST_LINE = re.compile(r"backend \w+: (.+?) (-?[\d.]+), target (-?[\d.]+)$")
OTHER_SEED = "import {name}; {name}.main({seed})"
INTRODUCTION = """\
# Gallery

<!-- written by tools/gallery.py -->

What Oneiros can be used for, in programs of at most 140 lines each. Each runs offline,
on real data unless its task is artificial by nature, and unchanged on Theano,
TensorFlow and JAX. Each makes the picture that is shown here, and ends with an error if
it misses its target. From a clone, with nothing but Python and git, the command shown
runs it on Theano. `ONEIROS_BACKEND=tensorflow` before a command, and
`--extra tensorflow` behind `run.py`, choose TensorFlow; likewise for `jax`.

`tools/gallery.py` runs an example again and writes its figures here. Processor time
counts all cores and includes imports and compilation. Times by the clock are longer:
the machine was also running other programs."""

LIST = """\
# Examples

<!-- written by tools/gallery.py -->

Each runs offline, prints its score and its target, and fails if it falls short. The
[gallery](../docs/gallery.md) has their pictures, scores and times.
`ONEIROS_BACKEND=tensorflow python3 run.py --extra tensorflow …` runs one on TensorFlow,
`jax` in both places on JAX."""


@dataclass(frozen=True)
class Figure:
    """What one run of an example reached.

    # Attributes
        name: the example.
        backend: "theano", "tensorflow" or "jax".
        seed: what its random numbers began with.
        score: larger is better.
        score_is: what the score is, in words.
        target: what the score must reach.
        baseline: what the example said of its baselines.
        wall_s: seconds by the clock.
        cpu_s: seconds of processor time, over all cores.
        python, oneiros, engine: versions.
        machine: where it ran, in words.
    """

    name: str
    backend: str
    seed: int
    score: float
    score_is: str
    target: float
    baseline: str
    wall_s: float
    cpu_s: float
    python: str
    oneiros: str
    engine: str
    machine: str

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it stands among the others."""
        return self.name, list(ENGINES).index(self.backend), self.seed


class RunError(Exception):
    """An example failed, or didn't say what it reached."""


def read_figures(path: Path = FIGURES) -> list[Figure]:
    """Returns the figures in a file."""
    return [Figure(**each) for each in json.loads(path.read_text(encoding="utf-8"))]


def write_figures(figures: Iterable[Figure], path: Path = FIGURES) -> None:
    """Writes figures in their order; a later one replaces an earlier one of the same
    example, backend and seed."""
    latest = {figure.place: figure for figure in figures}
    entries = [asdict(latest[place]) for place in sorted(latest)]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def own_seed(name: str) -> int:
    """Returns an example's `SEED`, without importing it."""
    for node in ast.parse(_source(name)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SEED":
            return int(ast.literal_eval(node.value))
    raise RunError(f"examples/{name}.py has no SEED.")


def run(name: str, backend: str, seed: int) -> Figure:
    """Runs an example in a process of its own, and keeps its picture.

    # Raises
        RunError: if it failed, or fell short of its target.
    """
    is_own = seed == own_seed(name)
    own_program = [str(EXAMPLES / f"{name}.py")]
    program = own_program if is_own else ["-c", OTHER_SEED.format(name=name, seed=seed)]
    with tempfile.TemporaryDirectory() as folder:
        printed, wall, cpu = _timed(program, backend, folder)
        if is_own and backend == PICTURED:
            keep_picture(Path(folder, f"{name}.png"))
    score_is, score, target, baseline = read_output(printed)
    if score < target:
        raise RunError(f"{score} is below {target}.")
    return Figure(
        name=name,
        backend=backend,
        seed=seed,
        score=score,
        score_is=score_is,
        target=target,
        baseline=baseline,
        wall_s=round(wall, 1),
        cpu_s=round(cpu, 1),
        python=platform.python_version(),
        oneiros=version("oneiros"),
        engine=version(ENGINES[backend][1]),
        machine=f"{os.cpu_count()} cores ({platform.machine()}), no GPU",
    )


def _timed(program: list[str], backend: str, folder: str) -> tuple[str, float, float]:
    """Runs a program of this Python; returns what it printed, and the seconds it took
    by the clock and of processor time."""
    variables = {
        "ONEIROS_BACKEND": backend,
        "ONEIROS_DEVICE": "cpu",
        "PYTHONPATH": str(EXAMPLES),
    }
    cpu_before = _seconds_of_children()
    wall_before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *program],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - wall_before
    if done.returncode:
        raise RunError(f"{done.stdout}{done.stderr}")
    return done.stdout, wall, _seconds_of_children() - cpu_before


def keep_picture(path: Path) -> None:
    """Keeps a picture beside the figures, with few enough colours to be small."""
    FIGURES.parent.mkdir(exist_ok=True)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(NB_COLOURS)
    small.save(FIGURES.parent / path.name, optimize=True)


def read_output(text: str) -> tuple[str, float, float, str]:
    """Returns what an example's output says: what the score is, score, target and the
    line on its baselines, if it has one.

    # Raises
        RunError: if its last line doesn't tell the score.
    """
    lines = text.strip().splitlines() or [""]
    told = LAST_LINE.match(lines[-1])
    if told is None:
        raise RunError(f"This last line tells no score: {lines[-1]!r}")
    baselines = [line for line in lines[:-1] if line.startswith("baseline")]
    return told[1], float(told[2]), float(told[3]), "; ".join(baselines)


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def page(figures: list[Figure]) -> str:
    """Returns the gallery: each example that has figures."""
    shown = sorted({figure.name for figure in figures})
    parts = [INTRODUCTION, _contents(shown)]
    for name in shown:
        parts += _section(name, [each for each in figures if each.name == name])
    return "\n\n".join(parts) + "\n"


def commands() -> str:
    """Returns the list of all examples and their commands."""
    head = [LIST, "", "| what | command |", "|---|---|"]
    return "\n".join([*head, *map(command_row, names())]) + "\n"


def command_row(name: str) -> str:
    """Returns an example's row in the list."""
    return f"| {_title(name)} | `{_command(name)}` |"


def names() -> list[str]:
    """Returns the names of all examples."""
    return sorted(path.stem for path in EXAMPLES.glob("*.py"))


def _contents(shown: list[str]) -> str:
    titles = map(_title, shown)
    return "\n".join(f"- [{title}](#{_anchor(title)})" for title in titles)


def _section(name: str, figures: list[Figure]) -> Iterator[str]:
    """Yields the parts of an example's section."""
    pictured = next(each for each in figures if each.seed == own_seed(name))
    title = _title(name)
    yield f"## {title}"
    yield f"![{title}](gallery/{name}.png)"
    yield from (text for text in _paragraphs(name)[1:] if not _is_command(text))
    yield f"`{_command(name)}` ([the program](../examples/{name}.py))"
    yield f"Score: {pictured.score_is}. The target is {pictured.target}."
    if pictured.baseline:
        yield f"{pictured.baseline[0].upper()}{pictured.baseline[1:]}."
    yield _table(figures)
    yield from _worst_scores(figures)
    yield f"Measured on {_listed(_places(figures))}."


def _places(figures: list[Figure]) -> list[str]:
    """Returns where figures were measured, without repetitions."""
    places = (
        f"{figure.machine}, with Python {figure.python} and Oneiros {figure.oneiros}"
        for figure in figures
    )
    return list(dict.fromkeys(places))


def _table(figures: list[Figure]) -> str:
    head = [
        "| backend | seed | score | processor time | by the clock |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(_row, figures)])


def _row(figure: Figure) -> str:
    engine, _ = ENGINES[figure.backend]
    return (
        f"| {engine} {figure.engine} | {figure.seed} | {figure.score:.4f} "
        f"| {figure.cpu_s:.0f} s | {figure.wall_s:.0f} s |"
    )


def _worst_scores(figures: list[Figure]) -> Iterator[str]:
    """Yields the worst score of each backend on which several seeds ran."""
    for backend, (engine, _) in ENGINES.items():
        scores = [figure.score for figure in figures if figure.backend == backend]
        if len(scores) < 2:
            continue
        count = IN_WORDS.get(len(scores), len(scores))
        engine_alone = engine.partition(" (")[0]
        yield f"Worst of {count} seeds on {engine_alone}: {min(scores):.4f}."


def _listed(texts: list[str]) -> str:
    return "; and on ".join(texts)


def _title(name: str) -> str:
    return " ".join(_paragraphs(name)[0].split()).rstrip(".")


def _command(name: str) -> str:
    """Returns what runs an example, as its docstring says."""
    commands_shown = next(text for text in _paragraphs(name) if _is_command(text))
    return commands_shown.strip().splitlines()[0]


def _is_command(paragraph: str) -> bool:
    return "python3 run.py" in paragraph


def _anchor(heading: str) -> str:
    """Returns the anchor that a heading gets."""
    kept = [letter for letter in heading.lower() if letter.isalnum() or letter in " _-"]
    return "".join(kept).replace(" ", "-")


def _paragraphs(name: str) -> list[str]:
    """Returns the paragraphs of an example's docstring, of which one is the command."""
    docstring = ast.get_docstring(ast.parse(_source(name))) or ""
    return docstring.split("\n\n")


def _source(name: str) -> str:
    return (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")


def main() -> int:
    """Runs what was asked for, each after the other, and writes both pages; returns how
    many runs failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--backend", nargs="+", choices=ENGINES, default=[PICTURED])
    parser.add_argument("--seed", nargs="+", type=int, help="default: the example's")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in names():
            parser.error(f"there is no example {name!r}: {', '.join(names())}")
    nb_failed = 0
    for name, backend in product(chosen.names, chosen.backend):
        for seed in chosen.seed or [own_seed(name)]:
            try:
                figure = run(name, backend, seed)
            except RunError as error:
                nb_failed += 1
                print(f"{name} {backend} {seed} failed:\n{error}", flush=True)
                continue
            write_figures([*read_figures(), figure])
            print(f"{name} {backend} {seed}: {figure.score}", flush=True)
    PAGE.write_text(page(read_figures()), encoding="utf-8")
    COMMANDS.write_text(commands(), encoding="utf-8")
    return nb_failed


if __name__ == "__main__":
    sys.exit(main())
