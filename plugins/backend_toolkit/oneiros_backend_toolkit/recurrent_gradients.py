"""Whole recurrent layers as one operation, with a gradient derived by hand; the
mathematics, for any engine.

The forward loop stores what its activations gave. The backward loop reads that instead
of computing it anew, and leaves the gradient of the recurrent weights to a single
product over all steps and samples, after it.

A sequence has the axes (steps, samples, features). A masked step hands the states on as
they were. So the output of a step is always its first state.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from oneiros.backend.contract import Backend
from oneiros.errors import ArgumentError, ShapeError

from oneiros_backend_toolkit.rnn import check_lengths
from oneiros_backend_toolkit.size_checks import when_known

T = Any
States = tuple[T, ...]
Step = Callable[[States, States], tuple[States, States]]

ACTIVATIONS = ("tanh", "sigmoid", "hard_sigmoid", "linear", "relu")


class LoopOperations(Protocol):
    """The operations that the loops are written in, besides arithmetic, comparison and
    `@`.

    # Properties
        projects_early: whether an input as wide as the state is projected before the
            loop, as wider ones are.
    """

    projects_early: bool

    def constant(self, values: Sequence[float], like) -> T:
        """Returns numbers as a tensor of the type of `like`."""

    def tanh(self, x) -> T:
        """Hyperbolic tangent."""

    def sigmoid(self, x) -> T:
        """1 / (1 + exp(-x))."""

    def clip(self, x) -> T:
        """Bounds by 0 and 1."""

    def where(self, condition, x) -> T:
        """Returns `x` where the condition holds, else 0."""

    def choose(self, condition, x, y) -> T:
        """Returns `x` where the condition holds, else `y`."""

    def split(self, x, sizes: Sequence[int]) -> Sequence[T]:
        """Cuts the last axis into parts of these sizes."""

    def join(self, parts: Sequence[T], axis: int) -> T:
        """Joins tensors along an axis."""

    def transpose(self, x) -> T:
        """Swaps the axes of a matrix."""

    def outer(self, x, y) -> T:
        """Sums the products of two sequences' features over steps and samples."""

    def total(self, x) -> T:
        """Sums a sequence over steps and samples."""

    def multiply(self, x, w) -> T:
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
            backwards: whether to start at the last row. A result stays at the place of
                the row it comes from.
        """


def activate(engine: LoopOperations, name: str, x) -> T:
    """Returns an activation of `x`."""
    if name == "tanh":
        return engine.tanh(x)
    if name == "sigmoid":
        return engine.sigmoid(x)
    if name == "hard_sigmoid":
        return engine.clip(0.2 * x + 0.5)
    return engine.where(x > 0, x) if name == "relu" else x


def slope(engine: LoopOperations, name: str, y, gradient) -> T:
    """Returns `gradient` times the derivative of the activation that gave `y`."""
    if name == "tanh":
        return gradient * (1 - y * y)
    if name == "sigmoid":
        return gradient * (y * (1 - y))
    if name == "hard_sigmoid":
        return engine.where((y > 0) & (y < 1), 0.2 * gradient)
    return engine.where(y > 0, gradient) if name == "relu" else gradient


class FusedCell(Protocol):
    """One step of a recurrent layer, and its gradient.

    # Properties
        blocks: number of blocks in the projected input and in the recurrent weights.
        states: number of states.
        kept: number of tensors, as wide as a state, that the gradient needs besides
            states.
        reads_whole: whether it reads the projected input in one piece; reading a
            sequence in several is slow.
    """

    blocks: ClassVar[int]
    states: ClassVar[int]
    kept: ClassVar[int]

    @property
    def reads_whole(self) -> bool:
        """See above."""

    def __hash__(self) -> int:
        """Equal cells have equal hashes."""

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Returns the new states, and what is to be kept.

        # Arguments
            x: the projected input.
            weights: what `split_weights` returned.
        """

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        before: States,
        output,
        kept: States,
        weights: States,
    ) -> tuple[T, States]:
        """Returns the gradients by the projected input and by the states before.

        # Arguments
            gradients: by the states after.
            output: the first state after.
            kept: the second result of `forward`.
            weights: the parts of `split_weights`, transposed.
        """

    def split_weights(self, engine: LoopOperations, U) -> States:
        """Returns the parts of the recurrent weights that one step multiplies by."""

    def weights_gradient(self, engine: LoopOperations, h, kept: States, dx) -> T:
        """Returns the gradient by the recurrent weights.

        # Arguments
            h: sequence of the first state, before each step.
            kept: sequences.
            dx: sequence of the gradients by the projected input.
        """


