"""`Resume`: continues training where its process ended."""

from oneiros.arguments import (
    check_bool,
    check_int,
    check_number,
    check_optional_int,
    refusal,
)
from oneiros.bases import Callback
from oneiros.engine.streams import Fit
from oneiros.errors import ArgumentError
from oneiros_saving import model_files

from oneiros_resume.keeper import Keeper, ResumedStream
from oneiros_resume.training import Training


class Resume(Callback):
    """Continues interrupted training when you start the program again.

    Training ends with the same bits as without the interruption: weights, optimizer,
    history. During training, its state is saved in a file, which is also a model file.
    If the file exists when training begins, training continues from there.

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
        epochs: int, the number of epochs between saves.
        batches: int, also save after this number of batches within an epoch; None for
            never.
        seconds: float, also save this number of seconds after the last save; None for
            never.
        keep: bool, whether the file stays when training ends. If it does, the same
            program, started again, gets the result without training.
        verbose: 0 for silence, 1 to print where training continues.

    # Raises
        ArgumentError: if the file belongs to other training or to none, or has had more
            epochs than `nb_epoch`.
        FileFormatError: if the file is damaged; nothing has changed then.
        CapabilityError: if the optimizer doesn't expose its state.
    """

    def __init__(
        self,
        filepath,
        epochs: int = 1,
        batches: int | None = None,
        seconds: float | None = None,
        keep: bool = False,
        verbose: int = 0,
    ):
        if seconds is not None and not check_number("Resume", "seconds", seconds) > 0:
            raise refusal("Resume", "seconds", seconds, "None, or a number above 0")
        self.path = model_files.path_of(filepath)
        self.epochs = check_int("Resume", "epochs", epochs)
        self.batches = check_optional_int("Resume", "batches", batches, 1)
        self.seconds = seconds
        self.keep = check_bool("Resume", "keep", keep)
        self.verbose = check_bool("Resume", "verbose", verbose)
        if model_files.for_suffix(self.path.suffix).name != "hdf5":
            expected = "a path of an HDF5 file, such as 'run.h5'"
            raise refusal("Resume", "filepath", filepath, expected)

    def get_state(self) -> None:
        """Has no state."""

    def prepare_fit(self, fit: Fit) -> None:
        """Makes the fit begin where the file says, and saves its state from then on."""
        other_callbacks = [
            callback for callback in fit.callbacks.callbacks if callback is not self
        ]
        if any(isinstance(callback, Resume) for callback in other_callbacks):
            raise ArgumentError(
                "callbacks has two Resume objects; a fit can have one. Remove the "
                "other."
            )
        streams = {"train": fit.train, "validation": fit.validation}
        training = Training(fit.model, streams, other_callbacks, fit.train.size)
        keeper = Keeper(self, training, fit.epochs, self.params)
        fit.epochs = keeper.epochs
        fit.train = ResumedStream(fit.train, keeper)
        fit.callbacks.append(keeper)
