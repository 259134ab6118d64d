"""Convolution1D and AtrousConvolution1D: windows along sequences."""

from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros_layers_core.spatial import Sizes, kernel_init

from oneiros_layers_convolutional.base import SequenceConvolution


class Convolution1D(SequenceConvolution):
    """Filters that slide along a sequence; each sees `filter_length` steps at a time.

    # Example
        ```python
        from oneiros.layers import Convolution1D
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Convolution1D(64, 3, border_mode="same", input_shape=(10, 32)))
        model.add(Convolution1D(32, 3, activation="relu"))
        model.output_shape  # (None, 8, 32)
        ```

    # Arguments
        nb_filter: int, number of filters: the size of the output's last axis.
        filter_length: int, number of steps that a filter sees.
        init: name or function `(shape, name=None, dim_ordering='th')`, initialization
            of the kernel. As in Keras 1.2.2, fan-in and fan-out are computed as if the
            kernel's axes were `(output, input, *window)`.
        activation: name or function applied to the output; None leaves it unchanged.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        border_mode: `"valid"`, only whole windows; `"same"`, padding that keeps the
            length; `"full"`, padding so that every window that contains a step of the
            input counts.
        subsample_length: int, steps from one window to the next.
        W_regularizer: regularizer of the kernel.
        b_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the output.
        W_constraint: constraint of the kernel.
        b_constraint: constraint of the bias.
        bias: bool, whether to add a bias.
        input_dim: int, number of channels, if this is a model's first layer; or
            `input_shape`.
        input_length: int, number of steps if it is constant.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, nb_filter)`.

    # Raises
        ShapeError: if the channels are unknown, or the input is shorter than a window.
    """

    loadable = True

    def _kernel_shape(self, channels: int) -> Sizes:
        """Returns the shape of a kernel for an image one pixel wide."""
        return (self.filter_length, 1, channels, self.nb_filter)

    def _kernel_init(self):
        """Returns the initialization for Theano's layout: the fans of Keras 1.2.2."""
        return kernel_init(self.init, "th")

    def _convolve(self, x):
        """Returns the convolution of `x` as an image one pixel wide."""
        image = K.conv2d(
            K.expand_dims(x, 2),
            self.W,
            strides=self.subsample,
            border_mode=self.border_mode,
            dim_ordering="tf",
            filter_dilation=(*self._dilation, 1),
        )
        return K.squeeze(image, 2)


class AtrousConvolution1D(Convolution1D):
    """Convolution1D whose filters see every `atrous_rate`-th step.

    Such a convolution is called dilated, or "with holes".

    # Example
        ```python
        from oneiros.layers import AtrousConvolution1D
        from oneiros.models import Sequential

        layer = AtrousConvolution1D(64, 3, atrous_rate=2, input_shape=(10, 32))
        model = Sequential([layer])
        model.output_shape  # (None, 6, 64)
        ```

    # Arguments
        nb_filter: int, number of filters.
        filter_length: int, number of steps that a filter sees.
        atrous_rate: int, spacing of the steps that it sees.
        the others: as for `Convolution1D`, in the same order with `atrous_rate` after
            `subsample_length`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, nb_filter)`.

    # References
        - Yu, Koltun: Multi-Scale Context Aggregation by Dilated Convolutions,
          arXiv:1511.07122
    """

    loadable = True

    def __init__(
        self,
        nb_filter: int,
        filter_length: int,
        init="glorot_uniform",
        activation=None,
        weights=None,
        border_mode: str = "valid",
        subsample_length: int = 1,
        atrous_rate: int = 1,
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
            filter_length=filter_length,
            init=init,
            activation=activation,
            weights=weights,
            border_mode=border_mode,
            subsample_length=subsample_length,
            W_regularizer=W_regularizer,
            b_regularizer=b_regularizer,
            activity_regularizer=activity_regularizer,
            W_constraint=W_constraint,
            b_constraint=b_constraint,
            bias=bias,
            **kwargs,
        )
        self.atrous_rate = check_int(self, "atrous_rate", atrous_rate)

    @property
    def _dilation(self) -> Sizes:
        """The distance of the steps that a filter sees."""
        return (self.atrous_rate,)
