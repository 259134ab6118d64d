"""`Resume`: a training that goes on where it was when its process ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oneiros.arguments import (
    check_bool,
    check_int,
    check_number,
    check_optional_int,
    refusal,
)
from oneiros.bases import Callback
from oneiros.engine.loop import Fit
from oneiros.errors import ArgumentError
from oneiros_safe_files.budget import Budget
from oneiros_saving import installed_formats

from oneiros_resume.keeper import Keeper, ResumedStream, SavingPlan
from oneiros_resume.training import Training


class Resume(Callback):
    """Lets an interrupted training go on when its program is started again.

    The training then ends with the same bits as without the interruption: weights,
    optimizer, history. While it goes on, its state is kept in a file, which is a model
    file, too. If the file exists when training begins, training goes on from there.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import Resume
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse")
        x = np.random.random((64, 2))
        resume = Resume("run.h5", seconds=60)
        model.fit(x, x[:, :1], nb_epoch=5, verbose=0, callbacks=[resume])
        print(resume.path.exists())  # False
        ```

    # Arguments
        filepath: path of the file, HDF5.
        epochs: int, the epochs between two savings.
        batches: int, after how many batches of an epoch to save as well; None for not
            at all.
        seconds: float, after how many seconds since the last time to save as well; None
            for not at all.
        keep: bool, whether the file stays when training is over; then the same program,
            started again, gets the result without training. Otherwise it is removed.
        verbose: 0 for silence, 1 to say where training goes on.
        budget: `oneiros.saving.Budget`, what reading the file may cost.

    # Raises
        ArgumentError: if the file is of another training or of none, or of more epochs
            than are asked for.
        FileFormatError: if the file is damaged; nothing has changed then.
        CapabilityError: if the optimizer keeps its state to itself.
    """

    def __init__(
        self,
        filepath: Any,
        epochs: int = 1,
        batches: int | None = None,
        seconds: float | None = None,
        keep: bool = False,
        verbose: int = 0,
        budget: Budget | None = None,
    ) -> None:
        if seconds is not None and not check_number("Resume", "seconds", seconds) > 0:
            raise refusal("Resume", "seconds", seconds, "None, or a number above 0")
        self.path = Path(filepath)
        self.epochs = check_int("Resume", "epochs", epochs)
        self.batches = check_optional_int("Resume", "batches", batches, 1)
        self.seconds = seconds
        self.keep = check_bool("Resume", "keep", keep)
        self.verbose = check_bool("Resume", "verbose", verbose)
        self.budget = budget
        if installed_formats.for_suffix(self.path).name != "hdf5":
            expected = "a path of an HDF5 file, such as 'run.h5'"
            raise refusal("Resume", "filepath", filepath, expected)

    def get_state(self) -> None:
        """Has none."""

    def prepare_fit(self, fit: Fit) -> None:
        """Has the fit begin where the file says, and its state kept from then on."""
        other_callbacks = [
            callback for callback in fit.callbacks.callbacks if callback is not self
        ]
        if any(isinstance(callback, Resume) for callback in other_callbacks):
            raise ArgumentError(
                "callbacks holds two Resume objects; a fit takes one. Remove the other."
            )
        streams = {"train": fit.train, "validation": fit.validation}
        training = Training(fit.model, streams, other_callbacks, fit.train.size)
        plan = SavingPlan(
            path=self.path,
            epochs=self.epochs,
            batches=self.batches,
            seconds=self.seconds,
            keep=self.keep,
            verbose=self.verbose,
            budget=self.budget,
        )
        keeper = Keeper(plan, training, fit.epochs, self.params)
        fit.epochs = keeper.epochs
        fit.train = ResumedStream(fit.train, keeper)
        fit.callbacks.append(keeper)
