"""`Resume`: a training that goes on where it was when its process ended."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int, refusal
from oneiros.bases import Callback
from oneiros.engine.callbacks import CallbackList
from oneiros.errors import ArgumentError, CapabilityError, FileFormatError, OneirosError
from oneiros_safe_files.budget import Budget

from oneiros_saving import installed_formats, loading, saving
from oneiros_saving.file_origin import origin_of
from oneiros_saving.matching import matched_pairs
from oneiros_saving.plain_data import decoded, encoded
from oneiros_saving.run_check import are_values, check_epochs, check_run, damaged, shown
from oneiros_saving.training import Training
from oneiros_saving.variables import assign, form, matched, values_of

Logs = dict[str, Any] | None
SAME = ("batch_size", "nb_sample")
"""What callbacks are told that must not change between the parts of a training."""


class Resume(Callback):
    """Lets a training that was cut short go on when its program is started again.

    The training then ends with the same bits as without the interruption: weights,
    optimizer, history. While it goes on, its state is kept in a file, which is a model
    file, too. If the file exists when training begins, training goes on from there.

    # Example
        from oneiros.callbacks import Resume

        model.fit(x, y, nb_epoch=50, callbacks=[Resume("run.h5", seconds=60)])

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
        for name, value in (("batches", batches), ("seconds", seconds)):
            if value is not None and not value > 0:
                raise refusal("Resume", name, value, "None, or a number above 0")
        self.path = Path(filepath)
        self.epochs = check_int("Resume", "epochs", epochs)
        self.batches = batches
        self.seconds = seconds
        self.keep, self.verbose, self.budget = keep, verbose, budget
        if installed_formats.for_suffix(self.path).name != "hdf5":
            expected = "a path of an HDF5 file, such as 'run.h5'"
            raise refusal("Resume", "filepath", filepath, expected)

    def get_state(self) -> None:
        """Has none."""

    def around(self, loop: Callable[..., None]) -> Callable[..., None]:
        """Returns the loop of a fit, which begins where the file says."""
        return functools.partial(self._run, loop)

    def _run(
        self,
        loop: Any,
        model: Any,
        train: Any,
        held_out: Any,
        labels: Any,
        callbacks: Any,
        epochs: range,
        shuffle: Any,
    ) -> None:
        others = [
            callback
            for callback in callbacks.callbacks
            if not isinstance(callback, Resume)
        ]
        if len(others) < len(callbacks.callbacks) - 1:
            raise ArgumentError(
                "callbacks holds two Resume objects; a fit takes one. Remove the other."
            )
        training = Training(
            model, {"held_out": held_out, "train": train}, others, train.size
        )
        keeper = Keeper(self, training, epochs)
        listed = callbacks.callbacks if type(callbacks) is CallbackList else [callbacks]
        with _entering(train, keeper.enter):
            loop(
                model,
                train,
                held_out,
                labels,
                CallbackList([*listed, keeper]),
                keeper.epochs,
                shuffle,
            )
        if not self.keep:
            self.path.unlink(missing_ok=True)


