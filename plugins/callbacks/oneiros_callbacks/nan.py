"""The callback that warns when the loss becomes NaN."""

import math
from typing import Any

from oneiros.bases import Callback, Logs

from oneiros_callbacks.messages import as_run, warn

REASONS = (
    "Usual causes: a learning rate that is too high, NaN in the data, targets outside "
    "the loss's domain, a batch whose sample weights are all 0, an Embedding index "
    "outside [0, input_dim)."
)


class NaNWarning(Callback):
    """Warns once per fit if a loss is NaN; the warning names the epoch, batch and
    output.

    Every fit has one of these, through the hook `oneiros_default_callbacks`.
    """

    called_after_runs = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resets the warning."""
        self.warned = False
        self.total = self.params["metrics"][0]

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Stores the epoch."""
        self.epoch = epoch

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Checks a batch."""
        self.on_run_end(as_run(batch, logs))

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Checks a run of batches."""
        losses = logs.get(self.total, ())
        if self.warned or not math.isnan(sum(losses)):
            return
        for i, loss in enumerate(losses):
            if _is_nan(loss):
                batch = logs["batch"][i]
                self._warn(batch, {name: values[i] for name, values in logs.items()})
                return

    def _warn(self, batch: int, values: dict[str, Any]) -> None:
        self.warned = True
        outputs = self.model.output_names
        losses = [self.total]
        if len(outputs) > 1:
            losses = self.params["metrics"][1 : len(outputs) + 1]
        sources = [
            repr(output)
            for output, loss in zip(outputs, losses)
            if _is_nan(values.get(loss))
        ]
        source = " and ".join(sources) or "none (a regularizer)"
        warn(
            f"The loss became NaN in epoch {self.epoch + 1}, batch {batch + 1}, output "
            f"{source}. {REASONS}"
        )


def _is_nan(value) -> bool:
    return bool(value != value)
