"""Whole recurrent layers as one operation, with a gradient derived by hand; the
mathematics, for any engine.

The forward loop stores what its activations gave. The backward loop reads that instead
of computing it anew, and leaves the gradient of the recurrent weights to a single
product over all steps and samples, after it.

A sequence has the axes (steps, samples, features). A masked step hands the states on as
they were. So the output of a step is always its first state.

On JAX, `fit` of an LSTM (case c of benchmarks/compare.py) takes 1.6 times as long with
`K.rnn` instead (`benchmarks/mechanisms.py recurrent_gradients`).
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oneiros_backend_toolkit.recurrent_cells import (
    FusedCell,
    LoopOperations,
    Residuals,
    States,
)

T = Any


@dataclass(frozen=True)
class CellLoop:
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
    ) -> tuple[States, Residuals]:
        """Returns the last states, and the sequences of outputs and of what else the
        gradient needs.

        # Arguments
            x: sequence, the projected input, or with `projection` the input itself.
            U: the recurrent weights.
            mask: sequence of booleans with one feature, or None.
            initial: the initial states.
            projection: the input's weights and the bias, or nothing.
            differentiated: whether `backward` will follow.
        """
        engine = self.engine
        cell = self.cell
        weights = cell.split_weights(engine, U)
        if projection and self._projects_first(x, U, differentiated):
            W, b = projection
            x = engine.multiply(x, W) + b
            projection = ()

        def step(states: States, rows: States) -> tuple[States, States]:
            row, *is_seen = rows
            if projection:
                W, b = projection
                row = row @ W + b
            after, intermediates = cell.forward(engine, row, states, weights)
            if is_seen:
                after = self._chosen(is_seen[0], after, states)
            return after, Residuals(after[0], states, intermediates).tensors()

        sequences = (x,) if mask is None else (x, mask)
        widths = [U.shape[0]] * (1 + cell.states + cell.intermediates)
        last, results = engine.scan(step, initial, sequences, widths, self.backwards)
        return last, Residuals.from_tensors(cell, results)

    def _projects_first(self, x, U, differentiated: bool) -> bool:
        """Returns whether to project the input before the loop: where that, and reading
        the projection step by step, takes less time than projecting each step."""
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
        """Returns the first tensors where the condition holds, else the others."""
        pairs = zip(tensors, others, strict=True)
        return tuple(self.engine.choose(condition, x, y) for x, y in pairs)

    def backward(
        self,
        U,
        mask,
        residuals: Residuals,
        d_outputs,
        d_last: States,
    ) -> tuple[T, T, States]:
        """Returns the gradients by the projected input, U and the initial states.

        # Arguments
            U, mask: as for `forward`.
            residuals: what `forward` returned.
            d_outputs, d_last: gradients by the outputs and by the last states.
        """
        engine = self.engine
        cell = self.cell
        weights = tuple(map(engine.transpose, cell.split_weights(engine, U)))
        masks = () if mask is None else (mask,)

        def step(gradients: States, rows: States) -> tuple[States, States]:
            d_output, *others = rows
            is_seen = others.pop(0) if masks else None
            d_after = (gradients[0] + d_output, *gradients[1:])
            d_seen = d_after
            if is_seen is not None:
                d_seen = tuple(engine.where(is_seen, d_state) for d_state in d_after)
            of_step = Residuals.from_tensors(cell, others)
            dx, d_before = cell.backward(engine, d_seen, of_step, weights)
            if is_seen is not None:
                d_before = self._chosen(is_seen, d_before, d_after)
            return d_before, (dx,)

        sequences = (d_outputs, *masks, *residuals.tensors())
        d_initial, (dx,) = engine.scan(
            step, d_last, sequences, [U.shape[1]], not self.backwards
        )
        return dx, cell.weights_gradient(engine, residuals, dx), d_initial

    def unprojected(self, x, dx, projection: States) -> tuple[T, States]:
        """Returns the gradients by the input and by the projection, from that by the
        projected input.

        # Arguments
            x, projection: as for `forward`.
        """
        if not projection:
            return dx, ()
        engine = self.engine
        W, _ = projection
        d_projection = (engine.outer(x, dx), engine.total(dx))
        return engine.multiply(dx, engine.transpose(W)), d_projection
