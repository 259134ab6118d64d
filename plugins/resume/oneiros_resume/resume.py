"""`Resume`: continues training where its process ended.

Along the way, a `Keeper` saves the state of training in a file; another process
restores it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import processes
from oneiros.arguments import (
    check_bool,
    check_int,
    check_number,
    check_optional_int,
    refusal,
)
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit, Run, Stream, StreamWrapper
from oneiros.errors import (
    ArgumentError,
    CapabilityError,
    DistributionError,
    FileFormatError,
    OneirosError,
)
from oneiros_old_files.file_origin import origin_of
from oneiros_safe_files.model_state import ModelState
from oneiros_saving import loading, model_files, saving
from oneiros_saving.plain_data_encoding import decoded, encoded
from oneiros_saving.restoring import matched_pairs
from oneiros_training.parts import assign, check_forms, matched, values_of

from oneiros_resume.training import Training

VERSION = 1
"""Version of the training state in files."""
DAMAGE = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
"""The errors that an invalid state raises in Python and NumPy."""
DATA_SIZES = ("batch_size", "nb_sample")
"""The shape of the data, in which the file counts batches and rows: with another one
samples would be left out, or trained twice, without a word."""


class Resume(Callback):
    """Continues interrupted training when you start the program again.

    Training ends with the same bits as without the interruption. During training, its
    state is saved in a file, which is also a model file; if that exists when training
    begins, training continues from there. docs/guides/resume.md tells more.

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
        batches: int, also save after so many batches within an epoch.
        seconds: float, also save so long after the last save.
        keep: bool, whether the file stays when training ends: the same program, started
            again, then gets the result without training.
        verbose: 0 for silence, 1 to print where training continues.

    # Raises
        ArgumentError: if the file belongs to other training or to none, or has had more
            epochs than `nb_epoch`.
        FileFormatError: if the file is damaged; nothing has changed then.
        CapabilityError: if the optimizer doesn't expose its state.
    """

    def __init__(
        self,
        filepath: str | PathLike[str],
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


class ResumedStream(StreamWrapper):
    """The stream of a fit; its first epoch begins where the saved training stopped."""

    def __init__(self, inner: Stream, keeper: Keeper):
        super().__init__(inner)
        self.keeper = keeper

    def runs(self, order, start: int = 0) -> Iterator[Run]:
        """Returns the runs after the finished batches."""
        return self.inner.runs(order, self.keeper.enter(order))


class Keeper(Callback):
    """Saves the state of training in a file, and restores it; called after all other
    callbacks.

    # Arguments
        plan: the `Resume` that says when to save, and where.
        training: the `Training`.
        epochs: range of all epochs.
        params: dict, the parameters of callbacks.

    # Properties
        epochs: range of the remaining epochs.
    """

    called_after_runs = True

    def __init__(
        self, plan: Resume, training: Training, epochs: range, params: dict[str, Any]
    ):
        self.plan = plan
        self.training = training
        self.model = training.model
        self.data_sizes = {key: params.get(key) for key in DATA_SIZES}
        self.parameters = training.parameters()
        try:
            self.model.optimizer.get_config()
        except (AttributeError, NotImplementedError) as error:
            name = type(self.model.optimizer).__name__
            raise CapabilityError(
                f"{name} doesn't expose its state, so training with it can't be "
                "resumed. Use an optimizer of oneiros.optimizers, or remove Resume."
            ) from error
        with self._explained():
            self._saved_run = self._read() if self._exists() else None
            self.epochs = self._remaining(epochs)

    def _exists(self) -> bool:
        """Returns whether there is a file, for all processes that train together."""
        exists = self.plan.path.exists()
        if processes.decide("Resume: does its file exist?", exists) == exists:
            return exists
        words = ("isn't", "is") if exists else ("is", "isn't")
        raise DistributionError(
            f"{self.plan.path} {words[0]} there for the first process, but {words[1]} "
            f"for process {processes.current().rank}. Resume needs a folder that all "
            "hosts share."
        )

    def _remaining(self, epochs: range) -> range:
        """Returns the epochs that the saved training still has to go through."""
        run = self._saved_run
        if run is None:
            return epochs
        next_epoch = run["epoch"]
        is_in_epoch = run["batch"] is not None
        if not epochs.start <= next_epoch <= epochs.stop - is_in_epoch:
            # Training can't be undone, and no epoch left out.
            path = self.plan.path
            part = " and part of another" if is_in_epoch else ""
            remedy = f"pass nb_epoch={next_epoch + is_in_epoch} or more"
            if next_epoch < epochs.start:
                remedy += f" and initial_epoch={next_epoch} or less"
            raise ArgumentError(
                f"The training in {path} has had {next_epoch} epochs{part}; this fit "
                f"has initial_epoch={epochs.start} and nb_epoch={epochs.stop}. To "
                f"continue it, {remedy}. load_model({str(path)!r}) returns the model "
                "as it is."
            )
        was_stopped = run["stop_training"] and not is_in_epoch
        return range(next_epoch, next_epoch if was_stopped else epochs.stop)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Restores the state in the file; without a file, writes the first one."""
        self.training.begin()
        self.on_epoch_begin(self.epochs.start)
        self._saved_at = time.monotonic()
        if self._saved_run is None:
            self._save(self.epochs.start, None)
            return
        between_epochs = self._saved_run["batch"] is None
        with self._explained():
            place = f"epoch {self._saved_run['epoch'] + 1}"
            if not between_epochs:
                place += f", batch {self._saved_run['batch'] + 1}"
            self._restore(self._saved_run, streams=between_epochs)
        if self.plan.verbose:
            print(f"Resume: {self.plan.path} goes on with {place}")

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Stores the epoch."""
        self.epoch = epoch
        self._saved_batch = 0

    def enter(self, order) -> int:
        """Receives an epoch's order, restores the saved one, and returns the number of
        finished batches."""
        run = self._saved_run
        self._saved_run = None
        self.training.order = order
        if run is None:
            return 0
        with self._explained():
            saved_order = run["order"]
            if run["batch"] is None:
                # The loop shuffled a fresh order; it was to shuffle the saved one.
                if saved_order is not None:
                    order[...] = saved_order[order]
                return 0
            order[...] = np.arange(len(order)) if saved_order is None else saved_order
            self._restore(run, streams=True)
            self._saved_batch = int(run["batch"])
        return self._saved_batch

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Saves if it is due."""
        self._save_if_due(batch + 1)

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Saves if it is due."""
        self._save_if_due(logs["batch"][-1] + 1)

    def _save_if_due(self, batches_done: int) -> None:
        unsaved_batches = batches_done - self._saved_batch
        unsaved_seconds = time.monotonic() - self._saved_at
        plan = self.plan
        is_far = plan.batches is not None and unsaved_batches >= plan.batches
        is_late = plan.seconds is not None and processes.decide(
            "Resume: is it time to save?", unsaved_seconds >= plan.seconds
        )
        if is_far or is_late:
            self._save(self.epoch, batches_done)
            self._saved_batch = batches_done

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Saves if it is due, or if it was the last epoch and the file should stay."""
        is_last = epoch + 1 == self.epochs.stop or self.model.stop_training
        if (epoch + 1) % self.plan.epochs == 0 or (is_last and self.plan.keep):
            self._save(epoch + 1, None)

    def on_train_end(self, logs: Logs = None) -> None:
        """Removes the file, unless it should stay."""
        if not self.plan.keep:
            self.plan.path.unlink(missing_ok=True)

    def _save(self, epoch: int, batch: int | None) -> None:
        optimizer = self.model.optimizer
        run = {
            "version": VERSION,
            "epoch": epoch,
            "batch": batch,
            "fit": self.data_sizes,
            "parameters": self.parameters,
            **self.training.state(),
        }
        with saving.enough_memory(self.plan.path):
            state = saving.state_of(self.model)
            variables = values_of(optimizer, optimizer.weights)
            state.training_state = encoded({"optimizer": variables, "run": run})
            saving.check_and_write(self.model, self.plan.path, state)
        self._saved_at = time.monotonic()

    def _read(self) -> dict[str, Any]:
        """Reads the file and checks it; sets nothing yet."""
        with self._explained(), loading.opened(self.plan.path) as state:
            training_state: Any = {}
            if state.training_state:
                training_state = decoded(*state.training_state)
            run: Any = training_state.get("run")
            self._check_run(run)
            self._check_shapes(state, training_state["optimizer"])
            self.training.check_variables(run)
            return dict[str, Any](run)

    def _check_run(self, run: dict[str, Any] | None) -> None:
        """Checks that the file's training is this one."""
        path = self.plan.path
        if run is None:
            raise ArgumentError(
                f"{path} holds no training state. Resume needs a file of its own: pass "
                "another path."
            )
        if run.get("version") != VERSION:
            raise FileFormatError(
                f"The training state in {path} has the version {run.get('version')}; "
                f"this version of Oneiros reads {VERSION}. load_model({str(path)!r}) "
                "returns the model."
            )
        if run["fit"] != self.data_sizes:
            raise ArgumentError(
                f"{path} belongs to training with {run['fit']}; this has "
                f"{self.data_sizes}. Pass the same data to continue."
            )
        parameters = run["parameters"]
        is_reordered = sorted(parameters) == sorted(self.parameters)
        if is_reordered and parameters != self.parameters:
            raise ArgumentError(
                f"{path} has the optimizer's state in another order, that of the "
                "weights' names: 'dense_10' comes before 'dense_9'. Name the layers, "
                "or continue in a new process."
            )

    def _check_shapes(self, state: ModelState, variables) -> None:
        """Checks that all values fit, and keeps them for `_restore`."""
        optimizer = self.model.optimizer
        self._slots = [value for _, value in state.optimizer_weights or ()]
        self._optimizer_variables = variables
        name = f"{type(optimizer).__name__}.weights"
        check_forms(name, optimizer.get_weights(), self._slots)
        matched(optimizer, variables, optimizer.weights)
        self._weights = matched_pairs(
            self.model, state.weights, self.plan.path, False, origin_of(state)
        )

    def _restore(self, run: dict[str, Any], streams: bool) -> None:
        K.batch_set_value(self._weights)
        optimizer = self.model.optimizer
        optimizer.set_weights(self._slots)
        assign(optimizer, self._optimizer_variables, optimizer.weights)
        self.training.restore(run, streams)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Context manager that adds the file, and the way out, to errors."""
        path = self.plan.path
        note = f"Resume goes on with {path}. To start again, remove that file."
        try:
            yield
        except OneirosError as error:
            error.add_note(note)
            raise
        except DAMAGE as error:
            raise FileFormatError(
                f"The training state in {path} is damaged ({error!r:.200}). {note}"
            ) from error