@dataclass(frozen=True)
class SimpleRnnCell:
    """h = activation(x + h U)."""

    activation: str
    blocks: ClassVar[int] = 1
    states: ClassVar[int] = 1
    kept: ClassVar[int] = 0
    reads_whole: ClassVar[bool] = True

    def split_weights(self, engine: LoopOperations, U) -> States:
        """All at once."""
        return (U,)

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Keeps nothing: the state is the activation's result."""
        return (activate(engine, self.activation, x + states[0] @ weights[0]),), ()

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        before: States,
        output,
        kept: States,
        weights: States,
    ) -> tuple[T, States]:
        """One product."""
        dx = slope(engine, self.activation, output, gradients[0])
        return dx, (dx @ weights[0],)

    def weights_gradient(self, engine: LoopOperations, h, kept: States, dx) -> T:
        """One product."""
        return engine.outer(h, dx)


@dataclass(frozen=True)
class LstmCell:
    """c = f c + i g, h = o activation(c); blocks i, f, g, o."""

    activation: str
    inner: str
    blocks: ClassVar[int] = 4
    states: ClassVar[int] = 2
    kept: ClassVar[int] = 5

    @property
    def reads_whole(self) -> bool:
        """Where all gates are a tanh: sigmoid(x) = tanh(x / 2) / 2 + 1 / 2."""
        return (self.activation, self.inner) == ("tanh", "sigmoid")

    def split_weights(self, engine: LoopOperations, U) -> States:
        """All at once."""
        return (U,)

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Keeps the gates, and the activation of c."""
        h, c = states
        i, f, g, o = self._gates(engine, x + h @ weights[0], h.shape[-1])
        c = f * c + i * g
        shown = activate(engine, self.activation, c)
        return (o * shown, c), (i, f, g, o, shown)

    def _gates(self, engine: LoopOperations, x, n: int) -> Sequence[T]:
        if self.reads_whole:
            halves = engine.constant([0.5] * (2 * n) + [1.0] * n + [0.5] * n, x)
            return engine.split(
                engine.tanh(x * halves) * halves + (1 - halves), [n] * 4
            )
        i, f, g, o = engine.split(x, [n] * 4)
        i, f, o = (activate(engine, self.inner, gate) for gate in (i, f, o))
        return i, f, activate(engine, self.activation, g), o

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        before: States,
        output,
        kept: States,
        weights: States,
    ) -> tuple[T, States]:
        """One product."""
        (dh, dc), (i, f, g, o, shown) = gradients, kept
        dc = dc + slope(engine, self.activation, shown, dh * o)
        parts = [
            slope(engine, self.inner, i, dc * g),
            slope(engine, self.inner, f, dc * before[1]),
            slope(engine, self.activation, g, dc * i),
            slope(engine, self.inner, o, dh * shown),
        ]
        dx = engine.join(parts, -1)
        return dx, (dx @ weights[0], dc * f)

    def weights_gradient(self, engine: LoopOperations, h, kept: States, dx) -> T:
        """One product."""
        return engine.outer(h, dx)


@dataclass(frozen=True)
class GruCell:
    """g = activation(x + (r h) U), h = z h + (1 - z) g; blocks z, r, g."""

    activation: str
    inner: str
    blocks: ClassVar[int] = 3
    states: ClassVar[int] = 1
    kept: ClassVar[int] = 4
    reads_whole: ClassVar[bool] = False

    def split_weights(self, engine: LoopOperations, U) -> States:
        """The gates' weights and the candidate's, which multiply one after the
        other."""
        n = U.shape[0]
        return tuple(engine.split(U, [2 * n, n]))

    def forward(
        self, engine: LoopOperations, x, states: States, weights: States
    ) -> tuple[States, States]:
        """Keeps the gates, the candidate, and what the candidate's weights multiply."""
        (h,) = states
        n = h.shape[-1]
        gates, x = engine.split(x, [2 * n, n])
        z, r = engine.split(
            activate(engine, self.inner, gates + h @ weights[0]), [n, n]
        )
        reset = r * h
        g = activate(engine, self.activation, x + reset @ weights[1])
        return (z * h + (1 - z) * g,), (z, r, g, reset)

    def backward(
        self,
        engine: LoopOperations,
        gradients: States,
        before: States,
        output,
        kept: States,
        weights: States,
    ) -> tuple[T, States]:
        """Two products."""
        (dh,), (h,), (z, r, g, _) = gradients, before, kept
        dg = slope(engine, self.activation, g, dh * (1 - z))
        reset = dg @ weights[1]
        parts = [
            slope(engine, self.inner, z, dh * (h - g)),
            slope(engine, self.inner, r, reset * h),
        ]
        gates = engine.join(parts, -1)
        return engine.join([gates, dg], -1), (dh * z + reset * r + gates @ weights[0],)

    def weights_gradient(self, engine: LoopOperations, h, kept: States, dx) -> T:
        """One product for the gates, and one for the candidate."""
        n = h.shape[-1]
        gates, dg = engine.split(dx, [2 * n, n])
        return engine.join([engine.outer(h, gates), engine.outer(kept[3], dg)], -1)


