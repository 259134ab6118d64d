"""Layers that normalise their input to mean 0 and variance 1."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import check_int, label
from oneiros.errors import ShapeError
from oneiros.typing import (
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
    Tensor,
)

from oneiros_keras2.base import Axes, Keras2Layer, axes_of, known_size, spread
from oneiros_keras2.options import AffineOptions
from oneiros_keras2.tensors import sizes_of


class AffineNormalization(Keras2Layer):
    """Base of the layers that multiply what they normalise by gamma and add beta. Not a
    layer itself.

    # Arguments
        all: as for `LayerNormalization`.
    """

    supports_masking = True
    epsilon: float
    center: bool
    scale: bool
    gamma: Any = None
    beta: Any = None

    def __init__(
        self,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initialization = "zero",
        gamma_initializer: Initialization = "one",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )

    def make_affine(
        self, input_shape: Shape, axes: list[int], keeps_axes: bool = False
    ) -> None:
        """Makes gamma and beta, a value per place on these axes each.

        # Arguments
            input_shape: tuple.
            axes: list of int.
            keeps_axes: bool, whether weights have the input's other axes, too, with a
                size of 1.
        """
        sizes = tuple(known_size(self, input_shape, axis) for axis in axes)
        self.spread = spread(input_shape, axes)
        self.weight_shape = self.spread if keeps_axes else sizes
        if self.scale:
            self.gamma = self.add_parameter("gamma", self.weight_shape)
        if self.center:
            self.beta = self.add_parameter("beta", self.weight_shape)

    def affine(self, normalised: Tensor) -> Tensor:
        """Returns what is normalised, times gamma plus beta."""
        if self.gamma is not None:
            normalised = normalised * self.aligned(self.gamma)
        if self.beta is not None:
            normalised = normalised + self.aligned(self.beta)
        return normalised

    def aligned(self, weight: Tensor) -> Tensor:
        """Returns a weight with the axes of the input."""
        return K.reshape(weight, self.spread)

    def normalised(self, x: Tensor, axes: list[int]) -> Tensor:
        """Returns values with mean 0 and variance 1 over these axes."""
        mean = K.mean(x, axis=axes, keepdims=True)
        variance = K.var(x, axis=axes, keepdims=True)
        deviation = K.sqrt(variance + self.epsilon)
        return (x - mean) / deviation


class LayerNormalization(AffineNormalization):
    """Normalises each sample over some of its axes, then applies a learned mean and
    spread.

    # Example
        ```python
        from oneiros.layers import LayerNormalization
        from oneiros.models import Sequential

        model = Sequential([LayerNormalization(input_shape=(10, 16))])
        model.count_params()  # 32
        ```

    # Arguments
        axis: int or list of int, the axes to normalise over.
        epsilon: float, added to the variance.
        center: bool, whether to add beta.
        scale: bool, whether to multiply by gamma.
        beta_…, gamma_…: initializers, regularizers and constraints.
        rms_scaling: bool, whether to divide by the standard deviation without
            subtracting the mean, an argument of Keras 3.

    # Input shape
        Any; the axes must be known.

    # Output shape
        The same.

    # References
        - Ba, Kiros, Hinton: Layer Normalization, arXiv:1607.06450
    """

    loadable = True

    axis: Axes
    rms_scaling: bool

    def __init__(
        self,
        axis: Axes = -1,
        rms_scaling: bool = False,
        **kwargs: Unpack[AffineOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(axis=axis, rms_scaling=rms_scaling)
        if self.rms_scaling:
            self.scale, self.center = True, False

    def build(self, input_shape: Shape) -> None:
        """Makes gamma and beta."""
        self.axes = axes_of(self, len(input_shape))
        self.make_affine(input_shape, self.axes)

    def call(self, x, mask=None) -> Tensor:
        """Returns the normalised input."""
        if not self.rms_scaling:
            normalised = self.normalised(x, self.axes)
            return self.affine(normalised)
        variance = K.var(x, axis=self.axes, keepdims=True)
        scaled = x / K.sqrt(variance + self.epsilon)
        return scaled * self.aligned(self.gamma)


class GroupNormalization(AffineNormalization):
    """Normalises each sample over the pixels of all channels of a group.

    # Example
        ```python
        from oneiros.layers import GroupNormalization
        from oneiros.models import Sequential

        model = Sequential([GroupNormalization(4, input_shape=(8, 8, 16))])
        model.count_params()  # 32
        ```

    # Arguments
        groups: int, the number of groups; -1 for one per channel.
        axis: int, the axis of the channels.
        epsilon, center, scale, …: as for `LayerNormalization`.

    # Input shape
        Any; the channels must be known.

    # Output shape
        The same.

    # References
        - Wu, He: Group Normalization, arXiv:1803.08494
    """

    loadable = True
    conformance = {"arguments": {"groups": 2}, "input_shape": (6, 5, 4)}

    def __init__(
        self, groups: int = 32, axis: int = -1, **kwargs: Unpack[AffineOptions]
    ):
        super().__init__(**kwargs)
        self.groups = check_int(self, "groups", groups, minimum=None)
        self.axis = check_int(self, "axis", axis, minimum=None)

    def build(self, input_shape: Shape) -> None:
        """Makes gamma and beta, a value per channel each."""
        (self.channel_axis,) = axes_of(self, len(input_shape))
        channels = known_size(self, input_shape, self.channel_axis)
        groups = channels if self.groups == -1 else self.groups
        if groups < 1 or channels % groups:
            raise ShapeError(
                f"{label(self)} has groups={self.groups} and received an input of "
                f"shape {input_shape}. Expected a number of channels, on axis "
                f"{self.axis}, that the groups divide."
            )
        self.grouped = (groups, channels // groups)
        self.make_affine(input_shape, [self.channel_axis])

    def call(self, x, mask=None) -> Tensor:
        """Returns the normalised input."""
        axis = self.channel_axis
        sizes = sizes_of(x)
        before = sizes[:axis]
        after = sizes[axis + 1 :]
        shape = (*before, *self.grouped, *after)
        split = K.reshape(x, shape)
        axes = list(range(1, K.ndim(split)))
        axes.remove(axis)
        normalised = self.normalised(split, axes)
        as_before = K.reshape(normalised, tuple(sizes))
        return self.affine(as_before)


class RMSNormalization(Keras2Layer):
    """Divides each sample by the root of its mean square, then applies a learned scale.

    # Example
        ```python
        from oneiros.layers import RMSNormalization
        from oneiros.models import Sequential

        model = Sequential([RMSNormalization(input_shape=(10, 16))])
        model.count_params()  # 16
        ```

    # Arguments
        axis: int or list of int, the axes over which the mean is taken.
        epsilon: float, added to the mean square.

    # Input shape
        Any; the axes must be known.

    # Output shape
        The same.

    # References
        - Zhang, Sennrich: Root Mean Square Layer Normalization, arXiv:1910.07467
    """

    loadable = True
    supports_masking = True

    axis: Axes
    epsilon: float

    def __init__(
        self, axis: Axes = -1, epsilon: float = 1e-6, **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        self.set_arguments(axis=axis, epsilon=epsilon)

    def build(self, input_shape: Shape) -> None:
        """Makes the scale."""
        self.axes = axes_of(self, len(input_shape))
        self.spread = spread(input_shape, self.axes)
        sizes = tuple(known_size(self, input_shape, axis) for axis in self.axes)
        self.scale = self.add_weight(sizes, "one", name=f"{self.name}_scale")

    def call(self, x, mask=None) -> Tensor:
        """Returns the scaled input."""
        squares = K.square(x)
        mean_square = K.mean(squares, axis=self.axes, keepdims=True)
        scale = K.reshape(self.scale, self.spread)
        return x / K.sqrt(mean_square + self.epsilon) * scale


class UnitNormalization(Keras2Layer):
    """Scales its input to length 1.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import UnitNormalization
        from oneiros.models import Sequential

        model = Sequential([UnitNormalization(input_shape=(2,))])
        print(model.predict(np.array([[3.0, 4.0]])).round(4))  # [[0.6 0.8]]
        ```

    # Arguments
        axis: int or list of int, the axes along which the length is measured.

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    axis: Axes

    def __init__(self, axis: Axes = -1, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.set_arguments(axis=axis)

    def call(self, x, mask=None) -> Tensor:
        """Returns the scaled input."""
        return K.l2_normalize(x, self.axis)


class Keras2BatchNormalization(AffineNormalization):
    """Batch normalization over several axes, as Keras 2's `BatchNormalization`.

    # Example
        ```python
        from oneiros.layers import Keras2BatchNormalization
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Keras2BatchNormalization(axis=[1, 3], input_shape=(4, 5, 6)))
        model.count_params()  # 96
        ```

    # Arguments
        axis: int or list of int, the axes along which each index has its own mean and
            variance.
        momentum: float, the weight of the old running averages at each batch.
        moving_mean_initializer, moving_variance_initializer: initializations of the
            running averages.
        epsilon, center, scale, …: as for `LayerNormalization`.

    # Input shape
        Any; the axes must be known.

    # Output shape
        The same.

    # References
        - Ioffe, Szegedy: Batch Normalization, arXiv:1502.03167
    """

    loadable = True
    uses_learning_phase = True

    axis: Axes
    momentum: float

    def __init__(
        self,
        axis: Axes = -1,
        momentum: float = 0.99,
        moving_mean_initializer: Initialization = "zero",
        moving_variance_initializer: Initialization = "one",
        **kwargs: Unpack[AffineOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            axis=axis,
            momentum=momentum,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes gamma, beta and the running averages."""
        rank = len(input_shape)
        axes = axes_of(self, rank)
        self.make_affine(input_shape, axes, keeps_axes=len(axes) > 1)
        self.axes = [axis for axis in range(rank) if axis not in axes]
        shape = self.weight_shape
        self.moving_mean = self.add_parameter("moving_mean", shape, trainable=False)
        self.moving_variance = self.add_parameter(
            "moving_variance", shape, trainable=False
        )

    def call(self, x, mask=None) -> Tensor:
        """Returns the input normalised by the batch in training, otherwise by the
        running averages."""
        mean = self._averaged(x, K.mean, self.moving_mean)
        variance = self._averaged(x, K.var, self.moving_variance)
        deviation = K.sqrt(variance + self.epsilon)
        return self.affine((x - mean) / deviation)

    def _averaged(self, x: Tensor, statistic, average: Tensor) -> Tensor:
        """Returns a batch's statistic in training, otherwise its running average, which
        each batch moves."""
        of_batch = statistic(x, axis=self.axes)
        shape = K.get_variable_shape(average)
        of_batch = K.reshape(of_batch, shape)
        update = K.moving_average_update(average, of_batch, self.momentum)
        self.add_update([update], x)
        chosen = K.in_train_phase(of_batch, average)
        return self.aligned(chosen)
