"""Recurrent layers as Keras 2 has them: cells, which compute a step, and layers that
run one over a sequence."""

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from oneiros import activations, load_context
from oneiros import backend as K
from oneiros.arguments import label, refusal
from oneiros.config import layer_from_config
from oneiros.engine.node import shape_list, to_list, unique
from oneiros.errors import ArgumentError
from oneiros.layers import Recurrent
from oneiros.load_context import count_calls
from oneiros.typing import (
    Activation,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
    Tensor,
)

from oneiros_keras2.base import Checked, Fraction, Keras2Layer, KernelLayer, known_size
from oneiros_keras2.options import CellOptions, GateOptions, LoopOptions, MemoryOptions
from oneiros_keras2.tensors import blocks, floats

States = list[Any]
Stepped = tuple[Any, States]
"""An output and the new states."""
Results = tuple[Any, Any, States]
"""The last output, all outputs and the last states."""
FUSED = ("tanh", "sigmoid", "hard_sigmoid", "linear", "relu")
"""The activations that `K.simple_rnn`, `K.gru` and `K.lstm` have."""
GATED = {"activation": "activation", "recurrent_activation": "inner_activation"}


def filled(x, size: int, value: float):
    """Returns a tensor `(samples, size)` of one value, for the samples of a
    sequence."""
    first_values = x[:, 0, :1]
    zero = K.zeros_like(first_values, dtype=K.floatx())
    row = np.full((1, size), value)
    return zero + K.cast_to_floatx(row)


def swapped(x):
    """Returns a tensor with its first two axes swapped."""
    others = range(2, K.ndim(x))
    return K.permute_dimensions(x, (1, 0, *others))


def adopt(layer, parts: list[Any]) -> None:
    """Lets a layer have the weights of its parts."""
    trained: list[Any] = []
    fixed: list[Any] = []
    for part in unique(parts):
        trained += part.trainable_weights
        fixed += part.non_trainable_weights
        layer.constraints.update(part.constraints)
        layer.losses = unique([*layer.losses, *part.losses])
    layer.trainable_weights = trained
    layer.non_trainable_weights = fixed


def described(layer) -> dict[str, Any]:
    """Returns the entry of a layer inside another one's configuration."""
    config = layer.get_config()
    return {"class_name": type(layer).__name__, "config": config}


class Gated(KernelLayer):
    """Base of what has kernels for an input and for a state. Not a layer itself.

    # Arguments
        all: as for `LSTMCell`.
    """

    gates = 1
    state_count = 1
    functions: dict[str, str] = {"activation": "activation"}
    """The arguments that name activations, and those of `K`'s operations."""
    kernel: Any
    recurrent: Any
    bias: Any
    bias_initializer: Any
    activation: Any
    use_bias: bool
    dropout: float
    recurrent_dropout: float

    def __init__(
        self,
        activation: Activation = "tanh",
        use_bias: bool = True,
        recurrent_initializer: Initialization = "orthogonal",
        recurrent_regularizer: RegularizerLike = None,
        recurrent_constraint: ConstraintLike = None,
        dropout: Fraction = 0.0,
        recurrent_dropout: Fraction = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            activation=activation,
            use_bias=use_bias,
            recurrent_initializer=recurrent_initializer,
            recurrent_regularizer=recurrent_regularizer,
            recurrent_constraint=recurrent_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
        )
        rates = (self.dropout, self.recurrent_dropout)
        self.uses_learning_phase = any(0 < rate < 1 for rate in rates)

    def add_kernels(self, window: tuple[int, ...], inputs: int, size: int) -> None:
        """Makes the kernels and the bias.

        # Arguments
            window: tuple of int, the first axes of the kernels.
            inputs: int, size of the input.
            size: int, size of a state.
        """
        joined = self.gates * size
        kernel_shape = (*window, inputs, joined)
        recurrent_shape = (*window, size, joined)
        self.kernel = self.add_parameter("kernel", kernel_shape)
        self.recurrent = self.add_parameter(
            "recurrent", recurrent_shape, "recurrent_kernel"
        )
        if self.use_bias:
            self.bias = self.add_bias(size)

    def add_bias(self, size: int):
        """Makes the bias of all gates."""
        shape = (self.gates * size,)
        return self.add_parameter("bias", shape)