@dataclass(frozen=True)
class Loop:
    """A cell run over a sequence.

    # Arguments
        engine: the LoopOperations.
        cell: the FusedCell.
        backwards: bool, whether it starts at the last step.
    """

    engine: LoopOperations
    cell: FusedCell
    backwards: bool = False

    def forward(
        self,
        x,
        U,
        mask,
        initial: States,
        projection: States = (),
        differentiated: bool = True,
    ) -> tuple[States, T, States, States]:
        """Returns the last states, outputs, states before each step, and what else the
        gradient needs.

        An input is projected inside the loop where that takes less time than reading
        its projection there.

        # Arguments
            x: sequence, the projected input, or with `projection` the input itself.
            U: the recurrent weights.
            mask: sequence of booleans with one feature, or None.
            initial: the initial states.
            projection: the input's weights and the bias, or nothing.
            differentiated: whether `backward` will follow.
        """
        engine, cell = self.engine, self.cell
        weights, masks = cell.split_weights(engine, U), () if mask is None else (mask,)
        wide = x.shape[-1] > U.shape[0] - engine.projects_early
        narrow = x.shape[-1] < U.shape[0]
        if projection and (
            wide or (cell.reads_whole and (narrow or not differentiated))
        ):
            x, projection = engine.multiply(x, projection[0]) + projection[1], ()

        def step(states: States, rows: States) -> tuple[States, States]:
            row = rows[0] @ projection[0] + projection[1] if projection else rows[0]
            new, kept = cell.forward(engine, row, states, weights)
            for seen in rows[1:]:
                new = tuple(
                    engine.choose(seen, a, b) for a, b in zip(new, states, strict=True)
                )
            return new, (new[0], *states, *kept)

        widths = [U.shape[0]] * (1 + cell.states + cell.kept)
        last, (outputs, *results) = engine.scan(
            step, initial, (x, *masks), widths, self.backwards
        )
        return (
            last,
            outputs,
            tuple(results[: cell.states]),
            tuple(results[cell.states :]),
        )

    def backward(
        self,
        U,
        mask,
        outputs,
        before: States,
        kept: States,
        d_outputs,
        d_last: States,
    ) -> tuple[T, T, States]:
        """Returns the gradients by the projected input, U and the initial states.

        # Arguments
            outputs, before, kept: what `forward` returned.
            d_outputs, d_last: gradients by the outputs and by the last states.
        """
        engine, cell, count = self.engine, self.cell, self.cell.states
        weights = tuple(
            engine.transpose(part) for part in cell.split_weights(engine, U)
        )
        masks = () if mask is None else (mask,)

        def step(gradients: States, rows: States) -> tuple[States, States]:
            gradients, rows = (gradients[0] + rows[0], *gradients[1:]), rows[1:]
            seen, rows = rows[: len(masks)], rows[len(masks) :]
            passed = gradients
            for row in seen:
                passed = tuple(engine.where(row, part) for part in passed)
            output, rows = rows[0], rows[1:]
            dx, found = cell.backward(
                engine, passed, rows[:count], output, rows[count:], weights
            )
            for row in seen:
                found = tuple(
                    engine.choose(row, a, b)
                    for a, b in zip(found, gradients, strict=True)
                )
            return found, (dx,)

        sequences = (d_outputs, *masks, outputs, *before, *kept)
        d_initial, (dx,) = engine.scan(
            step, d_last, sequences, [U.shape[1]], not self.backwards
        )
        return dx, cell.weights_gradient(engine, before[0], kept, dx), d_initial

    def unprojected(self, x, dx, projection: States) -> tuple[T, States]:
        """Returns the gradients by the input and by the projection, from that by the
        projected input.

        # Arguments
            x, projection: as for `forward`.
        """
        if not projection:
            return dx, ()
        engine = self.engine
        d_projection = engine.outer(x, dx), engine.total(dx)
        return engine.multiply(dx, engine.transpose(projection[0])), d_projection


