"""ConvLSTM2D: an LSTM whose products are convolutions."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

from oneiros import activations, initializations, regularizers
from oneiros import backend as K
from oneiros.arguments import check_choice, check_fraction, check_int, check_ints
from oneiros_layers_core.spatial import kernel_init, kernel_shape, known_channels

from oneiros_layers_recurrent.base import Shape
from oneiros_layers_recurrent.conv_base import ConvRecurrent2D

GATES = ("i", "f", "c", "o")
WEIGHT_ORDER = ("i", "c", "f", "o")
METHODS = ("step", "preprocess_input", "get_constants", "conv_step", "conv_step_hidden")


class ConvLSTM2D(ConvRecurrent2D):
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
        init: name or function `(shape, name=None)`, initialization of the input's
            kernels.
        inner_init: name or function, initialization of the state's kernels.
        forget_bias_init: name or function, initialization of the forget gate's bias.
        activation: name or function, applied to the values written to the cell and read
            from it.
        inner_activation: name or function, the activation of the gates.
        dim_ordering: `"tf"`, channels last, `"th"`, channels first, or `"default"`.
        border_mode: `"valid"`, with windows inside the images, or `"same"`, which pads
            with zeros; the convolution of the state is always padded.
        subsample: pair of ints, the steps of the window over the input, rows and
            columns.
        W_regularizer, U_regularizer, b_regularizer: regularizers of the input's
            kernels, the state's, the biases.
        dropout_W: float between 0 and 1, fraction of the input's values to drop in
            training, the same ones at all steps of a sequence, but different ones for
            each gate. 0 and 1 drop nothing.
        dropout_U: float between 0 and 1, the same for the recurrent state.
        weights: list of arrays, initial values
            `[W_i, U_i, b_i, W_c, U_c, b_c, W_f, U_f, b_f, W_o, U_o, b_o]`.
        return_sequences: bool, whether to return the outputs of all steps instead of
            only the last one.
        go_backwards: bool, whether to begin with the last step; the outputs are in the
            order of processing.
        stateful: bool, whether the states at the end of a batch are the initial states
            of the next one.

    # Input shape
        5D, `(samples, steps, rows, columns, channels)`, or for `"th"`
        `(samples, steps, channels, rows, columns)`.

    # Output shape
        The same, with `nb_filter` channels and new numbers of rows and columns; without
        `return_sequences`, there is no axis of steps.

    # Raises
        ShapeError: if the number of channels is unknown, or the kernels are larger than
            the images.

    # References
        - Shi, Chen, Wang, Yeung, Wong, Woo: Convolutional LSTM Network: A Machine
          Learning Approach for Precipitation Nowcasting, arXiv:1506.04214
    """

    loadable: ClassVar[bool] = True
    state_count: ClassVar[int] = 2

    W: Any
    U: Any
    b: Any
    W_i: Any
    U_i: Any
    b_i: Any
    W_f: Any
    U_f: Any
    b_f: Any
    W_c: Any
    U_c: Any
    b_c: Any
    W_o: Any
    U_o: Any
    b_o: Any

    def __init__(
        self,
        nb_filter: int,
        nb_row: int,
        nb_col: int,
        init: Any = "glorot_uniform",
        inner_init: Any = "orthogonal",
        forget_bias_init: Any = "one",
        activation: Any = "tanh",
        inner_activation: Any = "hard_sigmoid",
        dim_ordering: str = "default",
        border_mode: str = "valid",
        subsample: Any = (1, 1),
        W_regularizer: Any = None,
        U_regularizer: Any = None,
        b_regularizer: Any = None,
        dropout_W: float = 0.0,
        dropout_U: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim_ordering=dim_ordering, **kwargs)
        self.nb_filter = check_int(self, "nb_filter", nb_filter)
        self.nb_row = check_int(self, "nb_row", nb_row)
        self.nb_col = check_int(self, "nb_col", nb_col)
        self.init = initializations.get(init)
        self.inner_init = initializations.get(inner_init)
        self.forget_bias_init = initializations.get(forget_bias_init)
        self.activation = activations.get(activation)
        self.inner_activation = activations.get(inner_activation)
        self.border_mode = check_choice(
            self, "border_mode", border_mode, ("valid", "same")
        )
        self.subsample = check_ints(self, "subsample", subsample, 2)
        self.W_regularizer = regularizers.get(W_regularizer)
        self.U_regularizer = regularizers.get(U_regularizer)
        self.b_regularizer = regularizers.get(b_regularizer)
        self.dropout_W = check_fraction(self, "dropout_W", dropout_W)
        self.dropout_U = check_fraction(self, "dropout_U", dropout_U)
        self.uses_learning_phase = any(0 < rate < 1 for rate in (dropout_W, dropout_U))

    def build(self, input_shape: Shape) -> None:
        """Makes kernels and biases of the four gates."""
        channels = known_channels(
            self, input_shape, 2, self.dim_ordering, sequence=True
        )
        self.W_shape = self._kernel_shape(channels)
        self.W_shape1 = self._kernel_shape(self.nb_filter)
        super().build(input_shape)
        for gate in GATES:
            self._add_gate(gate)
        order = [f"{part}_{gate}" for gate in WEIGHT_ORDER for part in "WUb"]
        self.trainable_weights = [getattr(self, name) for name in order]
        self.W, self.U, self.b = (self._joined(part) for part in "WUb")
        self.set_initial_weights()

    def _add_gate(self, gate: str) -> None:
        """Makes the weights of a gate."""
        ordering = self.dim_ordering
        self._add_part(
            f"W_{gate}",
            self.W_shape,
            kernel_init(self.init, ordering),
            self.W_regularizer,
        )
        self._add_part(
            f"U_{gate}",
            self.W_shape1,
            kernel_init(self.inner_init, ordering),
            self.U_regularizer,
        )
        self._add_part(
            f"b_{gate}",
            (self.nb_filter,),
            self.forget_bias_init if gate == "f" else "zero",
            self.b_regularizer,
        )

    def _add_part(self, name: str, shape: Any, init: Any, regularizer: Any) -> None:
        weight = self.add_weight(
            shape, init, name=f"{self.name}_{name}", regularizer=regularizer
        )
        setattr(self, name, weight)

    def _kernel_shape(self, channels: int) -> tuple[int, ...]:
        window = (self.nb_row, self.nb_col)
        return kernel_shape(window, channels, self.nb_filter, self.dim_ordering)

    def _joined(self, part: str) -> Any:
        """Returns the weights `"W"`, `"U"` or `"b"` of all gates, side by side.

        They are in the order i, f, c, o.
        """
        axis = 0 if self.dim_ordering == "th" else -1
        weights = [getattr(self, f"{part}_{gate}") for gate in GATES]
        return K.concatenate(weights, axis=axis)

    def zero_state(self, x: Any) -> Any:
        """Returns zeros of the shape of a step's output."""
        if None in K.int_shape(x)[2:]:
            image = K.zeros_like(x[:, 0], dtype=K.floatx())
            return self.conv_step(
                image, K.zeros_like(self.W_i), border_mode=self.border_mode
            )
        return super().zero_state(x)

    def conv_step(
        self, x: Any, W: Any, b: Any = None, border_mode: str = "valid"
    ) -> Any:
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

    def conv_step_hidden(self, x: Any, W: Any, border_mode: str = "valid") -> Any:
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

    def step(self, x: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Returns the output and the states `[h, c]`.

        `states` holds the old ones and the dropout masks.
        """
        h, c, U_masks, W_masks = states[:4]
        projections = []
        for gate, U_mask, W_mask in zip(GATES, U_masks, W_masks, strict=True):
            W, U, b = (getattr(self, f"{part}_{gate}") for part in "WUb")
            from_input = self.conv_step(x * W_mask, W, b, self.border_mode)
            from_state = self.conv_step_hidden(h * U_mask, U, "same")
            projections.append(from_input + from_state)
        return self._gated(c, projections)

    def _gated(self, c: Any, projections: list[Any]) -> tuple[Any, list[Any]]:
        """Returns the output and the states for the projections of i, f, c and o."""
        a_i, a_f, a_c, a_o = projections
        i = self.inner_activation(a_i)
        f = self.inner_activation(a_f)
        o = self.inner_activation(a_o)
        c = f * c + i * self.activation(a_c)
        h = o * self.activation(c)
        return h, [h, c]

    def _run(self, x: Any, initial: list[Any], mask: Any) -> tuple[Any, Any, list[Any]]:
        """Runs the steps: one convolution of all images, then one a step.

        With dropout, or methods of a subclass, each gate has its own.
        """
        dropped = any(0 < rate < 1 for rate in (self.dropout_W, self.dropout_U))
        if dropped or not self._keeps(ConvLSTM2D, METHODS):
            return super()._run(x, initial, mask)
        _, length, *image = _sizes(x)
        images = K.reshape(x, (-1, *image))
        projected = self.conv_step(
            images, self._joined("W"), self._joined("b"), self.border_mode
        )
        steps = K.reshape(projected, (-1, length, *_sizes(projected)[1:]))
        step = functools.partial(self._joined_step, self._joined("U"))
        return self._loop(step, steps, initial, mask, constants=[])

    def _joined_step(self, U: Any, x: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        h, c = states
        joined = x + self.conv_step_hidden(h, U, "same")
        return self._gated(c, self._split(joined))

    def _split(self, joined: Any) -> list[Any]:
        """Returns the channels of each gate."""
        n = self.nb_filter
        blocks = [slice(index * n, (index + 1) * n) for index in range(len(GATES))]
        if self.dim_ordering == "th":
            return [joined[:, block] for block in blocks]
        return [joined[:, :, :, block] for block in blocks]

    # Keras 1's ConvLSTM2D takes no `train`.
    def get_constants(self, x: Any) -> list[Any]:  # type: ignore[override]
        """Returns the dropout masks of the state and of the input, four each."""
        return [
            _masks(self.zero_state(x), self.dropout_U),
            _masks(K.zeros_like(x[:, 0], dtype=K.floatx()), self.dropout_W),
        ]


def _sizes(x: Any) -> list[Any]:
    """Returns a tensor's sizes, ints where they are known."""
    return [
        K.shape(x)[axis] if size is None else size
        for axis, size in enumerate(K.int_shape(x))
    ]


def _masks(zeros: Any, rate: float) -> list[Any]:
    """Returns a dropout mask for each gate: ones if nothing is dropped."""
    if not 0 < rate < 1:
        return [K.cast_to_floatx(1.0)] * len(GATES)
    ones = zeros + K.cast_to_floatx(1.0)
    return [K.in_train_phase(K.dropout(ones, rate), ones) for _ in GATES]
