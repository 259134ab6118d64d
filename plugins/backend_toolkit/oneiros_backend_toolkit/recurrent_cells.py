"""Whole recurrent layers as one operation with a hand-written gradient: the
mathematics, built on an engine's operations.

The forward loop stores the results of its activations. The backward loop reads them
instead of computing them again, and a single product over all steps and samples after
it computes the gradient of the recurrent weights.

A sequence has the axes (steps, samples, features). A masked step keeps the states
unchanged, so the output of a step is always its first state.

An engine's operations are an object that has, besides arithmetic, comparison and `@` of
its tensors,

- `tanh(x)` and `sigmoid(x)`; `clip(x)`, to the range from 0 to 1;
- `choose(condition, x, y)`: `x` where the condition is true, and `y` elsewhere;
  `where(condition, x)`: 0 elsewhere;
- `split(x, sizes)`: the last axis in parts of these sizes; `join(parts, axis)`;
- `transpose(x)` of a matrix; `multiply(x, w)`: a sequence's features by a matrix;
- `outer(x, y)`: the products of two sequences' features, summed over steps and samples;
  `total(x)`: a sequence summed over these;
- `scan(step, states, sequences, widths, backwards)`: runs a Step, and returns the last
  states and the results as sequences. `widths` are the results' numbers of features.
  `backwards` starts at the last row; each result stays at the position of its row;
- `projects_early`: whether to project an input as wide as the state before the loop,
  like wider ones.

On JAX, `fit` of an LSTM (case c of benchmarks/compare.py) takes 1.6 times as long with
`K.rnn` instead (`benchmarks/mechanisms.py recurrent_gradients`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from oneiros.typing import Tensor

States = tuple[Tensor, ...]
Step = Callable[[States, States], tuple[States, States]]
"""A function of states and rows of sequences that returns states and rows of
results."""

ACTIVATIONS = ("tanh", "sigmoid", "hard_sigmoid", "linear", "relu")


def activate(engine, name: str, x):
    """Returns an activation of `x`."""
    if name == "tanh":
        return engine.tanh(x)
    if name == "sigmoid":
        return engine.sigmoid(x)
    if name == "hard_sigmoid":
        return engine.clip(0.2 * x + 0.5)
    if name == "relu":
        return engine.where(x > 0, x)
    return x


def activation_gradient(engine, name: str, y, gradient):
    """Returns `gradient` times the derivative of the activation with the result `y`."""
    if name == "tanh":
        return gradient * (1 - y * y)
    if name == "sigmoid":
        return gradient * (y * (1 - y))
    if name == "hard_sigmoid":
        is_inside = (y > 0) & (y < 1)
        return engine.where(is_inside, 0.2 * gradient)
    if name == "relu":
        return engine.where(y > 0, gradient)
    return gradient


class Residuals(NamedTuple):
    """The data that the forward loop stores for the gradient: the tensors of one step,
    or the sequences of all steps.

    # Arguments
        output: the first state after the step.
        states_before: the states before it.
        intermediates: other tensors for the cell's gradient.
    """

    output: Tensor
    states_before: States
    intermediates: States

    def tensors(self) -> States:
        """Returns all tensors in one list, for a loop."""
        return (self.output, *self.states_before, *self.intermediates)


@dataclass(frozen=True)
class FusedCell:
    """A step of a recurrent layer, and its gradient.

    # Arguments
        activation, inner: names in `ACTIVATIONS`.

    # Properties
        blocks: number of blocks in the projected input and in the recurrent weights.
        states: number of states.
        intermediates: number of additional tensors, as wide as a state, for the
            gradient.
        reads_whole: whether it reads the projected input in one piece; reading several
            pieces of a sequence is slow.
    """

    activation: str
    inner: str = "linear"
    blocks: ClassVar[int]
    states: ClassVar[int]
    intermediates: ClassVar[int]
    reads_whole: ClassVar[bool] = False

    def forward(self, engine, x, states: States, weights: States):
        """Returns the new states, and the intermediates.

        # Arguments
            x: the projected input.
            weights: the result of `split_weights`.
        """
        raise NotImplementedError

    def backward(self, engine, gradients: States, residuals: Residuals, weights):
        """Returns the gradients with respect to the projected input and the previous
        states.

        # Arguments
            gradients: the gradients with respect to the new states.
            residuals: the tensors of the step.
            weights: the parts of `split_weights`, transposed.
        """
        raise NotImplementedError

    def split_weights(self, engine, U) -> States:
        """Returns the parts of the recurrent weights for the products of a step."""
        return (U,)

    def weights_gradient(self, engine, residuals: Residuals, dx):
        """Returns the gradient with respect to the recurrent weights.

        # Arguments
            residuals: sequences.
            dx: sequence of the gradients with respect to the projected input.
        """
        return engine.outer(residuals.states_before[0], dx)


class SimpleRnnCell(FusedCell):
    """h = activation(x + h U)."""

    blocks = 1
    states = 1
    intermediates = 0
    reads_whole = True

    def forward(self, engine, x, states, weights):
        """Stores nothing, since the state is the activation's result."""
        (h,) = states
        x = x + h @ weights[0]
        h = activate(engine, self.activation, x)
        return (h,), ()

    def backward(self, engine, gradients, residuals, weights):
        """One product."""
        (dh,) = gradients
        output = residuals.output
        dx = activation_gradient(engine, self.activation, output, dh)
        return dx, (dx @ weights[0],)


