"""ConvLSTM2D, an LSTM whose products are convolutions, and the base of such layers."""

import functools
from collections.abc import Sequence
from typing import Any, Unpack

from oneiros import activations, initializations
from oneiros import backend as K
from oneiros.arguments import check_choice, check_int, check_ints
from oneiros.engine.layer import InputSpec
from oneiros.typing import (
    Activation,
    Array,
    Initialization,
    RegularizerLike,
    Shape,
    Tensor,
)
from oneiros_layers_core.spatial import (
    FlippedOnTheano,
    check_dim_ordering,
    kernel_init,
    kernel_shape,
    known_channels,
    sizes_of,
    windowed_sizes,
    with_sizes,
)

from oneiros_layers_recurrent.base import (
    Results,
    SequenceLayer,
    SequenceOptions,
    States,
    Stepped,
)
from oneiros_layers_recurrent.gates import ForgetfulLayer

METHODS = ("step", "preprocess_input", "get_constants", "conv_step", "conv_step_hidden")


class ConvRecurrent2D(SequenceLayer):
    """Base of the recurrent layers over images. Not a layer itself.

    A subclass defines `build` and `step` and, if needed, `preprocess_input`,
    `get_constants`, `get_initial_states` and `reset_states`, as for `Recurrent`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.layers import ConvRecurrent2D, Input

        class Brightest(ConvRecurrent2D):
            def step(self, x, states):
                brightest = K.maximum(x, states[0])
                return brightest, [brightest]

        layer = Brightest(nb_filter=3, nb_row=1, nb_col=1, dim_ordering="tf")
        layer(Input(shape=(10, 8, 8, 3)))._keras_shape  # (None, 8, 8, 3)
        ```

    # Arguments
        weights: list of arrays, initial values of all weights.
        nb_row, nb_col: ints, size of the window that moves over the images.
        nb_filter: int, number of output channels.
        return_sequences, go_backwards, stateful: as for `Recurrent`.
        dim_ordering: `"tf"` or `"th"`; None for `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, steps, rows, columns, channels)`, or for `"th"`
        `(samples, steps, channels, rows, columns)`.

    # Output shape
        The same, with `nb_filter` channels and new rows and columns, and without the
        steps unless `return_sequences`.
    """

    nb_filter: Any
    border_mode: str = "valid"
    subsample: tuple[int, ...] = (1, 1)

    def __init__(
        self,
        weights: list[Array] | None = None,
        nb_row=None,
        nb_col=None,
        nb_filter=None,
        return_sequences: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        dim_ordering: str | None = None,
        **kwargs,
    ):
        super().__init__(
            weights=weights,
            return_sequences=return_sequences,
            go_backwards=go_backwards,
            stateful=stateful,
            **kwargs,
        )
        self.nb_row = nb_row
        self.nb_col = nb_col
        self.nb_filter = nb_filter
        self.dim_ordering = check_dim_ordering(self, dim_ordering or "default")
        self.input_spec = [InputSpec(ndim=5)]

    def frame_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output of a step, including the samples."""
        sizes = windowed_sizes(
            self,
            input_shape,
            self.dim_ordering,
            window=(self.nb_row, self.nb_col),
            border_mode=self.border_mode,
            strides=self.subsample,
            sequence=True,
        )
        frame = (input_shape[0], *input_shape[2:])
        return with_sizes(frame, sizes, self.dim_ordering, self.nb_filter)

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the shape of all outputs, or of the last one."""
        self.check_steps(input_shape)
        samples, *sizes = self.frame_shape(input_shape)
        if self.return_sequences:
            return (samples, input_shape[1], *sizes)
        return (samples, *sizes)

    def zero_state(self, x) -> Tensor:
        """Returns zeros of the shape of a step's output."""
        sizes = self.frame_shape(K.int_shape(x))[1:]
        first_values = x[:, 0, :1, :1, :1]
        zero = K.zeros_like(first_values, dtype=K.floatx())
        return K.tile(zero, (1, *sizes))

    def state_shape(self, batch: int | None) -> Shape:
        """Returns the shape of a step's output."""
        input_shape = self.input_spec[0].shape
        _, *sizes = self.frame_shape(input_shape)
        return (batch, *sizes)

    def get_initial_states(self, X) -> list[Any]:
        """Returns the states before the first step: zeros for each."""
        return super().get_initial_states(X)

    def get_constants(self, X, train: bool = False) -> list[Any]:
        """Returns the constants that `step` receives after the states, computed once.

        These are tensors or lists of them.
        """
        return []


