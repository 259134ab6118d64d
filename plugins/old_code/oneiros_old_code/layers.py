"""Layers of Keras 0.x."""

from oneiros import backend as K
from oneiros.arguments import check_choice
from oneiros.engine.layer import Layer
from oneiros.user_warnings import warn

MERGED_BY = {"sum": K.sum, "mul": K.prod, "ave": K.mean}
"""Functions that merge steps, by mode."""


class MaskedLayer(Layer):
    """Base class of layers that propagate masks: a `Layer` with `supports_masking`."""

    supports_masking = True


class TimeDistributedMerge(Layer):
    """Sum, product or average over the steps of each sample.

    Use `GlobalAveragePooling1D()` or `Lambda(lambda x: K.sum(x, axis=1))` instead;
    files can store these.

    # Arguments
        mode: `"sum"`, `"mul"` or `"ave"`.

    # Input shape
        `(samples, steps, features)`.

    # Output shape
        `(samples, features)`.
    """

    def __init__(self, mode: str = "sum", **kwargs):
        super().__init__(**kwargs)
        self.mode = check_choice(self, "mode", mode, MERGED_BY)
        warn(
            "TimeDistributedMerge is of Keras 0.x. GlobalAveragePooling1D(), or "
            "Lambda(lambda x: K.sum(x, axis=1)), does it now."
        )

    def get_output_shape_for(self, input_shape):
        """Returns the input shape without the steps."""
        return (input_shape[0], *input_shape[2:])

    def call(self, x, mask=None):
        """Merges the steps."""
        return MERGED_BY[self.mode](x, axis=1)