def kept(ones, rate: float):
    """Returns a dropout mask of the shape of `ones`; 1 if nothing is dropped."""
    if not 0 < rate < 1:
        return K.cast_to_floatx(1.0)
    dropped = K.dropout(ones, rate)
    return K.in_train_phase(dropped, ones)


class Cell(Gated):
    """Base of the cells over vectors. Not a layer itself.

    # Arguments
        units: int, size of the output and of each state.
        kwargs: as for `Gated`.
    """

    operation: str | None = None
    """The operation of `K` that runs the cell over a whole sequence."""
    units: int

    def __init__(self, units: int, **kwargs: Unpack[CellOptions]):
        super().__init__(**kwargs)
        self.set_arguments(units=units)

    @property
    def state_sizes(self) -> list[int]:
        """The sizes of the states."""
        return [self.units] * self.state_count

    def add_weights(self, features: int) -> None:
        """Makes the weights for an input of this size, unless the cell has some from
        another layer."""
        if not self.weights:
            self.features = features
            self.add_kernels((), features, self.units)

    def project(self, x):
        """Returns what the input adds to the gates, for one step or a sequence."""
        projected = K.dot(x, self.kernel)
        return projected + self.input_bias if self.use_bias else projected

    @property
    def input_bias(self):
        """The bias that is added to the input's product."""
        return self.bias

    def input_mask(self, x):
        """Returns the dropout mask of the input."""
        ones = filled(x, self.features, 1.0)
        return kept(ones, self.dropout)

    def preprocess_input(self, x):
        """Returns the sequence whose steps `step` receives."""
        if 0 < self.dropout < 1:
            mask = self.input_mask(x)
            x = x * K.expand_dims(mask, 1)
        return self.project(x)

    def get_constants(self, x) -> list[Any]:
        """Returns what `step` receives after the states: the state's dropout mask."""
        ones = filled(x, self.units, 1.0)
        return [kept(ones, self.recurrent_dropout)]

    def step(self, x, states: States) -> Stepped:
        """Returns the output and the new states.

        # Arguments
            x: tensor, a step of the projected input.
            states: list of the states and the state's dropout mask.
        """
        raise NotImplementedError


class SimpleRNNCell(Cell):
    """`h = activation(dot(x, kernel) + dot(h, recurrent) + bias)`, for `RNN`.

    # Example
        ```python
        from oneiros.layers import RNN, SimpleRNNCell
        from oneiros.models import Sequential

        model = Sequential([RNN(SimpleRNNCell(4), input_shape=(6, 5))])
        model.output_shape  # (None, 4)
        ```

    # Arguments
        units: int, size of the output.
        activation, use_bias, dropout, recurrent_dropout and others: as for `LSTMCell`.
    """

    loadable = True
    operation = "simple_rnn"

    def step(self, x, states: States) -> Stepped:
        """Returns the output, which is the new state."""
        h, mask = states
        fed_back = K.dot(h * mask, self.recurrent)
        h = self.activation(x + fed_back)
        return h, [h]


