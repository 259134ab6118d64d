"""Activations that are layers, with the arguments that Keras 2 gave them."""

from typing import Unpack

from oneiros import backend as K
from oneiros.typing import LayerOptions

from oneiros_keras2.activations import rectified, softmax_along
from oneiros_keras2.base import Axes, Keras2Layer
from oneiros_keras2.tensors import HIDDEN, floats


class Keras2ReLU(Keras2Layer):
    """`min(x, max_value)` above the threshold, `negative_slope * (x - threshold)`
    below.

    # Example
        ```python
        from oneiros.layers import Keras2ReLU
        from oneiros.models import Sequential

        model = Sequential([Keras2ReLU(max_value=6, input_shape=(3,))])
        model.output_shape  # (None, 3)
        ```

    # Arguments
        max_value: float; None for no bound.
        negative_slope: float.
        threshold: float.

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    max_value: float | None
    negative_slope: float
    threshold: float

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float | None = 0.0,
        threshold: float | None = 0.0,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            max_value=max_value,
            negative_slope=negative_slope or 0.0,
            threshold=threshold or 0.0,
        )

    def call(self, x, mask=None):
        """Returns the output, of the input's shape."""
        slope = self.negative_slope
        return rectified(x, slope, self.max_value, self.threshold)


class Keras2Softmax(Keras2Layer):
    """Softmax over any axes, which can leave out values.

    # Example
        ```python
        from oneiros.layers import Keras2Softmax
        from oneiros.models import Sequential

        model = Sequential([Keras2Softmax(axis=1, input_shape=(4, 5))])
        model.output_shape  # (None, 4, 5)
        ```

    # Arguments
        axis: int or list of int.

    # Input shape
        Any; or a list of an input and a mask: 1 for values that count, 0 for others.

    # Output shape
        That of the input.
    """

    loadable = True
    supports_masking = True

    axis: Axes

    def __init__(self, axis: Axes = -1, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.set_arguments(axis=axis)

    def call(self, x, mask=None):
        """Returns values that add up to 1."""
        if isinstance(x, list):
            x, counted = x
            hidden = 1 - floats(counted)
            x = x - HIDDEN[K.floatx()] * hidden
        return softmax_along(x, self.axis)

    def get_output_shape_for(self, input_shape):
        """Returns the input's shape."""
        return input_shape[0] if isinstance(input_shape, list) else input_shape

    def compute_mask(self, x, mask=None):
        """Returns the mask of the input."""
        return mask[0] if isinstance(mask, list) else mask
