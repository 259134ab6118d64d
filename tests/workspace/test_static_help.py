"""What mypy says of users' scripts and of a plugin, and the stubs that it reads."""

import re
import subprocess
import sys
from pathlib import Path

from processes import run_python

TYPED = Path(__file__).resolve().parents[1] / "typed"


def expected(path):
    """Returns the errors that a file's comments expect, by line."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for code in line.partition("# E: ")[2].split(", "):
            if code:
                yield path.name, number, code


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
