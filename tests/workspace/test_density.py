"""How densely the code is written."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_tool():
    path = ROOT / "tools" / "density.py"
    spec = importlib.util.spec_from_file_location("density", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["density"] = module
    spec.loader.exec_module(module)
    return module


density = load_tool()


def test_the_kernel_stays_small():
    assert density.total(ROOT / "kernel").tokens <= density.KERNEL_TOKENS


@pytest.mark.parametrize(
    "folder", density.distributions(), ids=lambda folder: folder.name
)
def test_a_distribution_is_not_packed(folder):
    assert density.total(folder).density <= density.DENSITY
