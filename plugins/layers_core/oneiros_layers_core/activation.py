"""Activation, and the layer that only adds an activity penalty."""

from typing import Unpack

from oneiros import activations, regularizers, typing
from oneiros.arguments import check_number
from oneiros.engine.layer import Layer
from oneiros.typing import LayerOptions, Tensor


class Activation(Layer):
    """Applies an activation function; masks pass through.

    # Example
        ```python
        from oneiros.layers import Activation, Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(10, input_dim=16), Activation("softmax")])
        model.output_shape  # (None, 10)
        ```

    # Arguments
        activation: name of an activation, or a function of a tensor.

    # Input shape
        Any that the activation accepts.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    def __init__(self, activation: typing.Activation, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, x, mask=None) -> Tensor:
        """Returns `activation(x)`."""
        return self.activation(x)


class ActivityRegularization(Layer):
    """Adds `l1 * sum(abs(x)) + l2 * sum(x ** 2)` of its input to the loss.

    The output is the input.

    # Example
        ```python
        from oneiros.layers import ActivityRegularization, Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(10, input_dim=16), ActivityRegularization(l1=0.01)])
        len(model.losses)  # 1
        ```

    # Arguments
        l1: float, factor of the absolute values.
        l2: float, factor of the squares.

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    def __init__(
        self, l1: float = 0.0, l2: float = 0.0, **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        self.l1 = check_number(self, "l1", l1)
        self.l2 = check_number(self, "l2", l2)
        self.activity_regularizer = regularizers.L1L2Regularizer(l1=l1, l2=l2)