class LstmCell(FusedCell):
    """c = f c + i g, h = o activation(c); blocks i, f, g, o."""

    blocks = 4
    states = 2
    intermediates = 5

    def forward(self, engine, x, states, weights):
        """Stores the gates, and the activation of c."""
        h, c = states
        x = x + h @ weights[0]
        sizes = [h.shape[-1]] * 4
        i, f, g, o = engine.split(x, sizes)
        i = activate(engine, self.inner, i)
        f = activate(engine, self.inner, f)
        g = activate(engine, self.activation, g)
        o = activate(engine, self.inner, o)
        c = f * c + i * g
        shown = activate(engine, self.activation, c)
        h = o * shown
        return (h, c), (i, f, g, o, shown)

    def backward(self, engine, gradients, residuals, weights):
        """One product."""
        dh, dc = gradients
        _, c_before = residuals.states_before
        i, f, g, o, shown = residuals.intermediates
        d_shown = dh * o
        dc = dc + activation_gradient(engine, self.activation, shown, d_shown)
        di = activation_gradient(engine, self.inner, i, dc * g)
        df = activation_gradient(engine, self.inner, f, dc * c_before)
        dg = activation_gradient(engine, self.activation, g, dc * i)
        do = activation_gradient(engine, self.inner, o, dh * shown)
        dx = engine.join([di, df, dg, do], -1)
        dh_before = dx @ weights[0]
        dc_before = dc * f
        return dx, (dh_before, dc_before)


class GruCell(FusedCell):
    """g = activation(x + (r h) U), h = z h + (1 - z) g; blocks z, r, g."""

    blocks = 3
    states = 1
    intermediates = 4

    def split_weights(self, engine, U):
        """Returns the gates' weights and the candidate's, which multiply one after the
        other."""
        return self._split(engine, U, U.shape[0])

    def _split(self, engine, x, units: int) -> States:
        """Splits the blocks into those of the gates and that of the candidate."""
        parts = engine.split(x, [2 * units, units])
        return tuple(parts)

    def forward(self, engine, x, states, weights):
        """Stores the gates, the candidate, and the factor of the candidate's
        weights."""
        (h,) = states
        gate_weights, candidate_weights = weights
        units = h.shape[-1]
        gates, x = self._split(engine, x, units)
        gates = gates + h @ gate_weights
        gates = activate(engine, self.inner, gates)
        z, r = engine.split(gates, [units, units])
        reset = r * h
        x = x + reset @ candidate_weights
        g = activate(engine, self.activation, x)
        h = z * h + (1 - z) * g
        return (h,), (z, r, g, reset)

    def backward(self, engine, gradients, residuals, weights):
        """Two products."""
        (dh,) = gradients
        (h,) = residuals.states_before
        z, r, g, _ = residuals.intermediates
        gate_weights, candidate_weights = weights
        d_candidate = dh * (1 - z)
        dg = activation_gradient(engine, self.activation, g, d_candidate)
        d_reset = dg @ candidate_weights
        d_update = dh * (h - g)
        dz = activation_gradient(engine, self.inner, z, d_update)
        dr = activation_gradient(engine, self.inner, r, d_reset * h)
        d_gates = engine.join([dz, dr], -1)
        d_before = dh * z + d_reset * r
        d_before = d_before + d_gates @ gate_weights
        dx = engine.join([d_gates, dg], -1)
        return dx, (d_before,)

    def weights_gradient(self, engine, residuals, dx):
        """One product for the gates, and one for the candidate."""
        (h,) = residuals.states_before
        *_, reset = residuals.intermediates
        units = h.shape[-1]
        d_gates, dg = self._split(engine, dx, units)
        d_gate_weights = engine.outer(h, d_gates)
        d_candidate_weights = engine.outer(reset, dg)
        return engine.join([d_gate_weights, d_candidate_weights], -1)


