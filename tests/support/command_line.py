"""The `oneiros` command in the process of a test."""

from functools import partial

import pytest
from oneiros import backend as K
from oneiros_cli.main import main


@pytest.fixture
def oneiros_command(capsys, monkeypatch):
    """Runs the `oneiros` command in this process.

    Returns its exit code, output and errors.
    """

    def run(*arguments):
        monkeypatch.setenv("TERM", "dumb")
        code = 0
        try:
            main(list(map(str, arguments)))
        except SystemExit as exit:
            code = exit.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def convert(oneiros_command, tmp_path, monkeypatch):
    """Runs `oneiros convert` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    with K.use("theano"):
        yield partial(oneiros_command, "convert")
