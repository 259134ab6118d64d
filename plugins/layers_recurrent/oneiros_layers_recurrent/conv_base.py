"""ConvRecurrent2D, the base of the recurrent layers over sequences of images."""

from typing import Any

from oneiros import backend as K
from oneiros.engine.layer import InputSpec
from oneiros.engine.node import Shape
from oneiros_layers_core.spatial import check_dim_ordering, windowed_sizes, with_sizes

from oneiros_layers_recurrent.base import SequenceLayer


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
        dim_ordering: `"tf"`, channels last, or `"th"`, channels first; None means the
            default.

    # Input shape
        5D, `(samples, steps, rows, columns, channels)`, or for `"th"`
        `(samples, steps, channels, rows, columns)`.

    # Output shape
        The same, with `nb_filter` channels and new numbers of rows and columns; without
        `return_sequences`, there is no axis of steps.
    """

    nb_filter: Any
    border_mode: str = "valid"
    subsample: tuple[int, ...] = (1, 1)

    def __init__(
        self,
        weights=None,
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

    def zero_state(self, x):
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
