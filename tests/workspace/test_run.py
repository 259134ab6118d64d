"""`run.py` finds a uv of its own, or says what is missing."""

import importlib.util
import os
import subprocess
import sys
from importlib.metadata import version

import pytest
from fresh import ROOT

spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


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
    assert capfd.readouterr().out.startswith(f"run --project {ROOT} quickstart.py|")


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(run, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(SystemExit, match=r"needs Python 3.11 or later; .* is 3\."):
        run.main(["--version"])


@pytest.fixture
def environments(monkeypatch, tmp_path):
    """The variables under which uv was called."""
    uv = tmp_path / "uv"
    shown = ("*", "UV_PYTHON", "VIRTUAL_ENV", *run.SYSTEM_CERTIFICATES)
    values = " ".join(f'"${name}"' for name in shown)
    uv.write_text(f'#!/bin/sh\nprintf "%s|%s|%s|%s|%s" {values}\n')
    uv.chmod(0o755)
    (tmp_path / f"uv-{run.UV_VERSION}.dist-info").mkdir()
    monkeypatch.setattr(run, "UV_FOLDER", tmp_path)
    monkeypatch.setattr(run, "UV", uv)
    monkeypatch.setenv("VIRTUAL_ENV", "another")
    for name in ("UV_PYTHON", *run.SYSTEM_CERTIFICATES):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("environments")
@pytest.mark.parametrize("chosen", [None, "3.12"])
def test_uv_runs_on_this_python_unless_told_otherwise(monkeypatch, capfd, chosen):
    if chosen:
        monkeypatch.setenv("UV_PYTHON", chosen)
    with pytest.raises(SystemExit) as ended:
        run.main(["--group", "test", "pytest"])
    assert ended.value.code == 0
    printed = capfd.readouterr().out
    python = chosen or sys.executable
    assert printed == f"run --project {ROOT} --group test pytest|{python}||1|1"


def test_pip_that_fails_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "UV", tmp_path / "uv")
    monkeypatch.setattr(run, "UV_FOLDER", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: name == "pip")
    with pytest.raises(SystemExit, match="pip says why above"):
        run.main(["--version"])


def test_another_uv_than_the_pinned_one_is_replaced(monkeypatch, tmp_path):
    (tmp_path / "uv").touch()
    (tmp_path / "uv-0.1.0.dist-info").mkdir()
    monkeypatch.setattr(run, "UV", tmp_path / "uv")
    monkeypatch.setattr(run, "UV_FOLDER", tmp_path)
    commands = []
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(
        run.subprocess, "run", lambda command: commands.append(command) or done
    )
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: name == "pip")
    assert run.find_uv() == run.UV
    assert commands[0][-1] == f"uv=={run.UV_VERSION}"


def test_the_line_for_a_script_works_from_another_folder(tmp_path):
    use = tmp_path / "use.py"
    use.write_text("import oneiros, os; print(oneiros.__version__, os.getcwd())\n")
    done = subprocess.run(
        [sys._base_executable, ROOT / "run.py", use.name],
        cwd=tmp_path,
        env={**os.environ, "UV_NO_SYNC": "1", "UV_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [version("oneiros"), str(tmp_path)], done.stderr