class GRUCell(Cell):
    """Gated recurrent unit, for `RNN`: `h = z * h + (1 - z) * activation(…)`.

    # Example
        ```python
        from oneiros.layers import RNN, GRUCell
        from oneiros.models import Sequential

        model = Sequential([RNN(GRUCell(4), input_shape=(6, 5))])
        model.count_params()  # 132
        ```

    # Arguments
        units: int, size of the output.
        activation: name or function, of the candidate for the new state.
        recurrent_activation: name or function, of the gates.
        reset_after: bool, whether the reset gate `r` comes after the product with the
            weights, `r * (dot(h, U) + b)`, instead of before it, `dot(r * h, U)`.
        use_bias, dropout, recurrent_dropout and others: as for `LSTMCell`.

    # References
        - Cho, van Merriënboer, Bahdanau, Bengio: On the Properties of Neural Machine
          Translation: Encoder-Decoder Approaches, arXiv:1409.1259
    """

    loadable = True
    gates = 3
    functions = GATED
    recurrent_activation: Any
    reset_after: bool

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        reset_after: bool = True,
        **kwargs: Unpack[GateOptions],
    ):
        super().__init__(units, activation=activation, **kwargs)
        self.set_arguments(
            recurrent_activation=recurrent_activation, reset_after=reset_after
        )
        self.operation = None if reset_after else "gru"
        self.multiplied = 3 if reset_after else 2

    def add_bias(self, size: int):
        """Makes the bias; with `reset_after` one for the input and one for the
        state."""
        if not self.reset_after:
            return super().add_bias(size)
        shape = (2, self.gates * size)
        return self.add_parameter("bias", shape)

    @property
    def input_bias(self) -> Tensor:
        """The bias that is added to the input's product."""
        return self.bias[0] if self.reset_after else self.bias

    def step(self, x, states: States) -> Stepped:
        """Returns the output, which is the new state."""
        h, mask = states
        before = h * mask
        x_z, x_r, x_h = blocks(x, 3)
        width = self.multiplied * self.units
        recurrent = self.recurrent[:, :width]
        fed_back = K.dot(before, recurrent)
        if self.reset_after and self.use_bias:
            fed_back = fed_back + self.bias[1]
        h_z, h_r, *h_h = blocks(fed_back, self.multiplied)
        z = self.recurrent_activation(x_z + h_z)
        r = self.recurrent_activation(x_r + h_r)
        if self.reset_after:
            reset = r * h_h[0]
        else:
            last_kernel = self.recurrent[:, 2 * self.units :]
            reset = K.dot(r * before, last_kernel)
        candidate = self.activation(x_h + reset)
        h = z * h + (1 - z) * candidate
        return h, [h]


class Remembering(Gated):
    """Base of what has a memory, and gates for it. Not a layer itself.

    # Arguments
        all: as for `LSTMCell`.
    """

    gates = 4
    state_count = 2
    functions = GATED
    recurrent_activation: Any
    unit_forget_bias: bool

    def __init__(
        self,
        recurrent_activation: Activation = "sigmoid",
        unit_forget_bias: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            recurrent_activation=recurrent_activation, unit_forget_bias=unit_forget_bias
        )

    def add_bias(self, size: int):
        """Makes the bias of all gates, the forget gate's of ones."""
        if not self.unit_forget_bias:
            return super().add_bias(size)

        def begun(shape, name=None):
            values = K.get_value(self.bias_initializer(shape))
            values[size : 2 * size] = 1
            return K.variable(values, name=name)

        shape = (self.gates * size,)
        return self.add_parameter("bias", shape, initializer=begun)

    def remembered(self, projected, c) -> Stepped:
        """Returns the output and the states `[h, c]`.

        # Arguments
            projected: tensor, what input and state add to the gates.
            c: the old memory.
        """
        a_i, a_f, a_c, a_o = blocks(projected, 4)
        i = self.recurrent_activation(a_i)
        f = self.recurrent_activation(a_f)
        o = self.recurrent_activation(a_o)
        c = f * c + i * self.activation(a_c)
        h = o * self.activation(c)
        return h, [h, c]


