"""Activations as layers: with a constant, as LeakyReLU, or with learned parameters, as
PReLU."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np
from oneiros import backend as K
from oneiros import initializations
from oneiros.arguments import check_number, is_int, label, refusal
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ShapeError
from oneiros.typing import Array, Initialization, LayerOptions, Shape, Tensor
from oneiros_initializations.postponed import initialized


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
    supports_masking = True

    def __init__(self, alpha: float = 0.3, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.alpha = check_number(self, "alpha", alpha)

    def call(self, x, mask=None) -> Tensor:
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
    supports_masking = True

    def __init__(self, alpha: float = 1.0, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.alpha = rounded(self, "alpha", alpha)

    def call(self, x, mask=None) -> Tensor:
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
    supports_masking = True

    def __init__(self, theta: float = 1.0, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.theta = rounded(self, "theta", theta)

    def call(self, x, mask=None) -> Tensor:
        """Returns the thresholded input."""
        is_above = K.greater(x, self.theta)
        factors = K.cast(is_above, K.dtype(x))
        return x * factors


class LearnedActivation(Layer):
    """Base of the activations with a parameter per feature. Not a layer itself.

    # Arguments
        weights: list of arrays, initial values.
        shared_axes: int or list of ints, axes of the input along which the parameter is
            shared.
    """

    supports_masking = True

    def __init__(
        self,
        *,
        weights: list[Array] | None,
        shared_axes: int | Sequence[int] | None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.initial_weights = weights
        self.shared_axes = self._axes(shared_axes)
        self.param_broadcast: list[bool] = []

    def _axes(self, shared_axes) -> list[int] | None:
        if shared_axes is None:
            return None
        axes = shared_axes
        if not isinstance(shared_axes, (list, tuple)):
            axes = [shared_axes]
        are_axes = all(is_int(axis) and axis >= 1 for axis in axes)
        if not are_axes:
            expected = (
                "axes of the input from 1 on (axis 0 is the batch), such as [1, 2] for "
                "images with channels last"
            )
            raise refusal(self, "shared_axes", shared_axes, expected)
        return [int(axis) for axis in axes]

    def parameter_shape(self, input_shape: Shape) -> tuple[int, ...]:
        """Returns the shape of each parameter, and stores the shared axes."""
        shared = self.shared_axes or []
        axes = range(1, len(input_shape))
        sizes = list(input_shape[1:])
        fixed = list(input_shape)
        for axis in filter(axes.__contains__, shared):
            sizes[axis - 1] = 1
            fixed[axis] = None
        known_sizes = tuple(size for size in sizes if size is not None)
        is_outside = max(shared, default=0) > len(sizes)
        if len(known_sizes) < len(sizes) or is_outside:
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)} with "
                f"shared_axes={self.shared_axes}. It makes a parameter for each "
                "position along the axes that aren't shared: their sizes must be "
                "known, and the shared axes must exist."
            )
        self.param_broadcast = [axis in shared for axis in axes]
        shape = (None, *fixed[1:])
        self.input_spec = [InputSpec(shape=shape)]
        return known_sizes

    def add_parameters(self, input_shape: Shape, **inits) -> None:
        """Makes the parameters, and stores each in the attribute of its name.

        # Arguments
            inits: the initialization of each.
        """
        shape = self.parameter_shape(input_shape)
        for name, init in inits.items():
            parameter = self.add_weight(shape, init, name=f"{self.name}_{name}")
            setattr(self, name, parameter)
        self.set_initial_weights()

    def spread(self, parameter):
        """Returns a parameter ready to be combined with the input along shared axes."""
        return K.pattern_broadcast(parameter, self.param_broadcast)


def _constant(value: float) -> Callable[..., Any]:
    """Returns an initialization with one value everywhere."""

    def filled(shape, name: str | None = None) -> Tensor:
        def make() -> Tensor:
            values = np.broadcast_to(value, shape)
            return K.variable(values, name=name)

        return initialized(shape, name, make)

    return filled


class PReLU(LearnedActivation):
    """`x` where positive, `alphas * x` elsewhere, with a learned slope per feature.

    # Example
        ```python
        from oneiros.layers import PReLU
        from oneiros.models import Sequential

        model = Sequential([PReLU(shared_axes=[1, 2], input_shape=(8, 8, 3))])
        model.get_weights()[0].shape  # (1, 1, 3)
        ```

    # Arguments
        init: name or function `(shape, name=None)`, initialization of the slopes.
        weights: list of one array, initial slopes.
        shared_axes: int or list of ints, axes of the input along which the slope is
            shared: after a convolution with dim_ordering `"tf"`, `[1, 2]` gives one per
            channel.

    # Input shape
        `(samples, …)`; all sizes except the batch and shared axes must be known.

    # Output shape
        The same.

    # References
        - He, Zhang, Ren, Sun: Delving Deep into Rectifiers, arXiv:1502.01852
    """

    loadable = True
    alphas: Tensor

    def __init__(
        self,
        init: Initialization = "zero",
        weights: list[Array] | None = None,
        shared_axes: list[int] | tuple[int, ...] | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(weights=weights, shared_axes=shared_axes, **kwargs)
        self.init = initializations.get(init)

    def build(self, input_shape: Shape) -> None:
        """Makes `alphas`."""
        self.add_parameters(input_shape, alphas=self.init)

    def call(self, x, mask=None) -> Tensor:
        """Returns the rectified input."""
        slopes = self.spread(self.alphas)
        negative = K.relu(-x)
        return K.relu(x) - slopes * negative


class ParametricSoftplus(LearnedActivation):
    """`alphas * log(1 + exp(betas * x))`, with both learned per feature.

    # Example
        ```python
        from oneiros.layers import ParametricSoftplus
        from oneiros.models import Sequential

        model = Sequential([ParametricSoftplus(input_shape=(3,))])
        [weight.tolist() for weight in model.get_weights()][1]  # [5.0, 5.0, 5.0]
        ```

    # Arguments
        alpha_init: float, initial height. Rounded to floatx.
        beta_init: float, initial steepness. Rounded to floatx.
        weights: list of two arrays, initial `[alphas, betas]`.
        shared_axes: int or list of ints, as for `PReLU`.

    # Input shape
        `(samples, …)`; all sizes except the batch and shared axes must be known.

    # Output shape
        The same.

    # References
        - McFarland, Cui, Butts: Inferring Nonlinear Neuronal Computation Based on
          Physiologically Plausible Inputs, PLoS Computational Biology 9, 2013
    """

    loadable = True
    alphas: Tensor
    betas: Tensor

    def __init__(
        self,
        alpha_init: float = 0.2,
        beta_init: float = 5.0,
        weights: list[Array] | None = None,
        shared_axes: list[int] | tuple[int, ...] | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(weights=weights, shared_axes=shared_axes, **kwargs)
        self.alpha_init = rounded(self, "alpha_init", alpha_init)
        self.beta_init = rounded(self, "beta_init", beta_init)

    def build(self, input_shape: Shape) -> None:
        """Makes `alphas` and `betas`."""
        alphas = _constant(self.alpha_init)
        betas = _constant(self.beta_init)
        self.add_parameters(input_shape, alphas=alphas, betas=betas)

    def call(self, x, mask=None) -> Tensor:
        """Returns the activated input."""
        heights = self.spread(self.alphas)
        steepness = self.spread(self.betas)
        scaled = steepness * x
        return K.softplus(scaled) * heights


class SReLU(LearnedActivation):
    """Slope 1 between two learned thresholds, and a learned slope beyond each.

    `x` for `t_left <= x <= t_right_actual`, `t_left + a_left * (x - t_left)` below,
    `t_right_actual + a_right * (x - t_right_actual)` above. The upper threshold is
    stored as a distance, `t_right_actual = t_left + abs(t_right)`, so that the two
    can't cross.

    # Example
        ```python
        from oneiros.layers import SReLU
        from oneiros.models import Sequential

        model = Sequential([SReLU(input_shape=(3,))])
        len(model.trainable_weights)  # 4
        ```

    # Arguments
        t_left_init: name or function `(shape, name=None)`, initialization of the lower
            threshold.
        a_left_init: the same for the slope below it.
        t_right_init: the same for the distance of the upper threshold.
        a_right_init: the same for the slope above it.
        shared_axes: int or list of ints, as for `PReLU`.

    # Input shape
        `(samples, …)`; all sizes except the batch and shared axes must be known.

    # Output shape
        The same.

    # References
        - Jin, Xu, Feng, Wei, Xiong, Yan: Deep Learning with S-shaped Rectified Linear
          Activation Units, arXiv:1512.07030
    """

    loadable = True
    t_left: Tensor
    a_left: Tensor
    t_right: Tensor
    a_right: Tensor
    t_right_actual: Tensor

    def __init__(
        self,
        t_left_init: Initialization = "zero",
        a_left_init: Initialization = "glorot_uniform",
        t_right_init: Initialization = "glorot_uniform",
        a_right_init: Initialization = "one",
        shared_axes: list[int] | tuple[int, ...] | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(weights=None, shared_axes=shared_axes, **kwargs)
        self.t_left_init = initializations.get(t_left_init)
        self.a_left_init = initializations.get(a_left_init)
        self.t_right_init = initializations.get(t_right_init)
        self.a_right_init = initializations.get(a_right_init)

    def build(self, input_shape: Shape) -> None:
        """Makes `t_left`, `a_left`, `t_right` and `a_right`, in this order."""
        self.add_parameters(
            input_shape,
            t_left=self.t_left_init,
            a_left=self.a_left_init,
            t_right=self.t_right_init,
            a_right=self.a_right_init,
        )
        span = K.abs(self.t_right)
        self.t_right_actual = self.t_left + span

    def call(self, x, mask=None) -> Tensor:
        """Returns the activated input."""
        t_left = self.spread(self.t_left)
        a_left = self.spread(self.a_left)
        a_right = self.spread(self.a_right)
        t_right = self.spread(self.t_right_actual)
        span = t_right - t_left
        above_left = K.relu(x - t_left)
        middle = t_left + K.minimum(above_left, span)
        below = K.relu(t_left - x)
        above = K.relu(x - t_right)
        left = a_left * below
        right = a_right * above
        return middle - left + right
