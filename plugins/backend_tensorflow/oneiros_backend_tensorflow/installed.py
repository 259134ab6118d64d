"""Checks whether TensorFlow is installed."""

import sys
from importlib.util import find_spec

FIRST_WITHOUT = (3, 14)
"""The first Python version without a TensorFlow release; also in pyproject.toml."""


def check_installed() -> None:
    """Raises ModuleNotFoundError where TensorFlow isn't installed, and says what to
    do."""
    if find_spec("tensorflow") is not None:
        return
    if sys.version_info < FIRST_WITHOUT:
        advice = "isn't installed. Type: pip install tensorflow"
    else:
        first = ".".join(map(str, FIRST_WITHOUT))
        advice = (
            f"has no release for Python {first} or later. Choose another backend, "
            "for example with K.use('jax'), or use an earlier Python"
        )
    raise ModuleNotFoundError(f"TensorFlow {advice}.", name="tensorflow")