class LSTMCell(Remembering, Cell):
    """Long short-term memory, for `RNN`.

    # Example
        ```python
        from oneiros.layers import RNN, LSTMCell
        from oneiros.models import Sequential

        cells = [LSTMCell(8), LSTMCell(4)]
        model = Sequential([RNN(cells, input_shape=(6, 5))])
        model.output_shape  # (None, 4)
        ```

    # Arguments
        units: int, size of the output and of each state.
        activation: name or function, applied to the values written to the memory and
            read from it.
        recurrent_activation: name or function, of the gates.
        use_bias: bool, whether to add a bias.
        unit_forget_bias: bool, whether the forget gate's bias begins with ones.
        dropout, recurrent_dropout: floats between 0 and 1, fractions of the input and
            of the state to drop in training, the same values at all steps of a sequence
            and for all gates.
        kernel_…, recurrent_…, bias_…: initializers, regularizers and constraints.

    # References
        - Hochreiter, Schmidhuber: Long Short-Term Memory, Neural Computation 9, 1997
    """

    loadable = True
    operation = "lstm"

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        **kwargs: Unpack[MemoryOptions],
    ):
        super().__init__(units=units, activation=activation, **kwargs)

    def step(self, x, states: States) -> Stepped:
        """Returns the output and the states `[h, c]`."""
        h, c, mask = states
        fed_back = K.dot(h * mask, self.recurrent)
        return self.remembered(x + fed_back, c)


