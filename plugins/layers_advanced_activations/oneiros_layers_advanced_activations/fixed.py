"""Activations with a constant, as layers: LeakyReLU, ELU, ThresholdedReLU."""

from oneiros import backend as K
from oneiros.arguments import check_number
from oneiros.engine.layer import Layer


def rounded(layer: Layer, name: str, value) -> float:
    """Returns a number with the precision of floatx."""
    number = check_number(layer, name, value)
    return float(K.cast_to_floatx(number))


class LeakyReLU(Layer):
    """`x` where positive, `alpha * x` elsewhere.

    So a unit that isn't active still has a gradient.

    # Example
        ```python
        from oneiros.layers import Dense, LeakyReLU
        from oneiros.models import Sequential

        model = Sequential([Dense(8, input_dim=4), LeakyReLU(0.1)])
        model.output_shape  # (None, 8)
        ```

    # Arguments
        alpha: float, slope below zero.

    # Input shape
        Any.

    # Output shape
        The same.

    # References
        - Maas, Hannun, Ng: Rectifier Nonlinearities Improve Neural Network Acoustic
          Models, ICML 2013
    """

    loadable = True

    def __init__(self, alpha: float = 0.3, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.alpha = check_number(self, "alpha", alpha)

    def call(self, x, mask=None):
        """Returns the rectified input."""
        return K.relu(x, alpha=self.alpha)


class ELU(Layer):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import ELU
        from oneiros.models import Sequential

        model = Sequential([ELU(alpha=0.5, input_shape=(2,))])
        model.predict(np.array([[-100.0, 3.0]])).tolist()  # [[-0.5, 3.0]]
        ```

    # Arguments
        alpha: float; for large negative inputs, the output approaches `-alpha`. Rounded
            to floatx.

    # Input shape
        Any.

    # Output shape
        The same.

    # References
        - Clevert, Unterthiner, Hochreiter: Fast and Accurate Deep Network Learning by
          ELUs, arXiv:1511.07289
    """

    loadable = True

    def __init__(self, alpha: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.alpha = rounded(self, "alpha", alpha)

    def call(self, x, mask=None):
        """Returns the activated input."""
        return K.elu(x, self.alpha)


class ThresholdedReLU(Layer):
    """`x` where it is above `theta`, 0 elsewhere.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import ThresholdedReLU
        from oneiros.models import Sequential

        model = Sequential([ThresholdedReLU(theta=1.0, input_shape=(3,))])
        model.predict(np.array([[0.5, 1.0, 1.5]])).tolist()  # [[0.0, 0.0, 1.5]]
        ```

    # Arguments
        theta: float, the threshold. Rounded to floatx.

    # Input shape
        Any.

    # Output shape
        The same.

    # References
        - Konda, Memisevic, Krueger: Zero-Bias Autoencoders and the Benefits of
          Co-Adapting Features, arXiv:1402.3337
    """

    loadable = True

    def __init__(self, theta: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.theta = rounded(self, "theta", theta)

    def call(self, x, mask=None):
        """Returns the thresholded input."""
        is_above = K.greater(x, self.theta)
        factors = K.cast(is_above, K.dtype(x))
        return x * factors