@dataclass(frozen=True)
class CellLoop:
    """Runs a cell over a sequence.

    # Arguments
        engine: the engine's operations.
        cell: the FusedCell.
        backwards: bool, whether to start at the last step.
    """

    engine: Any
    cell: FusedCell
    backwards: bool = False

    def forward(
        self, x, U, mask, initial: States, projection: States = (), differentiated=True
    ) -> tuple[States, Residuals]:
        """Returns the last states, and the sequences of outputs and of other data for
        the gradient.

        # Arguments
            x: sequence, the projected input, or, with `projection`, the input itself.
            U: the recurrent weights.
            mask: sequence of booleans with one feature, or None.
            initial: the initial states.
            projection: the input's weights and the bias, or empty.
            differentiated: whether `backward` will follow.
        """
        engine = self.engine
        cell = self.cell
        weights = cell.split_weights(engine, U)
        if projection and self._projects_first(x, U, differentiated):
            W, b = projection
            x = engine.multiply(x, W) + b
            projection = ()

        def step(states, rows):
            row, *is_seen = rows
            if projection:
                W, b = projection
                row = row @ W + b
            after, intermediates = cell.forward(engine, row, states, weights)
            if is_seen:
                after = self._chosen(is_seen[0], after, states)
            residuals = Residuals(after[0], states, intermediates)
            return after, residuals.tensors()

        sequences: States = (x,)
        if mask is not None:
            sequences = (x, mask)
        count = 1 + cell.states + cell.intermediates
        widths = [U.shape[0]] * count
        last, results = engine.scan(step, initial, sequences, widths, self.backwards)
        return last, self._residuals(results)

    def _residuals(self, tensors: Sequence[Tensor]) -> Residuals:
        """Returns the residuals from a list made by `Residuals.tensors`."""
        output, *others = tensors
        count = self.cell.states
        states_before = tuple(others[:count])
        intermediates = tuple(others[count:])
        return Residuals(output, states_before, intermediates)

    def _projects_first(self, x, U, differentiated: bool) -> bool:
        """Returns whether to project the input before the loop, because this, with
        reading the projection step by step, is faster than projecting each step."""
        features = x.shape[-1]
        units = U.shape[0]
        if features > units:
            return True
        if features == units and self.engine.projects_early:
            return True
        if not self.cell.reads_whole:
            return False
        return features < units or not differentiated

    def _chosen(self, condition, tensors: States, others: States) -> States:
        """Returns the first tensors where the condition is true, and the others
        elsewhere."""
        pairs = zip(tensors, others)
        choose = self.engine.choose
        return tuple(choose(condition, x, y) for x, y in pairs)

    def backward(
        self, U, mask, residuals: Residuals, d_outputs, d_last: States
    ) -> tuple[Tensor, Tensor, States]:
        """Returns the gradients with respect to the projected input, U and the initial
        states.

        # Arguments
            U, mask: as for `forward`.
            residuals: the result of `forward`.
            d_outputs, d_last: gradients with respect to the outputs and the last
                states.
        """
        engine = self.engine
        cell = self.cell
        parts = cell.split_weights(engine, U)
        weights = tuple(map(engine.transpose, parts))
        masks = () if mask is None else (mask,)

        def step(gradients, rows):
            d_output, *others = rows
            is_seen = others.pop(0) if masks else None
            d_after = (gradients[0] + d_output, *gradients[1:])
            d_seen = d_after
            if is_seen is not None:
                d_seen = tuple(engine.where(is_seen, d_state) for d_state in d_after)
            of_step = self._residuals(others)
            dx, d_before = cell.backward(engine, d_seen, of_step, weights)
            if is_seen is not None:
                d_before = self._chosen(is_seen, d_before, d_after)
            return d_before, (dx,)

        sequences = (d_outputs, *masks, *residuals.tensors())
        d_initial, (dx,) = engine.scan(
            step, d_last, sequences, [U.shape[1]], not self.backwards
        )
        dU = cell.weights_gradient(engine, residuals, dx)
        return dx, dU, d_initial

    def unprojected(self, x, dx, projection: States) -> tuple[Tensor, States]:
        """Returns the gradients with respect to the input and the projection, from the
        gradient with respect to the projected input.

        # Arguments
            x, projection: as for `forward`.
        """
        if not projection:
            return dx, ()
        engine = self.engine
        W, _ = projection
        dW = engine.outer(x, dx)
        db = engine.total(dx)
        dx = engine.multiply(dx, engine.transpose(W))
        return dx, (dW, db)
