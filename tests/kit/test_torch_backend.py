"""examples/plugins/torch_backend, the full backend of the examples."""

import subprocess
import sys

import pytest
from fresh import ROOT
from oneiros_testing.imports import faulty_imports

FOLDER = ROOT / "examples" / "plugins" / "torch_backend"
WITHOUT = "it isn't installed; examples/plugins/torch_backend/README.md says how"


def test_it_is_an_example():
    sources = [path.read_text() for path in FOLDER.rglob("*.py")]
    assert sum(len(source.splitlines()) for source in sources) < 2500


def test_it_uses_public_names_alone():
    pytest.importorskip("torch_for_oneiros", reason=WITHOUT)
    assert faulty_imports("torch-for-oneiros", "torch_for_oneiros") == []


@pytest.mark.slow
def test_its_own_tests_pass():
    """Golden data of Keras 1.2.2, the kit, and PyTorch's own kernels and compiler."""
    pytest.importorskip("torch_for_oneiros", reason=WITHOUT)
    command = [sys.executable, "-m", "pytest", str(FOLDER / "tests")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-5000:]
