"""The callback that warns of a loss that becomes NaN."""

from __future__ import annotations

import math
import sys
import warnings
from typing import Any

from oneiros.bases import Callback

Logs = dict[str, Any] | None
REASONS = (
    "Usual reasons: too high a learning rate, NaN in the data, targets outside the "
    "loss's domain, an Embedding index outside [0, input_dim)."
)


class NaNWarning(Callback):
    """Warns once per fit if a loss is NaN: in which epoch, batch and output.

    Every fit has one of these, through the hook `oneiros_default_callbacks`.
    """

    told_afterwards = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Has warned of nothing yet."""
        self.warned, self.total = False, self.params["metrics"][0]

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Notes the epoch."""
        self.epoch = epoch

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Looks at a batch."""
        self.on_run_end(
            {
                "batch": [batch],
                **{name: [value] for name, value in (logs or {}).items()},
            }
        )

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Looks at some batches."""
        losses = logs.get(self.total)
        if losses and not self.warned and math.isnan(sum(losses)):
            at = next((i for i, loss in enumerate(losses) if loss != loss), None)
            if at is not None:
                self._warn(
                    logs["batch"][at],
                    {name: values[at] for name, values in logs.items()},
                )

    def _warn(self, batch: int, values: dict[str, Any]) -> None:
        self.warned, names = True, self.model.output_names
        losses = (
            self.params["metrics"][1 : len(names) + 1]
            if len(names) > 1
            else [self.total]
        )
        found = [
            repr(name)
            for name, loss in zip(names, losses, strict=False)
            if _is_nan(values.get(loss))
        ]
        source = " and ".join(found) or "none (a regularizer)"
        place = f"epoch {self.epoch + 1}, batch {batch + 1}, output {source}"
        warnings.warn(
            f"The loss became NaN in {place}. {REASONS}", RuntimeWarning, _level()
        )


def _is_nan(value: Any) -> bool:
    return bool(value != value)


def _level() -> int:
    """Returns the `stacklevel`, from the caller, of the first line that isn't ours."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(
        "oneiros"
    ):
        frame, level = frame.f_back, level + 1
    return level
