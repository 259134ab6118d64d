"""SeparableConvolution2D: a convolution within each channel, then one across them."""

from collections.abc import Sequence
from typing import Any, Unpack

from oneiros import backend as K
from oneiros import constraints, regularizers
from oneiros.arguments import check_int, known_arguments
from oneiros.typing import (
    Activation,
    Array,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
)
from oneiros_layers_core.spatial import Sizes, kernel_shape

from oneiros_layers_convolutional.base import PlaneConvolution


class SeparableConvolution2D(PlaneConvolution):
    """Convolution within each channel, then one of single pixels across channels.

    # Example
        ```python
        from oneiros.layers import SeparableConvolution2D
        from oneiros.models import Sequential

        shape = (32, 32, 16)
        layer = SeparableConvolution2D(64, 3, 3, dim_ordering="tf", input_shape=shape)
        model = Sequential([layer])
        model.output_shape  # (None, 30, 30, 64)
        model.count_params()  # 1232
        ```

    # Arguments
        weights: list of arrays, initial `[depthwise_kernel, pointwise_kernel, b]`.
        border_mode: `"valid"` or `"same"`.
        depth_multiplier: int, how many channels the first step makes from each.
        depthwise_regularizer, pointwise_regularizer: regularizers of the two kernels.
        depthwise_constraint, pointwise_constraint: constraints of the two kernels.
        the others: as for `Convolution2D`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with `nb_filter` channels.

    # References
        - Chollet: Xception: Deep Learning with Depthwise Separable Convolutions,
          arXiv:1610.02357
    """

    loadable = True
    _border_modes = ("valid", "same")
    depthwise_kernel: Any
    pointwise_kernel: Any

    def __init__(
        self,
        nb_filter: int,
        nb_row: int,
        nb_col: int,
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        border_mode: str = "valid",
        subsample: Sequence[int] = (1, 1),
        depth_multiplier: int = 1,
        dim_ordering: str = "default",
        depthwise_regularizer: RegularizerLike = None,
        pointwise_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        pointwise_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        **kwargs: Unpack[LayerOptions],
    ):
        self._refuse(kwargs, "W_regularizer", "regularizer")
        self._refuse(kwargs, "W_constraint", "constraint")
        super().__init__(
            nb_filter=nb_filter,
            nb_row=nb_row,
            nb_col=nb_col,
            init=init,
            activation=activation,
            weights=weights,
            border_mode=border_mode,
            subsample=subsample,
            dim_ordering=dim_ordering,
            b_regularizer=b_regularizer,
            activity_regularizer=activity_regularizer,
            b_constraint=b_constraint,
            bias=bias,
            **kwargs,
        )
        self.depth_multiplier = check_int(self, "depth_multiplier", depth_multiplier)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def _refuse(self, arguments: LayerOptions, name: str, kind: str) -> None:
        """Refuses an argument for the kernel, in the place of which there are two."""
        of_kernel = {name} & arguments.keys()
        names = [f"depthwise_{kind}", f"pointwise_{kind}"]
        known_arguments(type(self).__name__, dict.fromkeys(of_kernel), names)

    def _add_weights(self) -> None:
        channels = self._channels
        inner_channels = channels * self.depth_multiplier
        window = self._window
        ordering = self.dim_ordering
        self.depthwise_kernel = self._add_step_kernel(
            "depthwise", kernel_shape(window, channels, self.depth_multiplier, ordering)
        )
        self.pointwise_kernel = self._add_step_kernel(
            "pointwise", kernel_shape((1, 1), inner_channels, self.nb_filter, ordering)
        )
        self.b = self.add_bias((self.nb_filter,))

    def _add_step_kernel(self, step: str, shape: Sizes):
        return self.add_weight(
            shape,
            initializer=self._kernel_init(),
            name=f"{self.name}_{step}_kernel",
            regularizer=getattr(self, f"{step}_regularizer"),
            constraint=getattr(self, f"{step}_constraint"),
        )

    def _convolve(self, x):
        return K.separable_conv2d(
            x,
            self.depthwise_kernel,
            self.pointwise_kernel,
            strides=self.subsample,
            border_mode=self.border_mode,
            dim_ordering=self.dim_ordering,
        )

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument; there is no kernel `W` to regularize or constrain."""
        if argument in ("W_regularizer", "W_constraint"):
            return {}
        return super().argument_config(argument)