class FusedRecurrence(Backend):
    """`simple_rnn`, `gru` and `lstm` in terms of one method, which an engine
    supplies."""

    def _fused(
        self,
        label: str,
        cell: FusedCell,
        x,
        initial: States,
        U,
        mask,
        backwards: bool,
        projection: States,
    ) -> T:
        """Returns the outputs, (samples, steps, features) in the order of processing,
        and the last states.

        # Arguments
            x: (samples, steps, features).
            mask: (samples, steps), of any type, or None.
            projection: the input's weights and the bias, or nothing.
        """
        raise NotImplementedError

    def simple_rnn(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ) -> T:
        cell = SimpleRnnCell(_known("simple_rnn", activation))
        return self._checked(
            "simple_rnn", cell, x, initial_states, U, mask, go_backwards, W, b
        )

    def gru(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ) -> T:
        cell = GruCell(_known("gru", activation), _known("gru", inner_activation))
        return self._checked(
            "gru", cell, x, initial_states, U, mask, go_backwards, W, b
        )

    def lstm(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ) -> T:
        cell = LstmCell(_known("lstm", activation), _known("lstm", inner_activation))
        return self._checked(
            "lstm", cell, x, initial_states, U, mask, go_backwards, W, b
        )

    def _checked(
        self,
        name: str,
        cell: FusedCell,
        x,
        initial,
        U,
        mask,
        backwards: bool,
        W,
        b,
    ) -> T:
        rows, columns = self.int_shape(U)
        if columns != rows * cell.blocks:
            raise ShapeError(
                f"K.{name} received recurrent weights of shape {(rows, columns)}. "
                f"They are {cell.blocks} square block(s) side by side: (n, "
                f"{cell.blocks} * n)."
            )
        if (W is None) != (b is None):
            raise ArgumentError(
                f"K.{name} received only one of W and b. Pass both, or the projected "
                "input."
            )
        shape, features = self.int_shape(x), columns
        if W is not None:
            features, projected = self.int_shape(W)
            if projected != columns:
                raise ShapeError(
                    f"K.{name} received W of shape {(features, projected)}, U has "
                    f"{columns} columns."
                )
        if len(shape) != 3 or shape[-1] not in (None, features):
            raise ShapeError(
                f"K.{name} received x of shape {shape}. It takes shape (samples, "
                f"steps, {features}): the input if W and b are passed, else the "
                "projected input, dot(input, W) + b."
            )
        if len(initial) != cell.states:
            raise ArgumentError(
                f"K.{name} received {len(initial)} initial states; it takes "
                f"{cell.states}."
            )
        if mask is not None and self.ndim(mask) == 3:
            mask = mask[:, :, 0]
        if mask is not None and self.ndim(mask) != 2:
            raise ShapeError(
                f"K.{name} received a mask of shape {self.int_shape(mask)}. It takes "
                "(samples, steps)."
            )
        lengths = [x] if mask is None else [x, mask]
        check_lengths(name, 1, None, *map(self.int_shape, lengths))
        projection = () if W is None else (W, b)
        if projection and not self.dtype(x).startswith("float"):
            x = self.cast(x, self.dtype(W))
        label, backwards = f"K.{name}", bool(backwards)
        outputs, *last = self._fused(
            label, cell, x, tuple(initial), U, mask, backwards, projection
        )
        when_known(
            functools.partial(check_lengths, name, 1, None),
            lengths,
            made=[outputs, *last],
        )
        return last[0], outputs, last


def _known(function: str, activation: Any) -> str:
    if activation not in ACTIVATIONS:
        raise ArgumentError(
            f"K.{function} received the activation {activation!r}; it takes the names "
            f"{', '.join(ACTIVATIONS)}. K.rnn takes a step function that may use any "
            "other."
        )
    return str(activation)
