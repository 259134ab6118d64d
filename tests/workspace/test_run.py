"""`run.py` finds a uv of its own, or says what is missing."""

import importlib.util
import re
import sys

import pytest
from fresh import ROOT

spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


def test_readme_lists_two_commands_that_need_python3_alone():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- commands -->(.*?)<!-- end -->", readme, re.DOTALL)[1]
    commands = [line.strip() for line in block.splitlines() if line.startswith("    ")]
    assert len(commands) == 2
    assert all(command.startswith("python3 run.py ") for command in commands)
    assert "tensorflow" not in commands[0] and "pytest" in commands[1]


def test_without_pip_and_ensurepip_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "UV", tmp_path / "uv")
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        run.main(["--version"])


@pytest.mark.usefixtures("environments")
def test_without_them_it_takes_a_uv_that_is_on_the_path(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(run, "UV", tmp_path / "none" / "uv")
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        run.main(["quickstart.py"])
    assert ended.value.code == 0
    assert capfd.readouterr().out.startswith("run quickstart.py|")


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(run, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(SystemExit, match=r"needs Python 3.11 or later; .* is 3\."):
        run.main(["--version"])


@pytest.fixture
def environments(monkeypatch, tmp_path):
    """The variables under which uv was called."""
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\nprintf "%s|%s|%s" "$*" "$UV_PYTHON" "$VIRTUAL_ENV"\n')
    uv.chmod(0o755)
    monkeypatch.setattr(run, "UV", uv)
    monkeypatch.setenv("VIRTUAL_ENV", "another")
    monkeypatch.delenv("UV_PYTHON", raising=False)


@pytest.mark.usefixtures("environments")
@pytest.mark.parametrize("chosen", [None, "3.12"])
def test_uv_runs_on_this_python_unless_told_otherwise(monkeypatch, capfd, chosen):
    if chosen:
        monkeypatch.setenv("UV_PYTHON", chosen)
    with pytest.raises(SystemExit) as ended:
        run.main(["--group", "test", "pytest"])
    assert ended.value.code == 0
    printed = capfd.readouterr().out
    assert printed == f"run --group test pytest|{chosen or sys.executable}|"


def test_pip_that_fails_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "UV", tmp_path / "uv")
    monkeypatch.setattr(run, "UV_FOLDER", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: name == "pip")
    with pytest.raises(SystemExit, match="pip says why above"):
        run.main(["--version"])
