"""SummedL1L2: a penalty on a layer's output."""

from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import register


@register
class SummedL1L2(keras.regularizers.L1L2):
    """A penalty on the output of a layer, summed over the samples.

    Keras 3 divides the penalties on outputs by the number of samples; Keras 1 doesn't.
    """

    def __call__(self, x: Any) -> Any:
        """Returns the penalty for this many samples."""
        penalty = super().__call__(x)
        return penalty * ops.cast(ops.shape(x)[0], penalty.dtype)
