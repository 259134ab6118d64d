"""Recurrent, the base of the layers that run over a sequence."""

from typing import Any, Unpack

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_bool, check_choice, label
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ArgumentError, OneirosError, ShapeError
from oneiros.load_context import count_calls, count_weight
from oneiros.typing import Array, LayerOptions, Shape, Tensor
from oneiros_layers_core.dense import sequence_arguments

States = list[Any]
Stepped = tuple[Any, States]
"""An output and the new states."""
Results = tuple[Any, Any, States]
"""The last output, all outputs and the last states."""
MODES = ("cpu", "mem", "gpu")


def time_distributed_dense(
    x: Tensor,
    w: Tensor,
    b: Tensor = None,
    dropout: float | None = None,
    input_dim: int | None = None,
    output_dim: int | None = None,
    timesteps: int | None = None,
):
    """Returns `dot(x, w) + b` for each step of a sequence.

    # Example
        ```python
        import numpy as np
        from oneiros import backend as K
        from oneiros.layers.recurrent import time_distributed_dense

        x, w = K.variable(np.ones((2, 5, 3))), K.variable(np.ones((3, 4)))
        K.eval(time_distributed_dense(x, w)).shape  # (2, 5, 4)
        ```

    # Arguments
        x: tensor `(samples, steps, input_dim)`.
        w: tensor `(input_dim, output_dim)`.
        b: tensor `(output_dim,)`, or None.
        dropout: float, the fraction of the input's features to drop in training, the
            same ones at all steps.
        input_dim, output_dim, timesteps: the sizes; by default, those of the tensors.
    """
    if dropout and dropout < 1:
        features = input_dim or K.int_shape(x)[-1]
        ones = filled(x, features, 1.0)
        mask = K.dropout(ones, dropout)
        dropped = x * K.expand_dims(mask, 1)
        x = K.in_train_phase(dropped, x)
    output = K.dot(x, w)
    return output if b is None else output + b


def filled(x, size: int, value: float):
    """Returns a tensor `(samples, size)` of one value, for the samples of `x`."""
    first_values = x[:, 0, :1]
    zero = K.zeros_like(first_values, dtype=K.floatx())
    row = np.full((1, size), value)
    return zero + K.cast_to_floatx(row)


class SequenceOptions(LayerOptions, total=False):
    """The arguments that every recurrent layer accepts, also one of images."""

    weights: list[Array] | None
    return_sequences: bool
    go_backwards: bool
    stateful: bool


class RecurrentOptions(SequenceOptions, total=False):
    """The arguments that every recurrent layer of vectors accepts."""

    unroll: bool
    consume_less: str
    input_dim: int | None
    input_length: int | None


class SequenceSpec(InputSpec):
    """The shape for which a layer was made, with sequences of any length.

    The number of samples is only part of it for a stateful layer.

    # Arguments
        shape: tuple, `(samples, steps, …)`.
        stateful: bool, whether the number of samples is part of the requirement.
    """

    def __init__(self, shape: Shape, stateful: bool = False):
        super().__init__(shape=tuple(shape))
        self.stateful = stateful

    def problem(self, shape: Shape, dtype: str, rank: int) -> str | None:
        """Returns what is wrong with an input of this shape, or None."""
        leading = (self.shape or ())[:2]
        if self.stateful:
            leading = (shape[0], None)
        leading = leading[: len(shape)]
        comparable = (*leading, *shape[2:])
        return super().problem(comparable, dtype, rank)


