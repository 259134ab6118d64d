"""What the tests of examples share."""

import re

import pytest
from example_runs import reduced


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
