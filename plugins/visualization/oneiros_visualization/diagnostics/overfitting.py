"""Checks that a model can memorize one batch; if not, something is wrong with it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from oneiros.arguments import check_fraction, check_int
from oneiros.typing import Array

from oneiros_visualization.diagnostics.preserving import preserved
from oneiros_visualization.figures import panel_for


@dataclass(frozen=True)
class OverfitCheck:
    """The result of `overfit_batch`.

    # Properties
        passed: bool, whether the loss fell to `goal`.
        goal: float, the loss to reach.
        losses: array of float, the loss of each step.
    """

    passed: bool
    goal: float
    losses: Array

    def __str__(self) -> str:
        first = self.losses[0]
        lowest = np.nanmin(self.losses)
        verb = "fell" if self.passed else "did not fall"
        return (
            f"The loss {verb} from {first:.4g} to {self.goal:.4g} in "
            f"{len(self.losses)} steps; the lowest was {lowest:.4g}."
        )

    def plot(self, figure=None):
        """Draws the loss over the steps.

        # Arguments
            figure: a `matplotlib.figure.Figure` to draw into; a new one by default.

        # Returns
            The figure.

        # Raises
            PluginLoadError: if matplotlib isn't installed.
        """
        figure, panel = panel_for(figure, (6.4, 4.0))
        panel.plot(range(1, len(self.losses) + 1), self.losses, label="loss")
        text = f"goal: {self.goal:.2g}"
        panel.axhline(self.goal, color="C3", linestyle="--", label=text)
        scale = "log" if self.losses.min() > 0 and self.goal > 0 else "linear"
        panel.set(xlabel="step", ylabel="loss", yscale=scale)
        panel.grid(alpha=0.3)
        panel.legend()
        return figure


def overfit_batch(
    model, x, y, batch_size: int = 32, steps: int = 300, share: float = 0.05
) -> OverfitCheck:
    """Trains on one batch repeatedly, and checks whether the loss gets near zero.

    A model that can't memorize one batch has a bug: targets that don't match their
    inputs, a wrong loss or last activation, a learning rate that is too low, or layers
    that aren't trainable. Regularizers and dropout keep the loss up, too. Afterwards,
    the model and its optimizer are as they were before, even after Ctrl-C or an error.

    # Arguments
        model: a compiled model.
        x, y: array, list of arrays, or dict of arrays by name. The first rows form the
            batch; shuffle the data if it is sorted by class.
        batch_size: int, the number of rows in the batch.
        steps: int, the maximum number of training steps.
        share: float in [0, 1]; the loss must fall to this fraction of the first loss.

    # Returns
        An `OverfitCheck`. Training stops as soon as the loss is low enough.

    # Raises
        NotCompiledError: if the model isn't compiled.

    # Example
        ```python
        import numpy as np
        from oneiros.diagnostics import overfit_batch
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=4)])
        model.compile("rmsprop", "mse")
        x = np.random.normal(size=(320, 4))
        check = overfit_batch(model, x, x[:, :1], steps=2000)
        print(check.passed)  # True
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, section 11.5
    """
    steps = check_int("overfit_batch", "steps", steps)
    size = check_int("overfit_batch", "batch_size", batch_size)
    share = check_fraction("overfit_batch", "share", share)
    batch = _first_rows(x, size), _first_rows(y, size)
    losses: list[float] = []
    with preserved(model):
        while len(losses) < steps:
            values = model.train_on_batch(*batch)
            losses.append(float(np.ravel(values)[0]))
            goal = share * losses[0]
            if losses[-1] <= goal or not math.isfinite(losses[-1]):
                break
    return OverfitCheck(losses[-1] <= goal, goal, np.array(losses))


def _first_rows(data, count: int):
    """Returns the first rows of each array."""
    if isinstance(data, Mapping):
        return {name: _first_rows(array, count) for name, array in data.items()}
    if isinstance(data, (list, tuple)) and all(hasattr(item, "shape") for item in data):
        return [_first_rows(array, count) for array in data]
    return data[:count]
