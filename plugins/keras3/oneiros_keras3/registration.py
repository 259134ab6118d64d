"""How classes and functions get the names under which `.keras` files refer to them."""

import keras

register = keras.saving.register_keras_serializable("oneiros_keras3")
"""Decorator: the registered name is `oneiros_keras3>` and the object's own."""
