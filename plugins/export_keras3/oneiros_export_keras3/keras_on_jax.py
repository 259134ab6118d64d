"""Keras 3 on JAX, with the functions and layers of Keras 1 registered."""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
from oneiros_keras3 import hard_sigmoid

__all__ = ["hard_sigmoid", "keras"]
