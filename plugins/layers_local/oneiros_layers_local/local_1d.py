"""LocallyConnected1D: windows along sequences, each with its own weights."""

from oneiros_layers_convolutional.base import SequenceConvolution

from oneiros_layers_local.base import LocalLayer


class LocallyConnected1D(LocalLayer, SequenceConvolution):
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
