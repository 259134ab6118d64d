"""Whole recurrent layers as one operation with a hand-written gradient: the
mathematics, for any engine.

The forward loop stores the results of its activations. The backward loop reads them
instead of computing them again, and a single product over all steps and samples after
it computes the gradient of the recurrent weights.

A sequence has the axes (steps, samples, features). A masked step keeps the states
unchanged, so the output of a step is always its first state.

On JAX, `fit` of an LSTM (case c of benchmarks/compare.py) takes 1.6 times as long with
`K.rnn` instead (`benchmarks/mechanisms.py recurrent_gradients`).
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from dataclasses import dataclass

from oneiros_backend_toolkit.recurrent_cells import (
    FusedCell,
    LoopOperations,
    Residuals,
    States,
)
from oneiros_backend_toolkit.tensors import Tensor


@dataclass(frozen=True)
class CellLoop:
    """Runs a cell over a sequence.

    # Arguments
        engine: the LoopOperations.
        cell: the FusedCell.
        backwards: bool, whether to start at the last step.
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
        pairs = zip(tensors, others, strict=True)
        return tuple(self.engine.choose(condition, x, y) for x, y in pairs)

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
        d_projection = (engine.outer(x, dx), engine.total(dx))
        return engine.multiply(dx, engine.transpose(W)), d_projection
