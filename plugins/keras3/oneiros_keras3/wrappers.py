"""Bidirectional whose masked steps keep the last output."""

from typing import Any

import keras

from oneiros_keras3.registration import register


@register
class Bidirectional(keras.layers.Bidirectional):
    """Keras 3's layer, but for steps that a mask hides.

    There each direction repeats its last output, as it does without the wrapper. Keras
    3's own layer has zeros there if it returns sequences.

    # Arguments
        layer: recurrent layer.
        **kwargs: as for `keras.layers.Bidirectional`.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        for each in (self.forward_layer, self.backward_layer):
            each.zero_output_for_mask = False
