"""TensorFlow for processes that need neither Keras nor JAX.

Its import would bring them along: 5.0 seconds of the processor instead of 2.5.
"""

import sys
from typing import Any

MODULES: dict[str, Any] = sys.modules
MODULES["keras"] = None
MODULES["jax"] = None

import tensorflow as tf

__all__ = ["tf"]
