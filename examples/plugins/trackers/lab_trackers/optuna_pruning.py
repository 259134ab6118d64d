"""`OptunaPruning`: ends the training of a trial that promises nothing."""

from oneiros.bases import Callback


class OptunaPruning(Callback):
    """Tells a trial of Optuna the value of each epoch, and ends it if the study's
    pruner says so.

    # Arguments
        trial: `optuna.Trial`, what the objective received.
        monitor: str, the name of the value in the logs.

    # Raises
        optuna.TrialPruned: at the end of an epoch, if the trial is to be pruned; the
            study expects it.
        KeyError: if the logs have no such value.
    """

    called_after_runs = True

    def __init__(self, trial, monitor="val_loss"):
        self.trial = trial
        self.monitor = monitor

    def on_epoch_end(self, epoch, logs=None):
        """Reports the value, and asks."""
        self.trial.report(float(logs[self.monitor]), step=epoch)
        if self.trial.should_prune():
            from optuna import TrialPruned

            raise TrialPruned(f"{self.monitor} is {logs[self.monitor]:.4g}")
