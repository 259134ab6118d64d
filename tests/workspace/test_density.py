"""How densely the code is written.

Budgets of tokens, a table, and no exceptions to the formatter.
"""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXCEPTION = re.compile(r"#\s*fmt:\s*(skip|off)\b(.*)")
REASON = re.compile(r"\s*\S*\w{3,}")
FOLDERS = ("kernel", "plugins", "tests", "tools", "examples", "benchmarks")
WIDTH = 88


def load_tool():
    path = ROOT / "tools" / "density.py"
    spec = importlib.util.spec_from_file_location("density", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["density"] = module
    spec.loader.exec_module(module)
    return module


density = load_tool()


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / line for line in listed.stdout.splitlines())
    return [path for path in paths if path.suffix == ".py" and path.exists()]


def test_the_table_of_densities(capsys):
    with capsys.disabled():
        print()
        density.main([])


def test_the_kernel_stays_small():
    kernel = density.total(ROOT / "kernel")
    assert kernel.tokens <= density.KERNEL_TOKENS
    assert kernel.density <= density.KERNEL_DENSITY


@pytest.mark.parametrize(
    "folder", density.distributions()[1:], ids=lambda folder: folder.name
)
def test_a_plugin_is_not_packed(folder):
    assert density.total(folder).density <= density.PLUGIN_DENSITY


@pytest.mark.parametrize(
    ("source", "tokens", "lines"),
    [
        ("x = 1\n", 3, 1),
        ('"""A docstring."""\n\n# a comment\nx = """one\ntwo"""\n', 3, 2),
        ('LIMIT = 2\n"""What the constant means."""\n', 3, 1),
        (
            'def f(a,\n      b):\n    """Doc\n\n    more."""\n    return a  # why\n',
            10,
            3,
        ),
        ("if x:\n\n    y = (1,\n\n         2)\n", 10, 3),
        ("y = f'{x:{width}} and {x}'\n", 3, 1),
    ],
)
def test_tokens_and_lines_are_counted_as_promised(source, tokens, lines):
    assert density.measure(source) == density.Size(tokens, lines)


def test_the_formatter_is_switched_off_only_with_a_reason():
    unexplained = []
    for path in sources():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            exception = EXCEPTION.search(line)
            if exception and not REASON.match(exception[2]):
                unexplained.append(f"{path.relative_to(ROOT)}:{number}")
    assert unexplained == []


def test_no_line_is_wider_than_88_columns():
    wide = []
    for path in sources():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if len(line) > WIDTH:
                wide.append(f"{path.relative_to(ROOT)}:{number}")
    assert wide == []
