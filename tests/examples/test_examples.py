"""The examples reach the scores that they state.

One in the test command, all in the exhaustive run.
"""

import importlib.util
from pathlib import Path

import backends
import draws
import pytest
from oneiros import backend as K
from processes import run_python

ROOT = Path(__file__).parents[2] / "examples"
TASKS = sorted(path.stem for path in ROOT.glob("*.py") if path.stem != "quickstart")
BACKENDS = backends.BACKENDS if draws.is_exhaustive() else ["theano"]
RUN = TASKS if draws.is_exhaustive() else ["gunpoint"]


def load(name):
    spec = importlib.util.spec_from_file_location(
        f"example_{name}", ROOT / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.exhaustive
@pytest.mark.parametrize("backend_name", BACKENDS)
@pytest.mark.parametrize("name", RUN)
def test_reaches_its_target(name, backend_name, capsys):
    example = load(name)
    with K.use(backend_name):
        score = example.main()
    assert score >= example.TARGET
    printed = capsys.readouterr().out
    assert (
        f"backend {backend_name}" in printed and f"target {example.TARGET}" in printed
    )


def test_a_seed_decides_the_score_from_the_first_run_in_a_process_on():
    program = (
        "import sunspots; sunspots.NB_EPOCH = 2; assert sunspots.main() == "
        "sunspots.main()"
    )
    run_python(program, options=["-W", "error"], cwd=ROOT)


LONGEST = 140
"""Lines that an example may have, so that it is read in one go."""


@pytest.mark.parametrize("name", [*TASKS, "quickstart"])
def test_stays_short(name):
    assert len((ROOT / f"{name}.py").read_text().splitlines()) < LONGEST
