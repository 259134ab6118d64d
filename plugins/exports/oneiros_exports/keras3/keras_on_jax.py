"""Keras 3 on JAX, with the functions and layers of Keras 1 registered.

Keras reads its backend's name from the environment, once, when it is imported. Oneiros
reads the same variable later, so it is set during this import alone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "KERAS_BACKEND"


@contextmanager
def _chosen_backend(name: str) -> Iterator[None]:
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = name
    yield
    del os.environ[_VARIABLE]
    if before is not None:
        os.environ[_VARIABLE] = before


with _chosen_backend("jax"):
    import keras
    import oneiros_keras3

__all__ = ["keras", "oneiros_keras3"]
