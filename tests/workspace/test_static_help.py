"""What mypy and pyright say of scripts and of a plugin, and the stubs they read."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from processes import run_python

TYPED = Path(__file__).resolve().parents[1] / "typed"


def expected(path):
    """Returns the errors that a file's comments expect, by line."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for code in line.partition("# E: ")[2].split(", "):
            if code:
                yield path.name, number, code


@pytest.mark.slow
def test_mypy_tells_wrong_arguments_and_nothing_else(tmp_path):
    files = sorted(TYPED.glob("*.py"))
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, *files],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"(\w+\.py):(\d+): error: .*\[([\w-]+)\]$", run.stdout, re.M)
    told = {(file, int(line), code) for file, line, code in found}
    assert told == {error for file in files for error in expected(file)}, run.stdout


@pytest.mark.slow
def test_pyright_tells_the_same_lines_and_nothing_else(tmp_path):
    pytest.importorskip("pyright", reason="pyright isn't installed")
    if not shutil.which("node"):
        pytest.skip("pyright needs node, which isn't here")
    command = [sys.executable, "-m", "pyright"]
    if subprocess.run([*command, "--version"], capture_output=True).returncode:
        pytest.skip("pyright can't be fetched: pip has its launcher alone")
    files = [shutil.copy(path, tmp_path) for path in TYPED.glob("*.py")]
    options = ["--outputjson", "--pythonpath", sys.executable]
    run = subprocess.run(
        [*command, *options, *files], cwd=tmp_path, capture_output=True, text=True
    )
    told = json.loads(run.stdout)["generalDiagnostics"]
    found = {(Path(e["file"]).name, e["range"]["start"]["line"] + 1) for e in told}
    lines = {error[:2] for path in map(Path, files) for error in expected(path)}
    assert found == lines, run.stdout


def test_the_shipped_stubs_are_part_of_those_of_the_command(tmp_path):
    """Here all plugins of the repository are installed, and some of others."""
    tool = Path(__file__).resolve().parents[2] / "tools" / "write_stubs.py"
    subprocess.run([sys.executable, tool, tmp_path / "shipped"], check=True)
    command = "from oneiros_cli.main import main; main(['stubs', 'typings'])"
    run_python(command, cwd=tmp_path)
    shipped = tmp_path / "shipped"
    for path in filter(Path.is_file, shipped.rglob("*")):
        written = tmp_path / "typings" / "oneiros" / path.relative_to(shipped)
        lines = path.read_text().splitlines()
        assert set(lines) <= set(written.read_text().splitlines()), path
