"""Names that TensorFlow imports from a later Keras: `tf.layers`, `tf.nn.rnn_cell`,
`tf.keras`.

Where the name `keras` is Oneiros that Keras isn't there, and Keras 3 has no `tf.layers`
and no `tf.nn.rnn_cell`. Their errors then say what to write.
"""

from __future__ import annotations

import functools
from typing import Any

from oneiros_backend_tensorflow.tensorflow_import import tf

LAYERS = {
    "average_pooling2d": "AveragePooling2D(size)(x)",
    "batch_normalization": "BatchNormalization()(x)",
    "conv1d": "Convolution1D(n, size)(x)",
    "conv2d": "Convolution2D(n, rows, columns)(x)",
    "conv2d_transpose": "Deconvolution2D(n, rows, columns, output_shape)(x)",
    "dense": "Dense(n)(x)",
    "dropout": "Dropout(p)(x)",
    "flatten": "Flatten()(x)",
    "max_pooling2d": "MaxPooling2D(size)(x)",
    "BasicLSTMCell": "LSTM(n)(x)",
    "BasicRNNCell": "SimpleRNN(n)(x)",
    "GRUCell": "GRU(n)(x)",
    "LSTMCell": "LSTM(n)(x)",
}
"""Replacements of functions and cells of TensorFlow 1."""


def install() -> None:
    """Has TensorFlow explain what it doesn't find in Keras."""
    loader = type(tf.compat.v1.layers)
    look_up = loader.__getattr__

    @functools.wraps(look_up)
    def explained(module: Any, name: str) -> Any:
        try:
            return look_up(module, name)
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("keras."):
                raise
            raise ModuleNotFoundError(_without_keras(name), name=error.name) from None
        except AttributeError as error:
            if name not in LAYERS:
                raise
            text = f"{error} {_layer(name)}"
            raise AttributeError(text, name=name, obj=module) from None

    loader.__getattr__ = explained


def _without_keras(name: str) -> str:
    return (
        f"TensorFlow imports {name} from a later Keras, but the name keras is Oneiros "
        f"here. {_layer(name)} For tf.keras set ONEIROS_KERAS_NAMESPACE=0 in the "
        f"environment and import oneiros."
    )


def _layer(name: str) -> str:
    layer = LAYERS.get(name, "a layer of oneiros.layers")
    return f"In a model write {layer}."
