"""These tests need PyTorch: without it they are skipped, and say so."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch isn't installed: pip install torch")

from oneiros import backend as K


@pytest.fixture(autouse=True)
def on_torch():
    """Each test runs on PyTorch, from the same random state."""
    np.random.seed(1234)
    with K.use("torch") as backend:
        yield backend
