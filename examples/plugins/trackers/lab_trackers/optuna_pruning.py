"""`OptunaPruning`: ends the training of a trial that promises nothing."""

from typing import Any

from oneiros.bases import Callback, Logs


class OptunaPruning(Callback):
    """Tells a trial of Optuna the value of each epoch, and ends it if the study's
    pruner says so.

    # Arguments
        trial: `optuna.Trial`, what the objective received; None outside of a study,
            where nothing is reported.
        monitor: str, the name of the value in the logs.

    # Raises
        optuna.TrialPruned: at the end of an epoch, if the trial is to be pruned; the
            study expects it.
        KeyError: if the logs have no such value.
    """

    called_after_runs = True

    def __init__(self, trial: Any = None, monitor: str = "val_loss") -> None:
        self.trial = trial
        self.monitor = monitor

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Reports the value, and asks."""
        if self.trial is None:
            return
        value = float((logs or {})[self.monitor])
        self.trial.report(value, step=epoch)
        if self.trial.should_prune():
            from optuna import TrialPruned

            raise TrialPruned(f"{self.monitor} is {value:.4g}")
