"""The examples reach the scores that they state.

One of them here; `tools/write_gallery.py` runs all.
"""

from pathlib import Path

import example_runs
import pytest
from example_runs import EXAMPLES, NAMES, load
from oneiros import backend as K
from processes import run_python

TASKS = [name for name in NAMES if name != "quickstart"]
BACKENDS = ["theano"]
RUN = ["gunpoint"]


@pytest.mark.parametrize("backend_name", BACKENDS)
@pytest.mark.parametrize("name", RUN)
def test_reaches_its_target(name, backend_name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = load(name)
    with K.use(backend_name):
        score = example.main()
    assert score >= example.TARGET
    printed = capsys.readouterr().out
    assert (
        f"backend {backend_name}" in printed and f"target {example.TARGET}" in printed
    )


TWICE = """
from example_runs import reduced
sunspots = reduced("sunspots", NB_EPOCH=2)
assert sunspots.main() == sunspots.main()
"""


@pytest.mark.slow
def test_a_seed_decides_the_score_from_the_first_run_in_a_process_on(tmp_path):
    support = str(Path(example_runs.__file__).parent)
    run_python(TWICE, options=["-W", "error"], cwd=tmp_path, PYTHONPATH=support)


LONGEST = 140
"""Lines that an example may have, so that it is read in one go."""


@pytest.mark.parametrize(
    "path",
    sorted([*EXAMPLES.glob("*.py"), *EXAMPLES.glob("parts/*.py")]),
    ids=lambda path: path.stem,
)
def test_stays_short(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST
