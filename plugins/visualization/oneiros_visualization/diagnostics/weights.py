"""Statistics of weights, gradients and update steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.backend.dispatch import backend_of
from oneiros.engine.node import unique
from oneiros.typing import Array
from oneiros_training.arrays.user_data import all_arrays, check_compiled

from oneiros_visualization.diagnostics.preserving import preserved
from oneiros_visualization.diagnostics.printed_table import print_table

TRAINING = 1
"""The learning phase for computing gradients."""


@dataclass(frozen=True)
class Numbers:
    """Statistics of an array.

    # Properties
        norm: float, the L2 norm.
        zeros: float in [0, 1], the fraction of values that are exactly zero.
        not_finite: float in [0, 1], the fraction of values that are NaN or infinite.
    """

    norm: float
    zeros: float
    not_finite: float

    @classmethod
    def of(cls, values: Array):
        """Returns the statistics of an array."""
        return cls(
            norm=float(np.linalg.norm(values)),
            zeros=float(np.mean(values == 0)),
            not_finite=float(np.mean(~np.isfinite(values))),
        )


@dataclass(frozen=True)
class WeightStatistics:
    """Statistics of a weight and its gradient for one batch.

    # Properties
        layer: str, the name of the weight's layer.
        weight: str, the weight's name.
        shape: tuple of int.
        value: `Numbers`, the statistics of the weight.
        gradient: `Numbers`, the statistics of its gradient.
        update_ratio: float, the norm of the optimizer's step divided by the norm of the
            weight; infinite for a weight of zeros.
    """

    layer: str
    weight: str
    shape: tuple[int, ...]
    value: Numbers
    gradient: Numbers
    update_ratio: float

    @property
    def problem(self) -> str | None:
        """The problem in words; None if there doesn't seem to be one."""
        if self.value.not_finite:
            return "the weight has NaN or infinite values"
        if self.gradient.not_finite:
            return "the gradient has NaN or infinite values"
        if self.gradient.zeros == 1:
            return "the gradient is zero: nothing is learned"
        return None


class Statistics(list[WeightStatistics]):
    """A printable list of `WeightStatistics`, one per weight."""

    def print(self, file=None) -> None:
        """Prints a table.

        # Arguments
            file: stream to write to, by default the standard output.
        """
        heading = ("weight", "shape", "norm", "zeros", "gradient", "zeros", "step", "")
        print_table(heading, [_cells(row) for row in self], file)


def weight_statistics(model, x, y, sample_weight=None) -> Statistics:
    """Returns statistics of a model's trainable weights and their gradients.

    It measures the steps in one call of the training function; a healthy step changes a
    weight by about a thousandth. Afterwards, the model and its optimizer are as they
    were before.

    # Arguments
        model: a compiled model.
        x, y, sample_weight: one batch, as for `train_on_batch`.

    # Returns
        A list of `WeightStatistics`, in the order of the model's layers; call its
        `print` for a table.

    # Raises
        NotCompiledError: if the model isn't compiled.

    # Example
        ```python
        import numpy as np
        from oneiros.diagnostics import weight_statistics
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(8, input_dim=4, activation="relu"), Dense(1)])
        model.compile("sgd", "mse")
        x = np.random.normal(size=(32, 4))
        statistics = weight_statistics(model, x, x[:, :1])
        print([row.problem for row in statistics])  # [None, None, None, None]
        ```

    # References
        - Karpathy: CS231n, Neural Networks Part 3, "Ratio of weights:updates"
    """
    check_compiled(model)
    weights = model.trainable_weights
    with K.use(backend_of(model)):
        gradients = _gradients(model, weights, (x, y, sample_weight))
    before = K.batch_get_value(weights)
    with preserved(model):
        model.train_on_batch(x, y, sample_weight=sample_weight)
        after = K.batch_get_value(weights)
    owners = dict(_owners(model))
    rows = zip(weights, before, gradients, after, strict=True)
    return Statistics(
        WeightStatistics(
            layer=owners.get(id(weight), ""),
            weight=str(weight.name),
            shape=value.shape,
            value=Numbers.of(value),
            gradient=Numbers.of(gradient),
            update_ratio=_ratio(new_value - value, value),
        )
        for weight, value, gradient, new_value in rows
    )


def _gradients(model, weights: list[Any], batch: tuple[Any, ...]) -> list[Array]:
    """Returns the gradients of the loss on one batch."""
    arrays = all_arrays(model, *batch)
    gradients = K.gradients(model.total_loss, weights)
    targets = [*model.targets, *model.sample_weights]
    function = model._function(targets, gradients, [])
    if function.phase_index is not None:
        arrays = [*arrays, TRAINING]
    return list(function(arrays))


def _owners(model) -> Iterator[tuple[int, str]]:
    """Yields each weight's id with the name of its layer."""
    for layer in unique(model.layers):
        for weight in layer.weights:
            yield id(weight), layer.name


def _ratio(step: Array, value: Array) -> float:
    size = float(np.linalg.norm(value))
    return float(np.linalg.norm(step)) / size if size else float("inf")


def _cells(row: WeightStatistics) -> list[str]:
    """Returns a row of the table."""
    return [
        row.weight,
        " x ".join(map(str, row.shape)),
        f"{row.value.norm:.3g}",
        f"{row.value.zeros:.0%}",
        f"{row.gradient.norm:.3g}",
        f"{row.gradient.zeros:.0%}",
        f"{row.update_ratio:.1e}",
        row.problem or "",
    ]
