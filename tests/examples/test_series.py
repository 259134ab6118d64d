"""The examples on series learn: at a fraction of their size, each beats what it names
as its baseline, and draws its picture."""

import re

import pytest
from example_runs import reduced

pytestmark = pytest.mark.spread


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs an example; returns its score, and the numbers in the line
    on its baselines."""
    monkeypatch.chdir(tmp_path)

    def run_reduced(name, **constants):
        score = reduced(name, **constants).main()
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        printed = capsys.readouterr().out
        (line,) = re.findall(r"^baselines?: (.*)$", printed, re.MULTILINE)
        return score, [float(number) for number in re.findall(r"\d+\.\d+", line)]

    return run_reduced


def test_gestures_are_told_better_than_by_the_more_frequent_one(run, backend):
    accuracy, (frequent, _) = run("gunpoint", NB_EPOCH=8)
    assert accuracy > frequent + 0.15


def test_sunspots_are_forecast_better_than_by_persistence(run, backend):
    share_avoided, _ = run("sunspots", NB_EPOCH=15, WINDOW=12)
    assert share_avoided > 0.1