class SequenceLayer(Layer):
    """Base of the layers that run a `step` over a sequence of anything.

    Not a layer itself.

    # Arguments
        weights, return_sequences, go_backwards, stateful: as for `Recurrent`.
    """

    supports_masking = True
    state_count = 1
    """The number of states, unless `build` sets `self.states`."""

    checks_sizes = True
    unroll: bool = False
    states: States

    def __init__(
        self,
        weights: list[Array] | None = None,
        return_sequences: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.initial_weights = weights
        self.return_sequences = check_bool(self, "return_sequences", return_sequences)
        self.go_backwards = check_bool(self, "go_backwards", go_backwards)
        self.stateful = check_bool(self, "stateful", stateful)

    def build(self, input_shape: Shape) -> None:
        """Stores the input's shape, and makes the states of a stateful layer."""
        self.input_spec = [SequenceSpec(input_shape, self.stateful)]
        self.states = getattr(self, "states", None) or [None] * self.state_count
        if self.stateful:
            self.reset_states()
        self.built = True

    def check_steps(self, input_shape: Shape) -> None:
        """Raises ShapeError if there are no steps."""
        if input_shape[1] == 0:
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}, a "
                "sequence of 0 steps. Expected 1 step or more: leave such sequences "
                "out, or pad them with zeros and mask these."
            )

    # As in Keras 1: no default.
    def compute_mask(self, input, mask):  # type: ignore[override]
        """Returns the mask if there is an output for each step."""
        return mask if self.return_sequences else None

    def step(self, x, states: States) -> Stepped:
        """Computes one step; subclasses define this.

        # Arguments
            x: tensor `(samples, …)`, one step of the result of `preprocess_input`.
            states: list of the states, followed by the result of `get_constants`.

        # Returns
            The output and the list of new states.
        """
        raise NotImplementedError(
            f"{label(self)} doesn't define step(x, states), which a recurrent layer "
            "needs."
        )

    def get_constants(self, x) -> list[Any]:
        """Returns the constants that `step` receives after the states, computed once.

        These are tensors or lists of them.
        """
        return []

    def get_initial_states(self, x) -> list[Any]:
        """Returns the states before the first step: zeros for each."""
        zeros = self.zero_state(x)
        return [zeros for _ in self.states]

    def zero_state(self, x):
        """Returns a state of zeros for the number of samples in `x`."""
        raise NotImplementedError

    def state_shape(self, batch: int | None) -> Shape:
        """Returns the shape of a state for this number of samples."""
        raise NotImplementedError

    def preprocess_input(self, x):
        """Returns the sequences whose steps `step` receives."""
        return x

    def call(self, x, mask=None):
        """Runs the steps, and adds the updates of the states of a stateful layer."""
        if self.unroll and K.int_shape(x)[1] is None:
            raise ShapeError(
                f"{label(self)} has unroll=True and an input of shape "
                f"{K.int_shape(x)}; the number of steps must be known. Pass it, as in "
                "input_shape=(steps, features), or remove unroll."
            )
        if self.unroll:
            count_calls(label(self), K.int_shape(x)[1])
        initial = self.states if self.stateful else self.get_initial_states(x)
        last, outputs, states = self._run(x, initial, mask)
        if self.stateful:
            updates = map(K.update, self.states, states)
            self.add_update(list(updates), x)
        return outputs if self.return_sequences else last

    def _run(self, x, initial: States, mask) -> Results:
        """Returns the last output, all outputs and the last states."""
        constants = self.get_constants(x)
        steps = self.preprocess_input(x)
        return self._loop(self.step, steps, initial, mask, constants)

    def _loop(self, step, x, initial: States, mask, constants: list[Any]) -> Results:
        try:
            last, outputs, states = K.rnn(
                step,
                x,
                initial,
                go_backwards=self.go_backwards,
                mask=mask,
                constants=constants,
                unroll=self.unroll,
                input_length=K.int_shape(x)[1],
            )
        except OneirosError as error:
            raise type(error)(f"{label(self)}: {error}") from error
        return last, outputs, states

    def _keeps(self, standard: type, methods: tuple[str, ...]) -> bool:
        """Returns whether this layer's methods are still those of `standard`."""
        for name in methods:
            function = getattr(getattr(self, name), "__func__", None)
            if function is not getattr(standard, name):
                return False
        return True

    def reset_states(self) -> None:
        """Sets the states of a stateful layer to zero.

        # Raises
            ArgumentError: if the layer isn't stateful. ShapeError: if the batch size is
                unknown.
        """
        if not self.stateful:
            raise ArgumentError(
                f"{label(self)} has no states to reset: each batch begins with zeros. "
                "Make it with stateful=True."
            )
        input_shape = self.input_spec[0].shape
        shape = self.state_shape(input_shape[0]) if input_shape else (None,)
        size = tuple(size for size in shape if size is not None)
        if len(size) < len(shape):
            raise ShapeError(
                f"{label(self)} is stateful and its input has the shape "
                f"{input_shape}; the batch size and all others but the number of "
                "steps must be known. Pass them: batch_input_shape=(batch_size, …) in "
                "the first layer, or Input(batch_shape=…)."
            )
        states = getattr(self, "states", None) or [None] * self.state_count
        if states[0] is None:
            count_weight((len(states), *size), label(self))
        zeros = np.zeros(size)
        if states[0] is None:
            names = (f"{self.name}_state_{index}" for index in range(len(states)))
            variables = [K.variable(zeros, name=name) for name in names]
            self.states = variables
        else:
            K.batch_set_value([(state, zeros) for state in states])


