"""The steps of the recurrent layers and their gradients, built on an engine's
operations.

`recurrent_gradients` contains the loops around them.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

from oneiros_backend_toolkit.tensors import Tensor

States = tuple[Tensor, ...]
Step = Callable[[States, States], tuple[States, States]]

ACTIVATIONS = ("tanh", "sigmoid", "hard_sigmoid", "linear", "relu")


class LoopOperations(Protocol):
    """The operations that the loops use, besides arithmetic, comparison and `@`.

    # Properties
        projects_early: whether to project an input as wide as the state before the
            loop, like wider ones.
    """

    projects_early: bool

    def constant(self, values: Sequence[float], like) -> Tensor:
        """Returns numbers as a tensor of the type of `like`."""

    def tanh(self, x) -> Tensor:
        """Hyperbolic tangent."""

    def sigmoid(self, x) -> Tensor:
        """1 / (1 + exp(-x))."""

    def clip(self, x) -> Tensor:
        """Clips to the range from 0 to 1."""

    def where(self, condition, x) -> Tensor:
        """Returns `x` where the condition is true, and 0 elsewhere."""

    def choose(self, condition, x, y) -> Tensor:
        """Returns `x` where the condition is true, and `y` elsewhere."""

    def split(self, x, sizes: Sequence[int]) -> Sequence[Tensor]:
        """Splits the last axis into parts of these sizes."""

    def join(self, parts: Sequence[Tensor], axis: int) -> Tensor:
        """Joins tensors along an axis."""

    def transpose(self, x) -> Tensor:
        """Swaps the axes of a matrix."""

    def outer(self, x, y) -> Tensor:
        """Sums the products of two sequences' features over steps and samples."""

    def total(self, x) -> Tensor:
        """Sums a sequence over steps and samples."""

    def multiply(self, x, w) -> Tensor:
        """Multiplies a sequence's features by a matrix."""

    def scan(
        self,
        step: Step,
        states: States,
        sequences: States,
        widths: Sequence[int],
        backwards: bool,
    ) -> tuple[States, States]:
        """Runs a step function of (states, rows of the sequences) that returns (states,
        rows of results).

        Returns the last states, and the results as sequences.

        # Arguments
            widths: the results' numbers of features.
            backwards: whether to start at the last row. Each result stays at the
                position of its row.
        """


def activate(engine: LoopOperations, name: str, x) -> Tensor:
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


def activation_gradient(engine: LoopOperations, name: str, y, gradient) -> Tensor:
    """Returns `gradient` times the derivative of the activation with the result `y`."""
    if name == "tanh":
        return gradient * (1 - y * y)
    if name == "sigmoid":
        return gradient * (y * (1 - y))
    if name == "hard_sigmoid":
        return engine.where((y > 0) & (y < 1), 0.2 * gradient)
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

    @staticmethod
    def from_tensors(cell: FusedCell, tensors: Sequence[Tensor]) -> Residuals:
        """Returns the residuals from a list made by `tensors`."""
        output, *others = tensors
        states_before = tuple(others[: cell.states])
        return Residuals(output, states_before, tuple(others[cell.states :]))

    def tensors(self) -> States:
        """Returns all tensors in one list, for a loop."""
        return (self.output, *self.states_before, *self.intermediates)


class FusedCell(Protocol):
    """A step of a recurrent layer, and its gradient.

    # Properties
        blocks: number of blocks in the projected input and in the recurrent weights.
        states: number of states.
        intermediates: number of additional tensors, as wide as a state, for the
            gradient.
        reads_whole: whether it reads the projected input in one piece; reading several
            pieces of a sequence is slow.
    """

    blocks: ClassVar[int]
    states: ClassVar[int]
    intermediates: ClassVar[int]

    @property
    def reads_whole(self) -> bool:
        """See above."""

    def __hash__(self) -> int:
        """Equal cells have equal hashes."""

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Returns the new states, and the intermediates.

        # Arguments
            x: the projected input.
            weights: the result of `split_weights`.
        """

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        residuals: Residuals,
        weights: States,
    ) -> tuple[Tensor, States]:
        """Returns the gradients with respect to the projected input and the previous
        states.

        # Arguments
            gradients: the gradients with respect to the new states.
            residuals: the tensors of the step.
            weights: the parts of `split_weights`, transposed.
        """

    def split_weights(self, engine: LoopOperations, U) -> States:
        """Returns the parts of the recurrent weights for the products of a step."""

    def weights_gradient(
        self, engine: LoopOperations, residuals: Residuals, dx
    ) -> Tensor:
        """Returns the gradient with respect to the recurrent weights.

        # Arguments
            residuals: sequences.
            dx: sequence of the gradients with respect to the projected input.
        """


class OneProduct:
    """A cell in which all recurrent weights multiply the first state."""

    def split_weights(self, engine: LoopOperations, U) -> States:
        """Returns all weights together."""
        return (U,)

    def weights_gradient(
        self, engine: LoopOperations, residuals: Residuals, dx
    ) -> Tensor:
        """One product."""
        return engine.outer(residuals.states_before[0], dx)


@dataclass(frozen=True)
class SimpleRnnCell(OneProduct):
    """h = activation(x + h U)."""

    activation: str
    blocks: ClassVar[int] = 1
    states: ClassVar[int] = 1
    intermediates: ClassVar[int] = 0
    reads_whole: ClassVar[bool] = True

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Stores nothing, since the state is the activation's result."""
        (h,) = states
        return (activate(engine, self.activation, x + h @ weights[0]),), ()

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        residuals: Residuals,
        weights: States,
    ) -> tuple[Tensor, States]:
        """One product."""
        (dh,) = gradients
        dx = activation_gradient(engine, self.activation, residuals.output, dh)
        return dx, (dx @ weights[0],)


