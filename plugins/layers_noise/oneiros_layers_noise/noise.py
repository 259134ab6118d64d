"""Layers that add noise, or multiply by it, during training.

Outside the training phase, the input passes unchanged.
"""

import math
from typing import Unpack

from oneiros import backend as K
from oneiros.arguments import check_fraction, check_number, refusal
from oneiros.engine.layer import Layer
from oneiros.typing import LayerOptions, Tensor


def _normal_like(x: Tensor, mean: float, std) -> Tensor:
    """Draws a tensor of the shape and type of another one."""
    shape = K.shape(x)
    dtype = K.dtype(x)
    return K.random_normal(shape, mean, std, dtype)


class GaussianNoise(Layer):
    """Adds normal noise of mean 0 during training: augmentation for real-valued inputs.

    # Example
        ```python
        from oneiros.layers import Dense, GaussianNoise
        from oneiros.models import Sequential

        model = Sequential([GaussianNoise(0.1, input_shape=(16,)), Dense(10)])
        model.uses_learning_phase  # True
        ```

    # Arguments
        sigma: float, standard deviation of the noise; if you pass a variable,
            `K.variable(0.1)`, you can change it during training.

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True
    uses_learning_phase = True

    def __init__(self, sigma: float, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.sigma = check_number(self, "sigma", sigma)
        is_number = not K.current().owns(sigma)
        if is_number and not sigma >= 0:
            expected = "a standard deviation, 0 or more"
            raise refusal(self, "sigma", sigma, expected)

    def call(self, x, mask=None) -> Tensor:
        """Returns the input, with noise in the training phase."""
        noise = _normal_like(x, 0.0, self.sigma)
        noisy = x + noise
        return K.in_train_phase(noisy, x)


class GaussianDropout(Layer):
    """Multiplies by normal noise of mean 1 during training.

    Its standard deviation is `sqrt(p / (1 - p))`.

    # Example
        ```python
        from oneiros.layers import Dense, GaussianDropout
        from oneiros.models import Sequential

        model = Sequential([Dense(32, input_dim=16), GaussianDropout(0.25), Dense(10)])
        model.output_shape  # (None, 10)
        ```

    # Arguments
        p: float between 0 and 1, the rate of a Dropout with the same standard
            deviation. 0 and 1 add no noise, as in Keras 1.2.2.

    # Input shape
        Any.

    # Output shape
        The same.

    # References
        - Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout, JMLR 15,
          2014
    """

    loadable = True
    supports_masking = True

    def __init__(self, p: float, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.p = check_fraction(self, "p", p)
        self.uses_learning_phase = 0.0 < p < 1.0

    def call(self, x, mask=None) -> Tensor:
        """Returns the input, with noise in the training phase."""
        if not self.uses_learning_phase:
            return x
        kept = 1.0 - self.p
        variance = self.p / kept
        std = math.sqrt(variance)
        noise = _normal_like(x, 1.0, std)
        noisy = x * noise
        return K.in_train_phase(noisy, x)
