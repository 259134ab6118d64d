"""The examples on texts learn: at a fraction of their size, each beats what it names as
its baseline, and draws its picture."""

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


def test_a_memory_network_finds_more_than_the_place_named_last(run, backend):
    accuracy, baselines = run("babi", NB_TRAIN=2000, NB_EPOCH=6)
    assert accuracy > max(baselines) + 0.1
