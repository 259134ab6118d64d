"""LocallyConnected1D: windows along sequences, each with its own weights."""

from typing import Any

from oneiros.arguments import check_int
from oneiros_layers_core.affine import sequence_arguments
from oneiros_layers_core.spatial import Sizes

from oneiros_layers_local.base import LocalLayer


class LocallyConnected1D(LocalLayer):
    """A Convolution1D with different filters at each position.

    # Example
        ```python
        from oneiros.layers import LocallyConnected1D
        from oneiros.models import Sequential

        model = Sequential()
        model.add(LocallyConnected1D(64, 3, input_shape=(10, 32)))
        model.add(LocallyConnected1D(32, 3, activation="relu"))
        model.output_shape  # (None, 6, 32)
        ```

    # Arguments
        nb_filter: int, number of filters: the size of the output's last axis.
        filter_length: int, number of steps that a filter sees.
        init: name or function `(shape, name=None)`, initialization of the kernel.
        activation: name or function applied to the output; None leaves it unchanged.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        border_mode: `"valid"`, only whole windows.
        subsample_length: int, steps from one window to the next.
        W_regularizer: regularizer of the kernel.
        b_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the output.
        W_constraint: constraint of the kernel.
        b_constraint: constraint of the bias.
        bias: bool, whether to add a bias.
        input_dim: int, number of channels, if this is a model's first layer; or
            `input_shape`.
        input_length: int, number of steps; needed with `input_dim`.

    # Input shape
        3D, `(samples, steps, channels)`, with a known number of steps.

    # Output shape
        3D, `(samples, new_steps, nb_filter)`. The kernel's shape is
        `(new_steps, filter_length * channels, nb_filter)`, the bias's
        `(new_steps, nb_filter)`.

    # Raises
        ShapeError: if steps or channels are unknown, or the input is shorter than a
            window.
    """

    loadable = True
    _rank = 1

    def __init__(
        self,
        nb_filter: int,
        filter_length: int,
        init: Any = "glorot_uniform",
        activation: Any = None,
        weights: Any = None,
        border_mode: str = "valid",
        subsample_length: int = 1,
        W_regularizer: Any = None,
        b_regularizer: Any = None,
        activity_regularizer: Any = None,
        W_constraint: Any = None,
        b_constraint: Any = None,
        bias: bool = True,
        input_dim: int | None = None,
        input_length: int | None = None,
        **kwargs: Any,
    ) -> None:
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
        self.input_dim = input_dim
        self.input_length = input_length

    @property
    def _window(self) -> Sizes:
        return (self.filter_length,)

    @property
    def _strides(self) -> Sizes:
        return (self.subsample_length,)
