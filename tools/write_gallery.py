"""Runs examples, and keeps their pictures and scores for the gallery.

    python3 run.py --group tasks --extra jax --extra tensorflow tools/write_gallery.py

runs all of them; names behind it, such as `digits`, run those alone. An example draws
its picture on Theano. All take about 70 minutes of a processor's time.
"""

import functools
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
GALLERY = ROOT / "docs" / "gallery"
SCORES = GALLERY / "scores.json"
SEED = 1337
RUNS = [
    ("theano", SEED),
    ("theano", 1),
    ("theano", 2),
    ("jax", SEED),
    ("tensorflow", SEED),
]
LARGEST_PICTURE = 100_000
"""Its bytes."""
ENGINES = {"theano": "pytensor", "jax": "jax", "tensorflow": "tensorflow"}
"""Backends, and the distributions of their engines."""
SCORE = re.compile(
    r"^backend \w+: (?P<score>.+?) (?P<value>-?[\d.]+).*, "
    r"target (?P<target>[\d.]+)$",
    re.MULTILINE,
)
BASELINE = re.compile(r"^baselines?: (.+)$", re.MULTILINE)


@functools.cache
def shown() -> list[str]:
    """Returns the names of the examples in the gallery: those with a score."""
    return sorted(
        path.stem
        for path in EXAMPLES.glob("*.py")
        if "\nSEED = " in path.read_text(encoding="utf-8")
    )


def result(name: str) -> dict[str, Any]:
    """Runs an example; returns what it scored, and keeps its picture."""
    runs, baselines = [], []
    for backend, seed in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            before = _seconds()
            printed = _printed(name, backend, seed, folder)
            seconds = round(_seconds() - before)
            if (backend, seed) == RUNS[0]:
                _keep_picture(Path(folder, f"{name}.png"))
        score = SCORE.search(printed)
        baseline = BASELINE.search(printed)
        if score is None or baseline is None:
            raise SystemExit(f"{name} on {backend} printed no score:\n{printed}")
        baselines.append(baseline[1])
        runs.append(
            {
                "backend": backend,
                "version": version(ENGINES[backend]),
                "seed": seed,
                "score": float(score["value"]),
                "seconds": seconds,
            }
        )
    target = float(score["target"])
    if min(run["score"] for run in runs) < target:
        raise SystemExit(f"{name} misses its target of {target}: {runs}")
    return {
        "score": score["score"],
        "target": target,
        "baseline": baselines[0],
        "runs": runs,
    }


def _keep_picture(drawn: Path) -> None:
    """Stores a picture in the gallery, in so few colours that it is small."""
    with Image.open(drawn) as picture:
        for nb_colours in (128, 64, 32, 16):
            reduced = picture.convert("RGB").quantize(nb_colours)
            reduced.save(GALLERY / drawn.name, optimize=True)
            if Path(GALLERY, drawn.name).stat().st_size <= LARGEST_PICTURE:
                return
    raise SystemExit(f"{drawn.name} is too large, even with {nb_colours} colours.")


def _printed(name: str, backend: str, seed: int, folder: str) -> str:
    settings = {"PYTHONPATH": str(EXAMPLES), "ONEIROS_BACKEND": backend}
    return subprocess.run(
        [sys.executable, "-c", f"import {name}; {name}.main({seed})"],
        env=os.environ | settings,
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _seconds() -> float:
    """Returns the processor time of all runs so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(names: list[str]) -> None:
    """Runs examples by name, or all of them."""
    for name in names or shown():
        scores = json.loads(SCORES.read_text(encoding="utf-8"))
        scores[name] = result(name)
        text = json.dumps(scores, indent=1, sort_keys=True)
        SCORES.write_text(f"{text}\n", encoding="utf-8")
        print(name, [run["score"] for run in scores[name]["runs"]], flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
