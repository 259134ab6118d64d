"""`Unmasked`, which ends a mask."""

from oneiros_keras2.base import Keras2Layer


class Unmasked(Keras2Layer):
    """Its input without the mask.

    Keras 2 and 3 end a mask at layers that can't use it; Keras 1 refuses it there.
    Loading their files puts this layer before such a one.

    # Example
        ```python
        from oneiros.layers import Embedding, Flatten, Unmasked
        from oneiros.models import Sequential

        words = Embedding(100, 8, mask_zero=True, input_length=10)
        model = Sequential([words, Unmasked(), Flatten()])
        model.output_shape  # (None, 80)
        ```

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    def compute_mask(self, x, mask=None):
        """Returns no mask."""