@dataclass(frozen=True)
class LstmCell(OneProduct):
    """c = f c + i g, h = o activation(c); blocks i, f, g, o."""

    activation: str
    inner: str
    blocks: ClassVar[int] = 4
    states: ClassVar[int] = 2
    intermediates: ClassVar[int] = 5

    @property
    def reads_whole(self) -> bool:
        """Whether all gates are a tanh: sigmoid(x) = tanh(x / 2) / 2 + 1 / 2."""
        return self.activation == "tanh" and self.inner == "sigmoid"

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Stores the gates, and the activation of c."""
        h, c = states
        i, f, g, o = self._gates(engine, x + h @ weights[0], h.shape[-1])
        c = f * c + i * g
        shown = activate(engine, self.activation, c)
        return (o * shown, c), (i, f, g, o, shown)

    def _gates(self, engine: LoopOperations, x, units: int) -> Sequence[Tensor]:
        sizes = [units] * 4
        if self.reads_whole:
            gate = [0.5] * units
            candidate = [1.0] * units
            scale = engine.constant([*gate, *gate, *candidate, *gate], x)
            return engine.split(engine.tanh(x * scale) * scale + (1 - scale), sizes)
        i, f, g, o = engine.split(x, sizes)
        i, f, o = (activate(engine, self.inner, gate) for gate in (i, f, o))
        return i, f, activate(engine, self.activation, g), o

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        residuals: Residuals,
        weights: States,
    ) -> tuple[Tensor, States]:
        """One product."""
        dh, dc = gradients
        _, c_before = residuals.states_before
        i, f, g, o, shown = residuals.intermediates
        dc = dc + activation_gradient(engine, self.activation, shown, dh * o)
        parts = [
            activation_gradient(engine, self.inner, i, dc * g),
            activation_gradient(engine, self.inner, f, dc * c_before),
            activation_gradient(engine, self.activation, g, dc * i),
            activation_gradient(engine, self.inner, o, dh * shown),
        ]
        dx = engine.join(parts, -1)
        return dx, (dx @ weights[0], dc * f)


@dataclass(frozen=True)
class GruCell:
    """g = activation(x + (r h) U), h = z h + (1 - z) g; blocks z, r, g."""

    activation: str
    inner: str
    blocks: ClassVar[int] = 3
    states: ClassVar[int] = 1
    intermediates: ClassVar[int] = 4
    reads_whole: ClassVar[bool] = False

    def split_weights(self, engine: LoopOperations, U) -> States:
        """Returns the gates' weights and the candidate's, which multiply one after the
        other."""
        return self._split(engine, U, U.shape[0])

    def _split(self, engine: LoopOperations, x, units: int) -> States:
        """Splits the blocks into those of the gates and that of the candidate."""
        return tuple(engine.split(x, [2 * units, units]))

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Stores the gates, the candidate, and the factor of the candidate's
        weights."""
        (h,) = states
        gate_weights, candidate_weights = weights
        units = h.shape[-1]
        gates, x = self._split(engine, x, units)
        gates = activate(engine, self.inner, gates + h @ gate_weights)
        z, r = engine.split(gates, [units, units])
        reset = r * h
        g = activate(engine, self.activation, x + reset @ candidate_weights)
        return (z * h + (1 - z) * g,), (z, r, g, reset)

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        residuals: Residuals,
        weights: States,
    ) -> tuple[Tensor, States]:
        """Two products."""
        (dh,) = gradients
        (h,) = residuals.states_before
        z, r, g, _ = residuals.intermediates
        gate_weights, candidate_weights = weights
        dg = activation_gradient(engine, self.activation, g, dh * (1 - z))
        d_reset = dg @ candidate_weights
        parts = [
            activation_gradient(engine, self.inner, z, dh * (h - g)),
            activation_gradient(engine, self.inner, r, d_reset * h),
        ]
        d_gates = engine.join(parts, -1)
        d_before = dh * z + d_reset * r + d_gates @ gate_weights
        return engine.join([d_gates, dg], -1), (d_before,)

    def weights_gradient(
        self, engine: LoopOperations, residuals: Residuals, dx
    ) -> Tensor:
        """One product for the gates, and one for the candidate."""
        (h,) = residuals.states_before
        *_, reset = residuals.intermediates
        d_gates, dg = self._split(engine, dx, h.shape[-1])
        parts = [engine.outer(h, d_gates), engine.outer(reset, dg)]
        return engine.join(parts, -1)