class ConvLSTM2D(FlippedOnTheano, ForgetfulLayer, ConvRecurrent2D):
    """LSTM over a sequence of images, whose products are convolutions.

    # Example
        ```python
        from oneiros.layers import ConvLSTM2D
        from oneiros.models import Sequential

        model = Sequential()
        layer = ConvLSTM2D(
            8,
            3,
            3,
            border_mode="same",
            dim_ordering="tf",
            input_shape=(None, 40, 40, 1),
        )
        model.add(layer)
        model.output_shape  # (None, 40, 40, 8)
        model.count_params()  # 2624
        ```

    # Arguments
        nb_filter: int, number of output channels.
        nb_row, nb_col: ints, rows and columns of the kernels.
        init, inner_init: names or functions `(shape, name=None)` for the kernels of the
            input and of the state.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.
        border_mode: `"valid"` or `"same"`, for the input; the state is always padded.
        subsample: pair of ints, the steps of the windows over the input.
        W_regularizer, U_regularizer, b_regularizer: regularizers of the input's
            kernels, the state's, the biases.
        dropout_W, dropout_U: as for `SimpleRNN`, of values instead of features; each
            gate drops others.
        weights: list of arrays, initial values
            `[W_i, U_i, b_i, W_c, U_c, b_c, W_f, U_f, b_f, W_o, U_o, b_o]`.
        the others: as for `LSTM`.

    # Input shape
        5D, `(samples, steps, rows, columns, channels)`, or for `"th"`
        `(samples, steps, channels, rows, columns)`.

    # Output shape
        The same, with `nb_filter` channels and new rows and columns, and without the
        steps unless `return_sequences`.

    # Raises
        ShapeError: if the number of channels is unknown, or the kernels are larger than
            the images.

    # References
        - Shi, Chen, Wang, Yeung, Wong, Woo: Convolutional LSTM Network: A Machine
          Learning Approach for Precipitation Nowcasting, arXiv:1506.04214
    """

    loadable = True
    W_i: Any

    def __init__(
        self,
        nb_filter: int,
        nb_row: int,
        nb_col: int,
        init: Initialization = "glorot_uniform",
        inner_init: Initialization = "orthogonal",
        forget_bias_init: Initialization = "one",
        activation: Activation = "tanh",
        inner_activation: Activation = "hard_sigmoid",
        dim_ordering: str = "default",
        border_mode: str = "valid",
        subsample: Sequence[int] = (1, 1),
        W_regularizer: RegularizerLike = None,
        U_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        dropout_W: float = 0.0,
        dropout_U: float = 0.0,
        **kwargs: Unpack[SequenceOptions],
    ):
        super().__init__(
            init=init,
            inner_init=inner_init,
            activation=activation,
            W_regularizer=W_regularizer,
            U_regularizer=U_regularizer,
            b_regularizer=b_regularizer,
            dropout_W=dropout_W,
            dropout_U=dropout_U,
            dim_ordering=dim_ordering,
            **kwargs,
        )
        self.inner_activation = activations.get(inner_activation)
        self.nb_filter = check_int(self, "nb_filter", nb_filter)
        self.nb_row = check_int(self, "nb_row", nb_row)
        self.nb_col = check_int(self, "nb_col", nb_col)
        self.forget_bias_init = initializations.get(forget_bias_init)
        self.border_mode = check_choice(
            self, "border_mode", border_mode, ("valid", "same")
        )
        self.subsample = check_ints(self, "subsample", subsample, 2)
        self.gate_axis = 0 if self.dim_ordering == "th" else -1

    def build(self, input_shape: Shape) -> None:
        """Makes kernels and biases of the four gates."""
        ordering = self.dim_ordering
        channels = known_channels(self, input_shape, 2, ordering, sequence=True)
        self.W_shape = self._kernel_shape(channels)
        self.W_shape1 = self._kernel_shape(self.nb_filter)
        super().build(input_shape)
        init = kernel_init(self.init, ordering)
        inner_init = kernel_init(self.inner_init, ordering)
        kernel = self.W_shape, init, self.W_regularizer
        recurrent = self.W_shape1, inner_init, self.U_regularizer
        self.add_gates(kernel, recurrent, self.nb_filter)
        self.set_initial_weights()

    def _kernel_shape(self, channels: int) -> tuple[int, ...]:
        window = (self.nb_row, self.nb_col)
        return kernel_shape(window, channels, self.nb_filter, self.dim_ordering)

    def zero_state(self, x) -> Tensor:
        """Returns zeros of the shape of a step's output."""
        if None in K.int_shape(x)[2:]:
            image = K.zeros_like(x[:, 0], dtype=K.floatx())
            return self.conv_step(
                image, K.zeros_like(self.W_i), border_mode=self.border_mode
            )
        return super().zero_state(x)

    def conv_step(self, x, W, b=None, border_mode: str = "valid"):
        """Returns the convolution of images with a kernel, and a bias added.

        # Arguments
            x: tensor `(samples, …)`.
            W: kernel.
            b: bias or None.
            border_mode: `"valid"` or `"same"`.
        """
        output = K.conv2d(
            x,
            W,
            strides=self.subsample,
            border_mode=border_mode,
            dim_ordering=self.dim_ordering,
        )
        if b is None:
            return output
        if self.dim_ordering == "th":
            b = K.reshape(b, (1, -1, 1, 1))
        return output + b

    def conv_step_hidden(self, x, W, border_mode: str = "valid"):
        """Returns the convolution of a state with a kernel.

        # Arguments
            x: tensor `(samples, …)`.
            W: kernel.
            border_mode: `"valid"` or `"same"`.
        """
        return K.conv2d(
            x,
            W,
            strides=(1, 1),
            border_mode=border_mode,
            dim_ordering=self.dim_ordering,
        )

    def step(self, x, states: States) -> Stepped:
        """Returns the output and the states `[h, c]`.

        `states` holds the old ones and the dropout masks.
        """
        h, c, U_masks, W_masks = states[:4]
        projections = []
        parts = zip(self.gates, U_masks, W_masks, strict=True)
        for gate, U_mask, W_mask in parts:
            W, U, b = (getattr(self, f"{part}_{gate}") for part in "WUb")
            from_input = self.conv_step(x * W_mask, W, b, self.border_mode)
            from_state = self.conv_step_hidden(h * U_mask, U, "same")
            projections.append(from_input + from_state)
        return self.next_states(c, projections)

    def _run(self, x, initial: States, mask) -> Results:
        """Runs the steps: one convolution of all images, then one a step.

        With dropout, or methods of a subclass, each gate has its own.
        """
        if self.uses_learning_phase or not self._keeps(ConvLSTM2D, METHODS):
            return super()._run(x, initial, mask)
        _, length, *image = sizes_of(x)
        images = K.reshape(x, (-1, *image))
        W, U, b = map(self.joined_gates, "WUb")
        projected = self.conv_step(images, W, b, self.border_mode)
        _, *sizes = sizes_of(projected)
        steps = K.reshape(projected, (-1, length, *sizes))
        step = functools.partial(self._joined_step, U)
        return self._loop(step, steps, initial, mask, constants=[])

    def _joined_step(self, U, x, states: States) -> Stepped:
        h, c = states
        joined = x + self.conv_step_hidden(h, U, "same")
        projections = self.split(joined, self.nb_filter)
        return self.next_states(c, projections)

    # Keras 1's ConvLSTM2D takes no `train`.
    def get_constants(self, x) -> list[Any]:  # type: ignore[override]
        """Returns the dropout masks of the state and of the input, four each."""
        one = K.cast_to_floatx(1.0)

        def states():
            return self.zero_state(x) + one

        def inputs():
            return K.zeros_like(x[:, 0], dtype=K.floatx()) + one

        return [
            self.dropout_masks(states, self.dropout_U),
            self.dropout_masks(inputs, self.dropout_W),
        ]