class Recurrent(SequenceLayer):
    """Base of the recurrent layers: runs `step` over the steps of a sequence.

    Not a layer itself.

    A subclass defines `step(x, states)`, which returns the output of a step and the
    list of new states, and `build(input_shape)`, which makes its weights and, unless
    there is exactly one state, sets `self.states` to a list with None for each state.
    If needed, it also defines `preprocess_input(x)`, which processes all steps
    together; `get_constants(x)`, a list of tensors that `step` receives after the
    states, computed once per sequence; `get_initial_states(x)`, the initial states; and
    `reset_states()`. All of them may draw random tensors.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.layers import Input, Recurrent

        class Average(Recurrent):
            def build(self, input_shape):
                self.output_dim = input_shape[-1]
                super().build(input_shape)

            def step(self, x, states):
                average = 0.9 * states[0] + 0.1 * x
                return average, [average]

        layer = Average(return_sequences=True)
        layer(Input(shape=(10, 3)))._keras_shape  # (None, 10, 3)
        ```

    # Arguments
        weights: list of arrays, initial values of all weights.
        return_sequences: bool, whether to return all steps' outputs, not only the last.
        go_backwards: bool, whether to begin with the last step, whose output comes
            first.
        stateful: bool, whether each batch begins with the last states of the one
            before; it needs `batch_input_shape`.
        unroll: bool, whether to repeat the step in the graph instead of using a loop.
        consume_less: `"cpu"`, `"mem"`, or `"gpu"`: one matrix for all gates.
        input_dim, input_length: ints, in place of `input_shape=(steps, features)`.

    # Input shape
        3D, `(samples, steps, input_dim)`.

    # Output shape
        `(samples, steps, output_dim)` with `return_sequences`, else
        `(samples, output_dim)`.

    docs/guides/recurrent.md explains states and `consume_less`. Masked steps before the
    first other one return the initial state; with `unroll`, zeros.
    """

    output_dim: int

    def __init__(
        self,
        weights: list[Array] | None = None,
        return_sequences: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        consume_less: str = "cpu",
        input_dim: int | None = None,
        input_length: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        input_dim, input_length = sequence_arguments(
            self, input_dim, input_length, kwargs
        )
        super().__init__(
            weights=weights,
            return_sequences=return_sequences,
            go_backwards=go_backwards,
            stateful=stateful,
            **kwargs,
        )
        self.unroll = check_bool(self, "unroll", unroll)
        self.consume_less = check_choice(self, "consume_less", consume_less, MODES)
        self.input_spec = [InputSpec(ndim=3)]
        self.input_dim = input_dim
        self.input_length = input_length

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the shape of all outputs, or of the last one."""
        self.check_steps(input_shape)
        samples, steps = input_shape[:2]
        if self.return_sequences:
            return (samples, steps, self.output_dim)
        return (samples, self.output_dim)

    def zero_state(self, x) -> Tensor:
        """Returns zeros `(samples, output_dim)`."""
        return filled(x, self.output_dim, 0.0)

    def state_shape(self, batch: int | None) -> Shape:
        """Returns `(batch, output_dim)`."""
        return (batch, self.output_dim)
