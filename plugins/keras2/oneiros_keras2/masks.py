"""`Unmasked`, which ends a mask, and `Masked`, which begins one."""

from oneiros_keras2.base import Keras2Layer


class Unmasked(Keras2Layer):
    """Passes on its input without the mask.

    Where a mask meets a layer that can't use it, Keras 2 and 3 drop the mask, and
    Keras 1 raises an error. Loading their files inserts this layer there.

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
    conformance = {"tags": ("consumes_mask",)}
    supports_masking = True

    def compute_mask(self, x, mask=None):
        """Returns no mask."""


class Masked(Keras2Layer):
    """Passes on its first input, with the second one as the mask.

    Loading a file of Keras 2 inserts this layer where a call in it names a mask, as
    `LSTM(8)(x, mask=mask)` does.

    # Example
        ```python
        from oneiros.layers import LSTM, Input, Masked

        x, mask = Input(shape=(10, 4)), Input(shape=(10,))
        LSTM(8)(Masked()([x, mask]))._keras_shape  # (None, 8)
        ```

    # Input shape
        List of any shape `(samples, steps, …)`, and `(samples, steps)`.

    # Output shape
        That of the first input.
    """

    loadable = True
    conformance = {
        "input_shape": [(5, 4), (5,)],
        "tags": ("changes_mask", "not_differentiable"),
    }
    supports_masking = True

    def call(self, x, mask=None):
        """Returns the first input."""
        return x[0]

    def get_output_shape_for(self, input_shape):
        """Returns the shape of the first input."""
        return input_shape[0]

    def compute_mask(self, x, mask=None):
        """Returns the second input."""
        return x[1]
