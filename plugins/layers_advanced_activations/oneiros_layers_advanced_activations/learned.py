"""Activations with learned parameters: PReLU, ParametricSoftplus, SReLU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import initializations
from oneiros.arguments import check_number, is_int, label, refusal
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ShapeError
from oneiros_initializations.postponed import initialized

Shape = tuple[int | None, ...]


class LearnedActivation(Layer):
    """Base of the activations with a parameter per feature. Not a layer itself.

    # Arguments
        weights: list of arrays, initial values.
        shared_axes: int or list of ints, axes of the input along which the parameter is
            shared.
    """

    def __init__(
        self, *, weights: Any, shared_axes: int | Sequence[int] | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.initial_weights = weights
        self.shared_axes = self._axes(shared_axes)
        self.param_broadcast: list[bool] = []

    def _axes(self, shared_axes: Any) -> list[int] | None:
        if shared_axes is None:
            return None
        axes = shared_axes if isinstance(shared_axes, (list, tuple)) else [shared_axes]
        if not all(is_int(axis) and axis >= 1 for axis in axes):
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
        sizes = tuple(1 if axis in shared else input_shape[axis] for axis in axes)
        known_sizes = tuple(size for size in sizes if size is not None)
        if len(known_sizes) < len(sizes) or max(shared, default=0) > len(sizes):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)} with "
                f"shared_axes={self.shared_axes}. It makes a parameter for each "
                "position along the axes that aren't shared: their sizes must be "
                "known, and the shared axes must exist."
            )
        self.param_broadcast = [axis in shared for axis in axes]
        fixed = tuple(None if axis in shared else input_shape[axis] for axis in axes)
        self.input_spec = [InputSpec(shape=(None, *fixed))]
        return known_sizes

    def _parameter(self, name: str, shape: tuple[int, ...], init: Any) -> Any:
        return self.add_weight(shape, initializer=init, name=f"{self.name}_{name}")

    def spread(self, parameter: Any) -> Any:
        """Returns a parameter ready to be combined with the input along shared axes."""
        return K.pattern_broadcast(parameter, self.param_broadcast)


def _constant(value: float) -> Callable[..., Any]:
    """Returns an initialization with one value everywhere."""

    def filled(shape: Any, name: str | None = None) -> Any:
        return initialized(
            shape, name, lambda: K.variable(np.broadcast_to(value, shape), name=name)
        )

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
    alphas: Any

    def __init__(
        self,
        init: Any = "zero",
        weights: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(weights=weights, shared_axes=shared_axes, **kwargs)
        self.init = initializations.get(init)

    def build(self, input_shape: Shape) -> None:
        """Makes `alphas`."""
        shape = self.parameter_shape(input_shape)
        self.alphas = self._parameter("alphas", shape, self.init)
        self.set_initial_weights()

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns the rectified input."""
        return K.relu(x) - self.spread(self.alphas) * K.relu(-x)


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
    alphas: Any
    betas: Any

    def __init__(
        self,
        alpha_init: float = 0.2,
        beta_init: float = 5.0,
        weights: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(weights=weights, shared_axes=shared_axes, **kwargs)
        check_number(self, "alpha_init", alpha_init)
        check_number(self, "beta_init", beta_init)
        self.alpha_init = float(K.cast_to_floatx(alpha_init))
        self.beta_init = float(K.cast_to_floatx(beta_init))

    def build(self, input_shape: Shape) -> None:
        """Makes `alphas` and `betas`."""
        shape = self.parameter_shape(input_shape)
        self.alphas = self._parameter("alphas", shape, _constant(self.alpha_init))
        self.betas = self._parameter("betas", shape, _constant(self.beta_init))
        self.set_initial_weights()

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns the activated input."""
        return K.softplus(self.spread(self.betas) * x) * self.spread(self.alphas)


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
    t_left: Any
    a_left: Any
    t_right: Any
    a_right: Any
    t_right_actual: Any

    def __init__(
        self,
        t_left_init: Any = "zero",
        a_left_init: Any = "glorot_uniform",
        t_right_init: Any = "glorot_uniform",
        a_right_init: Any = "one",
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(weights=None, shared_axes=shared_axes, **kwargs)
        self.t_left_init = initializations.get(t_left_init)
        self.a_left_init = initializations.get(a_left_init)
        self.t_right_init = initializations.get(t_right_init)
        self.a_right_init = initializations.get(a_right_init)

    def build(self, input_shape: Shape) -> None:
        """Makes `t_left`, `a_left`, `t_right` and `a_right`, in this order."""
        shape = self.parameter_shape(input_shape)
        self.t_left = self._parameter("t_left", shape, self.t_left_init)
        self.a_left = self._parameter("a_left", shape, self.a_left_init)
        self.t_right = self._parameter("t_right", shape, self.t_right_init)
        self.a_right = self._parameter("a_right", shape, self.a_right_init)
        self.t_right_actual = self.t_left + K.abs(self.t_right)
        self.set_initial_weights()

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns the activated input."""
        t_left = self.spread(self.t_left)
        a_left = self.spread(self.a_left)
        a_right = self.spread(self.a_right)
        t_right = self.spread(self.t_right_actual)
        middle = t_left + K.minimum(K.relu(x - t_left), t_right - t_left)
        return middle - a_left * K.relu(t_left - x) + a_right * K.relu(x - t_right)
