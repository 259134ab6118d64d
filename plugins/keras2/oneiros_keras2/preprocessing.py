"""Layers that prepare their input; they have no weights to train."""

from oneiros import backend as K

from oneiros_keras2.base import Keras2Layer


class Rescaling(Keras2Layer):
    """`scale * x + offset`.

    # Example
        ```python
        from oneiros.layers import Rescaling
        from oneiros.models import Sequential

        model = Sequential([Rescaling(1 / 255, input_shape=(28, 28, 1))])
        model.output_shape  # (None, 28, 28, 1)
        ```

    # Arguments
        scale: float, or list of one per channel.
        offset: float, or list of one per channel.

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset

    def call(self, x, mask=None):
        """Returns the scaled input."""
        scale = K.cast_to_floatx(self.scale)
        return K.cast(x, K.floatx()) * scale + K.cast_to_floatx(self.offset)
