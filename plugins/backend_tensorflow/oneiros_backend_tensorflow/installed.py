"""Whether TensorFlow is there."""

import sys
from importlib.util import find_spec

FIRST_WITHOUT = (3, 14)
"""The first Python for which TensorFlow has no release; pyproject.toml says it too."""


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
            f"has no release for Python {first} or later. Choose another backend, as "
            "K.use('jax') does, or run an earlier Python"
        )
    raise ModuleNotFoundError(f"TensorFlow {advice}.", name="tensorflow")
