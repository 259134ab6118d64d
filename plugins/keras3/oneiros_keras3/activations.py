"""Activations."""

from typing import Any

from keras import ops

from oneiros_keras3.registration import register


@register
def hard_sigmoid(x: Any) -> Any:
    """Returns clip(0.2 x + 0.5, 0, 1), the hard sigmoid of Keras 1."""
    return ops.clip(0.2 * ops.convert_to_tensor(x) + 0.5, 0.0, 1.0)