class StackedRNNCells(Keras2Layer):
    """A stack of cells for `RNN`: each gets the output of the one before.

    # Example
        ```python
        from oneiros.layers import RNN, GRUCell, StackedRNNCells
        from oneiros.models import Sequential

        cells = StackedRNNCells([GRUCell(8), GRUCell(4)])
        model = Sequential([RNN(cells, input_shape=(6, 5))])
        model.output_shape  # (None, 4)
        ```

    # Arguments
        cells: list of cells.
    """

    loadable = True
    conformance = {"arguments": lambda: {"cells": [LSTMCell(3), GRUCell(2)]}}

    def __init__(self, cells: Sequence[Any], **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.cells = list(cells)
        for cell in self.cells:
            check_cell(self, "cells", cell)
        phases = [cell.uses_learning_phase for cell in self.cells]
        self.uses_learning_phase = any(phases)
        self.units = self.cells[-1].units

    @property
    def state_sizes(self) -> list[int]:
        """The sizes of the states of all cells."""
        return [size for cell in self.cells for size in cell.state_sizes]

    def add_weights(self, features: int) -> None:
        """Makes the weights of all cells."""
        for cell in self.cells:
            cell.add_weights(features)
            features = cell.units
        adopt(self, self.cells)

    def preprocess_input(self, x) -> Tensor:
        """Returns the sequence that the first cell receives."""
        return self.cells[0].preprocess_input(x)

    def get_constants(self, x) -> list[Any]:
        """Returns the dropout masks of the cells' states and inputs."""
        masks = []
        for cell in self.cells:
            masks.append(cell.input_mask(x))
            masks += cell.get_constants(x)
        return masks

    def step(self, x, states: States) -> Stepped:
        """Returns the output of the last cell, and the new states of all."""
        count = len(self.state_sizes)
        waiting = list(states[:count])
        masks = iter(states[count:])
        new_states: States = []
        for place, cell in enumerate(self.cells):
            load_context.current().check_time()
            input_mask = next(masks)
            if place:
                x = cell.project(x * input_mask)
            own = [waiting.pop(0) for _ in cell.state_sizes]
            own.append(next(masks))
            x, stepped = cell.step(x, own)
            new_states += stepped
        return x, new_states

    def argument_config(self, argument) -> Tensor:
        """Returns an argument, `cells` with the configurations of the cells."""
        if argument != "cells":
            return super().argument_config(argument)
        entries = list(map(described, self.cells))
        return {"cells": entries}

    @classmethod
    def from_config(cls, config: dict[str, Any]):
        """Makes the cells and the stack."""
        cells = list(map(layer_from_config, config["cells"]))
        return cls(**{**config, "cells": cells})


def check_cell(owner, name: str, value) -> None:
    """Checks that an argument is a cell.

    # Raises
        ArgumentError: says what was expected.
    """
    if not isinstance(value, (Cell, StackedRNNCells)):
        raise refusal(owner, name, value, "a cell, such as LSTMCell(8)")


def check_states(layer, x, count: int) -> None:
    """Checks that a layer is called on as many initial states as it has states, or on
    none.

    # Raises
        ArgumentError: says what was expected.
    """
    received = len(to_list(x)) - 1
    if received not in (0, count):
        raise ArgumentError(
            f"{label(layer)} received {received} initial states. Expected {count}."
        )


class Recurring(Checked, Recurrent):
    """Base of the recurrent layers of Keras 2. Not a layer itself.

    # Arguments
        activity_regularizer: regularizer of the output.
        the others: as for `RNN` and `Recurrent`.
    """

    units: int
    return_state: bool
    time_major: bool
    zero_output_for_mask: bool

    def __init__(
        self,
        return_state: bool = False,
        time_major: bool = False,
        zero_output_for_mask: bool = False,
        activity_regularizer: RegularizerLike = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            return_state=return_state,
            time_major=time_major,
            zero_output_for_mask=zero_output_for_mask,
            activity_regularizer=activity_regularizer,
        )
        if self.time_major and self.stateful:
            raise ArgumentError(
                f"{label(self)} received time_major=True and stateful=True. Expected "
                "one of them: put Permute before a stateful layer."
            )

    @property
    def cell_used(self) -> Any:
        """What computes a step: the layer itself, or the cell that it got."""
        return self

    @property
    def output_dim(self) -> int:  # type: ignore[override]  # its cell has it
        """The size of the output."""
        return int(self.cell_used.units)

    def build(self, input_shape) -> None:
        """Makes the weights, and the states of a stateful layer."""
        shape = self.sequences_shape(input_shape)
        cell = self.cell_used
        cell.add_weights(self.features_of(shape))
        if cell is not self:
            adopt(self, [cell])
        super().build(shape)
        self.set_initial_weights()

    def sequences_shape(self, input_shape) -> Shape:
        """Returns the shape of the sequences, samples first."""
        first, second, *others = shape_list(input_shape)[0]
        leading = (second, first) if self.time_major else (first, second)
        return (*leading, *others)

    def features_of(self, shape: Shape) -> int:
        """Returns the size of the last axis of sequences of this shape."""
        return known_size(self, shape)

    def get_output_shape_for(self, input_shape):
        """Returns the shape of the output, or a list of it and those of the states."""
        shape = self.sequences_shape(input_shape)
        self.check_steps(shape)
        samples, *sizes = self.frame_shape(shape)
        output = (samples, *sizes)
        if self.return_sequences:
            samples, steps, *_ = shape
            leading = (samples, steps)
            if self.time_major:
                leading = (steps, samples)
            output = (*leading, *sizes)
        if not self.return_state:
            return output
        return [output, *self.state_shapes(shape)]

    def frame_shape(self, shape: Shape) -> Shape:
        """Returns the shape of the output of a step, for sequences of this shape."""
        return (shape[0], self.output_dim)

    def state_shapes(self, shape: Shape) -> list[Shape]:
        """Returns the shapes of the states, for sequences of this shape."""
        sizes = self.cell_used.state_sizes
        return [(shape[0], size) for size in sizes]

    def compute_mask(self, x, mask=None):
        """Returns the mask if there is an output for each step; None for the states."""
        steps_mask = to_list(mask)[0]
        output_mask = steps_mask if self.return_sequences else None
        if not self.return_state:
            return output_mask
        of_states = [None] * self.state_count
        return [output_mask, *of_states]

    def get_initial_states(self, x) -> list[Any]:
        """Returns the states before the first step: zeros."""
        sizes = self.cell_used.state_sizes
        return [filled(x, size, 0.0) for size in sizes]

    def assert_input_compatibility(self, input) -> None:
        """Checks a sequence, and the number of the initial states if they come with it
        in a list.

        # Raises
            ArgumentError: for another number of states.
        """
        sequences, *_ = to_list(input)
        check_states(self, input, self.state_count)
        super().assert_input_compatibility(sequences)

    def call(self, x, mask=None):
        """Returns the output, or a list of it and the last states.

        # Arguments
            x: tensor; or a list of it and the initial states.
            mask: mask of the steps, or a list of it and others.
        """
        sequences, *initial = to_list(x)
        mask = to_list(mask)[0]
        if self.stateful:
            initial = initial or list(self.states)
        if self.time_major:
            sequences = swapped(sequences)
            mask = None if mask is None else swapped(mask)
        if self.unroll:
            _, steps, *_ = K.int_shape(sequences)
            count_calls(label(self), steps or 0)
        output, outputs, states = self.run(sequences, initial, mask)
        if mask is not None and self.zero_output_for_mask:
            outputs = self._hidden(outputs, mask)
            output = outputs[:, -1]
        if self.stateful:
            updates = map(K.update, self.states, states)
            self.add_update(list(updates), x)
        if self.return_sequences:
            output = swapped(outputs) if self.time_major else outputs
        return [output, *states] if self.return_state else output

    def _hidden(self, outputs, mask):
        """Returns the outputs, with zeros at masked steps."""
        shown = floats(mask)
        if self.go_backwards:
            shown = K.reverse(shown, 1)
        while K.ndim(shown) < K.ndim(outputs):
            shown = K.expand_dims(shown)
        return outputs * shown

    def run(self, x, initial: States, mask) -> Results:
        """Runs the steps.

        # Arguments
            x: tensor `(samples, steps, …)`.
            initial: list of states; zeros if it is empty.
            mask: tensor `(samples, steps)`, or None.
        """
        cell = self.cell_used
        states = initial or self.get_initial_states(x)
        if self._is_fusible(cell, mask, begins_with_zeros=not initial):
            return self._fused(cell, x, states, mask)
        step = cell.step
        if mask is not None:
            # Before the first step that isn't masked, the output is zero.
            zeros = K.zeros_like(states[-1])
            states = [zeros, *states]
            step = _carrying(step)
        output, outputs, states = K.rnn(
            step,
            cell.preprocess_input(x),
            states,
            go_backwards=self.go_backwards,
            mask=mask,
            constants=cell.get_constants(x),
            unroll=self.unroll,
            input_length=K.int_shape(x)[1],
        )
        return output, outputs, states[-self.state_count :]

    def _is_fusible(self, cell, mask, begins_with_zeros: bool) -> bool:
        """Returns whether an operation of `K` computes the same as the cell, step by
        step."""
        if "fused" not in K.current().capabilities:
            return False
        if getattr(cell, "operation", None) is None:
            return False
        if 0 < cell.recurrent_dropout < 1:
            return False
        if mask is not None and (self.unroll or not begins_with_zeros):
            return False
        known = [getattr(activations, name) for name in FUSED]
        used = [getattr(cell, name) for name in cell.functions]
        return all(function in known for function in used)

    def _fused(self, cell, x, initial: States, mask) -> Results:
        weights = {}
        if cell.use_bias and not 0 < cell.dropout < 1:
            weights = {"W": cell.kernel, "b": cell.bias}
        else:
            x = cell.preprocess_input(x)
        names = {
            there: getattr(cell, here).__name__
            for here, there in cell.functions.items()
        }
        operation = getattr(K, cell.operation)
        last, outputs, states = operation(
            x,
            initial,
            U=cell.recurrent,
            go_backwards=self.go_backwards,
            mask=mask,
            **weights,
            **names,
        )
        return last, outputs, states


def _carrying(step):
    """Returns a step with its output as an additional state, the first one."""

    def carrying(x, states):
        output, new_states = step(x, states[1:])
        return output, [output, *new_states]

    return carrying


class RNN(Recurring):
    """Runs a cell over a sequence.

    # Example
        ```python
        from oneiros.layers import RNN, GRUCell, LSTMCell
        from oneiros.models import Sequential

        model = Sequential()
        model.add(RNN(LSTMCell(8), return_sequences=True, input_shape=(6, 5)))
        model.add(RNN([GRUCell(8), GRUCell(4)]))
        model.output_shape  # (None, 4)
        ```

    # Arguments
        cell: cell, or list of cells, of which each gets the output of the one before.
        return_sequences, go_backwards, stateful, unroll: as for `Recurrent`.
        return_state: bool, whether to return the last states, too, in a list.
        time_major: bool, whether the steps are the first axis, and the samples the
            second one.
        zero_output_for_mask: bool, whether the output of a masked step is zero instead
            of that of the step before.

    # Input shape
        3D, `(samples, steps, features)`; or a list of it and the initial states.

    # Output shape
        As for `Recurrent`; with `return_state` a list of it and the states' shapes.
    """

    loadable = True
    conformance = [
        {"arguments": lambda: {"cell": LSTMCell(3)}},
        {"arguments": lambda: {"cell": [GRUCell(3), SimpleRNNCell(3)]}},
    ]

    def __init__(self, cell: Any, **kwargs: Unpack[LoopOptions]):
        super().__init__(**kwargs)
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        check_cell(self, "cell", cell)
        self.cell = cell
        sizes = cell.state_sizes
        self.state_count = len(sizes)
        self.uses_learning_phase = cell.uses_learning_phase
        if self.stateful and len(set(sizes)) > 1:
            raise ArgumentError(
                f"{label(self)} is stateful, and its states have the sizes "
                f"{sizes}. Expected one size: use a layer for each cell."
            )

    @property
    def cell_used(self) -> Any:
        """The cell."""
        return self.cell

    def argument_config(self, argument) -> Tensor:
        """Returns an argument, `cell` with the configuration of the cell."""
        if argument != "cell":
            return dict(super().argument_config(argument))
        return {"cell": described(self.cell)}

    @classmethod
    def from_config(cls, config: dict[str, Any]):
        """Makes the cell and the layer."""
        cell = layer_from_config(config["cell"])
        arguments = {**config, "cell": cell}
        return cls(**arguments)


class Keras2SimpleRNN(SimpleRNNCell, Recurring):
    """Fully connected recurrent layer as Keras 2 has it.

    # Example
        ```python
        from oneiros.layers import Input, Keras2SimpleRNN
        from oneiros.models import Model

        x = Input(shape=(6, 5))
        output, *states = Keras2SimpleRNN(4, return_state=True)(x)
        output = Keras2SimpleRNN(4)([x, *states])
        Model(x, output).output_shape  # (None, 4)
        ```

    # Arguments
        units, activation, use_bias and others: as for `SimpleRNNCell`.
        return_sequences, return_state, time_major and others: as for `RNN`.

    # Input shape
        3D, `(samples, steps, features)`; or a list of it and the initial states.

    # Output shape
        As for `RNN`.
    """

    loadable = True


class Keras2GRU(GRUCell, Recurring):
    """Gated recurrent unit as Keras 2 has it.

    # Example
        ```python
        from oneiros.layers import Input, Keras2GRU
        from oneiros.models import Model

        x = Input(shape=(6, 5))
        output, *states = Keras2GRU(4, return_state=True)(x)
        output = Keras2GRU(4)([x, *states])
        Model(x, output).output_shape  # (None, 4)
        ```

    # Arguments
        units, activation, use_bias, reset_after and others: as for `GRUCell`.
        return_sequences, return_state, time_major and others: as for `RNN`.

    # Input shape
        3D, `(samples, steps, features)`; or a list of it and the initial states.

    # Output shape
        As for `RNN`.
    """

    loadable = True


class Keras2LSTM(LSTMCell, Recurring):
    """Long short-term memory as Keras 2 has it.

    # Example
        ```python
        from oneiros.layers import Input, Keras2LSTM
        from oneiros.models import Model

        x = Input(shape=(6, 5))
        output, *states = Keras2LSTM(4, return_state=True)(x)
        output = Keras2LSTM(4)([x, *states])
        Model(x, output).output_shape  # (None, 4)
        ```

    # Arguments
        units, activation, use_bias and others: as for `LSTMCell`.
        return_sequences, return_state, time_major and others: as for `RNN`.

    # Input shape
        3D, `(samples, steps, features)`; or a list of it and the initial states.

    # Output shape
        As for `RNN`.
    """

    loadable = True