class Keeper(Callback):
    """Keeps the state of a training in a file, and restores it; it is told of
    everything after all others.

    # Arguments
        plan: the `Resume`.
        training: the `Training`.
        epochs: range of the epochs of the whole training.

    # Properties
        epochs: range of the epochs that remain.
    """

    told_afterwards = True

    def __init__(self, plan: Resume, training: Training, epochs: range) -> None:
        self.plan, self.training, self.epochs = plan, training, epochs
        self.model, self.fit = (
            training.model,
            {key: plan.params.get(key) for key in SAME},
        )
        self.parameters = training.parameters()
        self._check_optimizer()
        self._found = self._read() if plan.path.exists() else None
        if self._found:
            check_epochs(self._found, epochs, plan.path)
            over = self._found["batch"] is None and self._found["stop_training"]
            self.epochs = range(
                self._found["epoch"], self._found["epoch"] if over else epochs.stop
            )

    def _check_optimizer(self) -> None:
        try:
            self.model.optimizer.get_config()
        except NotImplementedError:
            name = type(self.model.optimizer).__name__
            raise CapabilityError(
                f"{name} keeps its state to itself, so that a training with it can't be resumed. Take an "
                f"optimizer of oneiros.optimizers, or leave Resume out."
            ) from None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Restores what the file holds; without one, makes the first."""
        self.training.begin()
        self._begin_epoch(self.epochs.start)
        self._saved_at = time.monotonic()
        if self._found is None:
            self._save(self.epochs.start, None)
            return
        between = self._found["batch"] is None
        self._restore(self._found, between)
        if self.plan.verbose:
            place = "" if between else f", batch {self._found['batch'] + 1}"
            print(
                f"Resume: {self.plan.path} goes on with epoch {self._found['epoch'] + 1}{place}"
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Notes the epoch."""
        self._begin_epoch(epoch)

    def _begin_epoch(self, epoch: int) -> None:
        self.epoch, self._saved_batch = epoch, 0

    def enter(self, order: Any) -> int:
        """Receives an epoch's order, restores the kept one, and returns how many
        batches are done."""
        found, self._found = self._found, None
        self.training.order = order
        if found is None:
            return 0
        kept = np.arange(len(order)) if found["order"] is None else found["order"]
        if found["batch"] is None:
            order[...] = kept[
                order
            ]  # the loop shuffled a fresh order instead of the kept one
            return 0
        order[...] = kept
        self._restore(found, True)
        self._saved_batch = found["batch"]
        return int(found["batch"])

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Saves if it is time."""
        self._done(batch + 1)

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Saves if it is time."""
        self._done(logs["batch"][-1] + 1)

    def _done(self, batches: int) -> None:
        plan, passed = self.plan, time.monotonic() - self._saved_at
        many = plan.batches is not None and batches - self._saved_batch >= plan.batches
        if many or (plan.seconds is not None and passed >= plan.seconds):
            self._save(self.epoch, batches)
            self._saved_batch = batches

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Saves if it is time, or if it was the last epoch and the file is to stay."""
        last = epoch + 1 == self.epochs.stop or self.model.stop_training
        if (epoch + 1) % self.plan.epochs == 0 or (last and self.plan.keep):
            self._save(epoch + 1, None)

    def _save(self, epoch: int, batch: int | None) -> None:
        optimizer = self.model.optimizer
        run = {
            "epoch": epoch,
            "batch": batch,
            "fit": self.fit,
            "parameters": self.parameters,
        }
        run.update(self.training.state())
        state = saving.state_of(self.model)
        state.training_state = encoded(
            {"optimizer": values_of(optimizer, optimizer.weights), "run": run}
        )
        saving.write(self.model, self.plan.path, state, True)
        self._saved_at = time.monotonic()

    def _read(self) -> dict[str, Any]:
        """Reads the file and checks it; sets nothing yet."""
        path = self.plan.path
        with self._explained(), loading.opened(path, self.plan.budget) as self._state:
            found = (
                decoded(*self._state.training_state)
                if self._state.training_state
                else {}
            )
        if not isinstance(found, dict):
            raise damaged(path, f"is damaged: it is {shown(found)}")
        self._optimizer, run = found.get("optimizer", {}), found.get("run")
        if run is None:
            raise ArgumentError(
                f"{path} holds no training to go on with. Resume keeps a file of its own: pass another path, "
                f"or remove this file."
            )
        check_run(run, self.training, self.fit, path)
        if (
            sorted(run["parameters"]) == sorted(self.parameters)
            and run["parameters"] != self.parameters
        ):
            raise ArgumentError(
                f"{path} has the optimizer's state in another order, that of the weights' names: 'dense_10' "
                f"comes before 'dense_9'. Name the layers, or go on in a new process."
            )
        with self._explained():
            self._check_values(run)
        return dict[str, Any](run)

    def _check_values(self, run: dict[str, Any]) -> None:
        """Checks that all values fit, and keeps the pairs of weights and values."""
        optimizer, path = self.model.optimizer, self.plan.path
        if not are_values(self._optimizer):
            raise damaged(
                path,
                f"has optimizer={shown(self._optimizer)}, not the values of its variables",
            )
        self._slots = [value for _, value in self._state.optimizer_weights or ()]
        own, found = [
            [form(value) for value in x] for x in (optimizer.get_weights(), self._slots)
        ]
        if own != found:
            raise FileFormatError(
                f"{path} holds {len(found)} arrays of an optimizer's state ({', '.join(found):.200}); that "
                f"of {type(optimizer).__name__} is {len(own)} ({', '.join(own):.200}). It is damaged, or of "
                f"a training with another optimizer."
            )
        self._pairs = matched_pairs(
            self.model, self._state.weights, path, False, origin_of(self._state)
        )
        matched(optimizer, self._optimizer, optimizer.weights)
        self.training.check_variables(run)

    def _restore(self, run: dict[str, Any], streams: bool) -> None:
        optimizer = self.model.optimizer
        with self._explained():
            K.batch_set_value(self._pairs)
            optimizer.set_weights(self._slots)
            assign(optimizer, self._optimizer, optimizer.weights)
            self.training.restore(run, streams)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Context manager under which errors say what they have to do with the file,
        and the way out."""
        try:
            yield
        except OneirosError as error:
            path = self.plan.path
            error.add_note(
                f"Resume goes on with the training in {path}. To start anew, remove that file."
            )
            raise


@contextmanager
def _entering(stream: Any, enter: Callable[[Any], int]) -> Iterator[None]:
    """Lets `enter` see each epoch's order first, and say how many batches to pass
    over."""
    runs = stream.runs
    stream.runs = lambda order, ticks=(), start=0: runs(order, ticks, enter(order))
    try:
        yield
    finally:
        del stream.runs
