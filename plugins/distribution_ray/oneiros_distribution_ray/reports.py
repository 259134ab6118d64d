"""What Ray learns of a training: metrics and checkpoints."""

from pathlib import Path

import ray.train
from oneiros import processes
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit
from ray.train import Checkpoint

MODEL = "model.h5"
"""The file in a checkpoint that `load_model` reads, with the state of training."""


class Reports(Callback):
    """Reports each epoch to Ray: its metrics, and the folder with the model file, which
    `Resume` has just saved there."""

    called_after_runs = True

    def __init__(self, folder: Path):
        self.folder = folder

    def prepare_fit(self, fit: Fit) -> None:
        """Comes after what `Resume` has added."""
        fit.callbacks.callbacks.remove(self)
        fit.callbacks.append(self)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Reports the epoch."""
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        checkpoint = None
        if processes.is_first():
            checkpoint = Checkpoint.from_directory(self.folder)
        ray.train.report({"epoch": epoch + 1, **metrics}, checkpoint=checkpoint)
