"""Base classes of the convolutions: arguments, weights, output shape."""

from collections.abc import Sequence
from typing import Unpack

from oneiros import activations
from oneiros import backend as K
from oneiros.arguments import check_choice, check_int, check_ints
from oneiros.engine.layer import InputSpec
from oneiros.typing import (
    Activation,
    Array,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
)
from oneiros_layers_core.dense import AffineLayer, sequence_arguments
from oneiros_layers_core.spatial import (
    Sizes,
    check_channels,
    check_dim_ordering,
    kernel_init,
    kernel_shape,
    known_channels,
    windowed_sizes,
    with_sizes,
)


class ConvolutionLayer(AffineLayer):
    """Base of the convolutions: `activation(convolution(x, W) + b)`.

    Not a layer itself.

    A subclass defines the kernel's movement in `_window`, `_strides` and `_dilation`,
    with a number for each spatial axis, and the operation in `_convolve`.

    # Arguments
        nb_filter: int, the number of output channels.
        activation, border_mode: as for `Convolution2D`.
        the others: as for `AffineLayer`.
    """

    checks_sizes = True
    _border_modes: tuple[str, ...] = ("valid", "same", "full")
    dim_ordering: str = "tf"
    W_shape: Sizes
    _channels: int

    def __init__(
        self, *, nb_filter: int, activation: Activation, border_mode: str, **kwargs
    ):
        super().__init__(**kwargs)
        self.nb_filter = check_int(self, "nb_filter", nb_filter)
        self.activation = activations.get(activation)
        self.border_mode = check_choice(
            self, "border_mode", border_mode, self._border_modes
        )

    @property
    def _window(self) -> Sizes:
        """The kernel's sizes."""
        raise NotImplementedError

    @property
    def _strides(self) -> Sizes:
        """The kernel's steps."""
        raise NotImplementedError

    @property
    def _dilation(self) -> Sizes:
        """The distances of neighbouring values of the kernel."""
        return (1,) * len(self._window)

    def _convolve(self, x):
        """Returns the convolution of `x` with the kernel."""
        raise NotImplementedError

    def _kernel_shape(self, channels: int) -> Sizes:
        """Returns the shape of `W` for so many input channels."""
        return kernel_shape(self._window, channels, self.nb_filter, self.dim_ordering)

    def _kernel_init(self):
        """Returns the initialization, told how kernels are laid out."""
        return kernel_init(self.init, self.dim_ordering)

    def add_kernel(self, shape: Sizes):
        """Makes the kernel, with an initialization that knows its layout."""
        return self.add_weight(
            shape,
            initializer=self._kernel_init(),
            name=f"{self.name}_W",
            regularizer=self.W_regularizer,
            constraint=self.W_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel `W` and the bias `b` of shape `(nb_filter,)`."""
        self._channels = known_channels(
            self, input_shape, len(self._window), self.dim_ordering
        )
        self.get_output_shape_for(input_shape)
        self._add_weights()
        self.set_initial_weights()

    def _add_weights(self) -> None:
        """Makes the weights for `self._channels` input channels."""
        self.W_shape = self._kernel_shape(self._channels)
        self.W = self.add_kernel(self.W_shape)
        self.b = self.add_bias((self.nb_filter,))

    def assert_input_compatibility(self, input) -> None:
        """Checks rank and sizes and, once there are weights, the channels."""
        super().assert_input_compatibility(input)
        shape = K.int_shape(input)
        self.get_output_shape_for(shape)
        if self.built:
            check_channels(self, shape, self.dim_ordering, self._channels)

    def call(self, x, mask=None):
        """Returns `activation(convolution(x, W) + b)`."""
        output = self._convolve(x)
        if self.bias:
            output = output + self._broadcast(self.b)
        return self.activation(output)

    def _broadcast(self, b):
        """Returns a value per channel in a shape that can be added to an output."""
        if self.dim_ordering == "tf":
            return b
        return K.reshape(b, (1, self.nb_filter, *(1,) * len(self._window)))

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the output's shape: what the window leaves, `nb_filter` channels."""
        sizes = windowed_sizes(
            self,
            input_shape,
            self.dim_ordering,
            window=self._window,
            border_mode=self.border_mode,
            strides=self._strides,
            dilation=self._dilation,
        )
        return with_sizes(input_shape, sizes, self.dim_ordering, self.nb_filter)


class ImageConvolution(ConvolutionLayer):
    """Base of the convolutions over images and volumes. Not a layer itself.

    # Arguments
        subsample: tuple of ints, the kernel's steps along each axis.
        dim_ordering: `"tf"`, `"th"` or `"default"`.
        the others: as for `ConvolutionLayer`.
    """

    _rank = 2

    def __init__(self, *, subsample: Sequence[int], dim_ordering: str, **kwargs):
        super().__init__(**kwargs)
        self.subsample = check_ints(self, "subsample", subsample, self._rank)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    @property
    def _strides(self) -> Sizes:
        return self.subsample


class SequenceConvolution(ConvolutionLayer):
    """Base of the layers with windows along sequences. Not a layer itself.

    # Arguments
        As for `Convolution1D`.
    """

    def __init__(
        self,
        nb_filter: int,
        filter_length: int,
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        border_mode: str = "valid",
        subsample_length: int = 1,
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        input_dim: int | None = None,
        input_length: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        input_dim, input_length = sequence_arguments(
            self, input_dim, input_length, kwargs
        )
        super().__init__(
            nb_filter=nb_filter,
            init=init,
            activation=activation,
            weights=weights,
            border_mode=border_mode,
            W_regularizer=W_regularizer,
            b_regularizer=b_regularizer,
            activity_regularizer=activity_regularizer,
            W_constraint=W_constraint,
            b_constraint=b_constraint,
            bias=bias,
            **kwargs,
        )
        self.filter_length = check_int(self, "filter_length", filter_length)
        self.subsample_length = check_int(self, "subsample_length", subsample_length)
        self.subsample = (self.subsample_length, 1)
        self.input_dim = input_dim
        self.input_length = input_length
        self.input_spec = [InputSpec(ndim=3)]

    @property
    def _window(self) -> Sizes:
        return (self.filter_length,)

    @property
    def _strides(self) -> Sizes:
        return (self.subsample_length,)


class PlaneConvolution(ImageConvolution):
    """Base of the layers with windows over images. Not a layer itself.

    # Arguments
        As for `Convolution2D`.
    """

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
        dim_ordering: str = "default",
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            nb_filter=nb_filter,
            init=init,
            activation=activation,
            weights=weights,
            border_mode=border_mode,
            subsample=subsample,
            dim_ordering=dim_ordering,
            W_regularizer=W_regularizer,
            b_regularizer=b_regularizer,
            activity_regularizer=activity_regularizer,
            W_constraint=W_constraint,
            b_constraint=b_constraint,
            bias=bias,
            **kwargs,
        )
        self.nb_row = check_int(self, "nb_row", nb_row)
        self.nb_col = check_int(self, "nb_col", nb_col)

    @property
    def _window(self) -> Sizes:
        return (self.nb_row, self.nb_col)
