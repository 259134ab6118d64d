"""Recurrent layers of Keras 2 whose products are convolutions."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros.engine.layer import InputSpec
from oneiros.typing import Activation, Shape, Tensor

from oneiros_keras2.base import known_size
from oneiros_keras2.options import ConvMemoryOptions
from oneiros_keras2.recurrent import (
    Recurring,
    Remembering,
    Results,
    States,
    Stepped,
    kept,
)
from oneiros_keras2.spatial import Sizes, Windowed
from oneiros_keras2.tensors import moved, sizes_of


class ConvLSTM(Remembering, Recurring, Windowed):
    """Base of the LSTMs over sequences of anything with axes. Not a layer itself.

    # Arguments
        as for `ConvLSTM1D`.
    """

    conformance: dict[str, Any] = {}

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        recurrent_activation: Activation = "hard_sigmoid",
        **kwargs: Unpack[ConvMemoryOptions],
    ):
        super().__init__(
            kernel_size=kernel_size, recurrent_activation=recurrent_activation, **kwargs
        )
        self.set_arguments(filters=filters)
        self.input_spec = [InputSpec(ndim=self.rank + 3)]

    def features_of(self, shape: Shape) -> int:
        """Returns the number of channels of sequences of this shape."""
        return known_size(self, _frame(shape), self.channel_axis)

    def add_weights(self, channels: int) -> None:
        """Makes the kernels and the bias for an input with so many channels."""
        self.add_kernels(self.kernel_size, channels, self.filters)

    def frame_shape(self, shape: Shape) -> Shape:
        """Returns the shape of the output of a step, for sequences of this shape."""
        return Windowed.get_output_shape_for(self, _frame(shape))

    def state_shapes(self, shape: Shape) -> list[Shape]:
        """Returns the shapes of the states, which are like the output of a step."""
        state_shape = self.frame_shape(shape)
        return [state_shape] * self.state_count

    def state_shape(self, batch: int | None) -> Shape:
        """Returns the shape of a state for this number of samples."""
        (spec,) = self.input_spec
        _, *sizes = self.frame_shape(spec.shape)
        return (batch, *sizes)

    def run(self, x, initial: States, mask) -> Results:
        """Runs the steps, with the channels last."""
        last = self.rank + 1
        if self.channel_axis == last:
            return super().run(x, initial, mask)
        sequences = moved(x, 2, last + 1)
        begun = [moved(state, 1, last) for state in initial]
        output, outputs, states = super().run(sequences, begun, mask)
        output = moved(output, last, 1)
        outputs = moved(outputs, last + 1, 2)
        states = [moved(state, last, 1) for state in states]
        return output, outputs, states

    def preprocess_input(self, x):
        """Returns the convolution of all steps, and the bias."""
        if 0 < self.dropout < 1:
            ones = K.ones_like(x[:, 0])
            mask = kept(ones, self.dropout)
            x = x * K.expand_dims(mask, 1)
        _, steps, *sizes = sizes_of(x)
        frames = K.reshape(x, (-1, *sizes))
        projected = self._convolved(
            frames,
            self.kernel,
            strides=self.strides,
            filter_dilation=self.dilation_rate,
            border_mode=self.padding,
        )
        if self.use_bias:
            projected = projected + self.bias
        _, *sizes = sizes_of(projected)
        return K.reshape(projected, (-1, steps, *sizes))

    def _convolved(self, x: Tensor, kernel: Tensor, **moves: Any) -> Tensor:
        """Returns the convolution of frames."""
        convolve = K.conv3d if self.rank == 3 else K.conv2d
        return self.convolution(convolve, x, kernel, **moves)

    def get_initial_states(self, x) -> list[Any]:
        """Returns the states before the first step: zeros."""
        first = x[:, :1]
        projected = self.preprocess_input(first)
        state = projected[:, 0, ..., : self.filters]
        zeros = K.zeros_like(state)
        return [zeros] * self.state_count

    def get_constants(self, x) -> list[Any]:
        """Returns what `step` receives after the states: the state's dropout mask."""
        zeros = self.get_initial_states(x)[0]
        ones = K.ones_like(zeros)
        return [kept(ones, self.recurrent_dropout)]

    def step(self, x, states: States) -> Stepped:
        """Returns the output and the states `[h, c]`."""
        h, c, mask = states
        before = h * mask
        fed_back = self._convolved(before, self.recurrent, border_mode="same")
        return self.remembered(x + fed_back, c)


def _frame(shape: Shape) -> Shape:
    """Returns the shape of a step of sequences."""
    samples, _, *others = shape
    return (samples, *others)


class ConvLSTM1D(ConvLSTM):
    """LSTM over a sequence of sequences, whose products are convolutions.

    # Example
        ```python
        from oneiros.layers import ConvLSTM1D
        from oneiros.models import Sequential

        model = Sequential([ConvLSTM1D(4, 3, input_shape=(6, 10, 2))])
        model.output_shape  # (None, 8, 4)
        ```

    # Arguments
        filters, kernel_size, strides, data_format, dilation_rate: as for
            `Keras2Conv1D`.
        padding: `"valid"` or `"same"`, for the input; the state is always padded.
        return_sequences, return_state, go_backwards, stateful: as for `RNN`.
        the others: as for `LSTMCell`.

    # Input shape
        4D, `(samples, steps, length, channels)`; or a list of it and the states.

    # Output shape
        The same, with `filters` channels and a new length, and without the steps unless
        `return_sequences`.

    # References
        - Shi, Chen, Wang, Yeung, Wong, Woo: Convolutional LSTM Network: A Machine
          Learning Approach for Precipitation Nowcasting, arXiv:1506.04214
    """

    loadable = True
    rank = 1


class Keras2ConvLSTM2D(ConvLSTM):
    """LSTM over a sequence of images as Keras 2 has it.

    # Example
        ```python
        from oneiros.layers import Keras2ConvLSTM2D
        from oneiros.models import Sequential

        layer = Keras2ConvLSTM2D(4, 3, dilation_rate=2, input_shape=(6, 10, 10, 2))
        model = Sequential([layer])
        model.output_shape  # (None, 6, 6, 4)
        ```

    # Arguments
        all: as for `ConvLSTM1D`.

    # Input shape
        5D, `(samples, steps, rows, columns, channels)`; or a list of it and the states.

    # Output shape
        As for `ConvLSTM1D`.
    """

    loadable = True


class ConvLSTM3D(ConvLSTM):
    """LSTM over a sequence of volumes, whose products are convolutions.

    # Example
        ```python
        from oneiros.layers import ConvLSTM3D
        from oneiros.models import Sequential

        model = Sequential([ConvLSTM3D(4, 2, input_shape=(3, 4, 4, 4, 2))])
        model.output_shape  # (None, 3, 3, 3, 4)
        ```

    # Arguments
        all: as for `ConvLSTM1D`.

    # Input shape
        6D, `(samples, steps, d1, d2, d3, channels)`; or a list of it and the states.

    # Output shape
        As for `ConvLSTM1D`.
    """

    loadable = True
    rank = 3
