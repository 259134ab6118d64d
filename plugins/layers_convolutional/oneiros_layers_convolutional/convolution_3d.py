"""Convolution3D: windows over volumes."""

from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros_layers_core.spatial import Sizes

from oneiros_layers_convolutional.base import ImageConvolution


class Convolution3D(ImageConvolution):
    """Filters that slide over volumes, such as scans or the frames of a video.

    The kernel isn't flipped.

    # Example
        ```python
        from oneiros.layers import Convolution3D
        from oneiros.models import Sequential

        shape = (16, 16, 16, 1)
        layer = Convolution3D(8, 3, 3, 3, dim_ordering="tf", input_shape=shape)
        model = Sequential([layer])
        model.output_shape  # (None, 14, 14, 14, 8)
        ```

    # Arguments
        nb_filter: int, number of filters: the output's channels.
        kernel_dim1, kernel_dim2, kernel_dim3: ints, the sizes of the kernel.
        init: name or function `(shape, name=None, dim_ordering='th')`, initialization
            of the kernel.
        activation: name or function applied to the output; None leaves it unchanged.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        border_mode: `"valid"`, `"same"` or `"full"`, as for `Convolution2D`.
        subsample: three ints, the steps from one window to the next.
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.
        W_regularizer: regularizer of the kernel.
        b_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the output.
        W_constraint: constraint of the kernel.
        b_constraint: constraint of the bias.
        bias: bool, whether to add a bias.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with `nb_filter` channels.

    # Raises
        ShapeError: if the channels are unknown, or the input is smaller than a window.
    """

    loadable = True
    _rank = 3

    def __init__(
        self,
        nb_filter: int,
        kernel_dim1: int,
        kernel_dim2: int,
        kernel_dim3: int,
        init="glorot_uniform",
        activation=None,
        weights=None,
        border_mode: str = "valid",
        subsample=(1, 1, 1),
        dim_ordering: str = "default",
        W_regularizer=None,
        b_regularizer=None,
        activity_regularizer=None,
        W_constraint=None,
        b_constraint=None,
        bias: bool = True,
        **kwargs,
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
        self.kernel_dim1 = check_int(self, "kernel_dim1", kernel_dim1)
        self.kernel_dim2 = check_int(self, "kernel_dim2", kernel_dim2)
        self.kernel_dim3 = check_int(self, "kernel_dim3", kernel_dim3)

    @property
    def _window(self) -> Sizes:
        """The kernel's sizes."""
        return (self.kernel_dim1, self.kernel_dim2, self.kernel_dim3)

    def _convolve(self, x):
        """Returns the convolution of `x` with the kernel."""
        return K.conv3d(
            x,
            self.W,
            strides=self.subsample,
            border_mode=self.border_mode,
            dim_ordering=self.dim_ordering,
        )
