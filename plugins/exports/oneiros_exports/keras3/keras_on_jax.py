"""Keras 3 on JAX, whichever engine was chosen before; only processes of exports import
it."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import oneiros_keras3

__all__ = ["keras", "oneiros_keras3"]
