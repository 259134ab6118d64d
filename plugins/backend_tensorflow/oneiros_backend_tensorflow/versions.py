"""The public modules of TensorFlow's functions."""

import functools
import importlib
from typing import Any

from oneiros_backend_tensorflow.tensorflow_import import tf


@functools.cache
def versions_1() -> tuple[Any, ...]:
    """Returns the modules of TensorFlow 1's names.

    `tf.compat.v1` is another module before than after the first `import
    tensorflow.compat.v1`. That comes here, so that it changes nothing later.
    """
    at_first = tf.compat.v1
    imported = importlib.import_module("tensorflow.compat.v1")
    if imported is at_first:
        return (at_first,)
    return (at_first, imported)


def versions() -> tuple[Any, ...]:
    """Returns the modules of all names."""
    return (tf, *versions_1())
