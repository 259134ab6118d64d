"""Masking: marks the steps of a sequence that later layers skip."""

from typing import Unpack

from oneiros import backend as K
from oneiros.arguments import check_number
from oneiros.engine.layer import Layer
from oneiros.typing import LayerOptions, Tensor


class Masking(Layer):
    """Masks the steps whose features all equal `mask_value`, and sets them to zero.

    The output carries the mask: layers that support masks skip the step, and losses
    ignore it.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Masking
        from oneiros.models import Sequential

        model = Sequential([Masking(mask_value=9.0, input_shape=(3, 2))])
        steps = np.array([[[1, 2], [9, 3], [9, 9]]])
        model.predict(steps).tolist()  # [[[1.0, 2.0], [9.0, 3.0], [0.0, 0.0]]]
        ```

    # Arguments
        mask_value: float.

    # Input shape
        `(samples, steps, …, features)`, three axes or more; the features of the last
        axis are compared.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.mask_value = check_number(self, "mask_value", mask_value)

    def compute_mask(self, x, input_mask=None) -> Tensor:
        """Returns the mask: True for steps with any feature other than `mask_value`."""
        differs = K.not_equal(x, self.mask_value)
        return K.any(differs, axis=-1)

    def call(self, x, mask=None) -> Tensor:
        """Returns the input with masked steps set to zero."""
        differs = K.not_equal(x, self.mask_value)
        is_kept = K.any(differs, axis=-1, keepdims=True)
        return x * K.cast(is_kept, K.dtype(x))
