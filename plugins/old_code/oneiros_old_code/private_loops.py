"""Private methods of Keras 1's models that packages call: loops over the packages' own
functions."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from oneiros.bases import Callback
from oneiros.engine import loops
from oneiros.engine.streams import Run
from oneiros.typing import Array
from oneiros_training.arrays.array_stream import make_batches
from oneiros_training.arrays.standardize import slice_X
from oneiros_training.arrays.user_data import all_arrays
from oneiros_training.model import fit_options, results, train
from oneiros_training.steps import ModelStream, Step


class FunctionStream(ModelStream):
    """Batches of a function's inputs.

    # Arguments
        model: the model that trains or predicts.
        use: `"train"`, `"test"` or `"predict"`.
        function: of a list of arrays.
        arrays: list of arrays of samples, and of numbers such as the learning phase,
            which every batch receives.
        batch_size: int.
    """

    def __init__(self, model, use: str, function, arrays: list[Any], batch_size: int):
        super().__init__(model, use)
        self.function = function
        self.arrays = arrays
        self.batch_size = batch_size
        self.size = next(value.shape[0] for value in arrays if np.ndim(value))

    def open(self, singly: bool = False) -> None:
        """Prepares for the first epoch."""
        self.step = Step(self.function, None)

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Yields batches."""
        places = make_batches(len(order), self.batch_size)
        for number, (begin, stop) in enumerate(places):
            if number >= start:
                yield Run(number, 1, stop - begin, stop, order[begin:stop])

    def compute(self, run: Run) -> list[Array]:
        """Calls the function on a batch."""
        arrays = [
            slice_X(value, run.data) if np.ndim(value) else value
            for value in self.arrays
        ]
        return self.compute_batch(run, arrays)


class LogLabels(Callback):
    """Names the results of a training function."""

    called_after_runs = True

    def __init__(self, labels: list[str]):
        self.labels = labels

    def set_params(self, params: dict[str, Any]) -> None:
        """Passes the names to the other callbacks."""
        validated = [f"val_{label}" for label in self.labels]
        is_validated = params["do_validation"]
        params["metrics"] = self.labels + (validated if is_validated else [])

    def prepare_fit(self, fit) -> None:
        """Changes the names in the logs."""
        fit.labels = self.labels


def fit_loop(
    model,
    f,
    ins: list[Any],
    out_labels=(),
    batch_size: int = 32,
    nb_epoch: int = 100,
    verbose: int = 1,
    callbacks=(),
    val_f=None,
    val_ins=None,
    shuffle: bool | str = True,
    callback_metrics=(),
    initial_epoch: int = 0,
):
    """Trains with a function, as `Model._fit_loop` of Keras 1 did.

    # Arguments
        model: the compiled model that callbacks know.
        f: function of a list of arrays that returns the values to log.
        ins: list of its inputs; every batch receives the numbers among them.
        out_labels: list of the names of its values.
        val_f, val_ins: the same for the validation after each epoch.
        callback_metrics: ignored; the names follow from `out_labels`.
        batch_size, nb_epoch, verbose, callbacks, shuffle, initial_epoch: as for `fit`.

    # Returns
        A `History`.
    """
    names = list(out_labels or ())
    own = [LogLabels(names)] if names else []
    options = fit_options(
        model, nb_epoch, initial_epoch, verbose, [*own, *(callbacks or ())], shuffle
    )
    training = FunctionStream(model, "train", f, ins, batch_size)
    validation = None
    if val_f is not None and val_ins:
        validation = FunctionStream(model, "test", val_f, val_ins, batch_size)
    sizes = {"batch_size": batch_size, "nb_sample": training.size}
    return train(model, options, training, validation, sizes)


def test_loop(model, f, ins: list[Any], batch_size: int = 32, verbose: int = 0):
    """Returns a function's values averaged over all samples, as `Model._test_loop` of
    Keras 1 did; the arguments are those of `fit_loop`."""
    stream = FunctionStream(model, "test", f, ins, batch_size)
    return results(loops.test_loop, stream, verbose)


def predict_loop(model, f, ins: list[Any], batch_size: int = 32, verbose: int = 0):
    """Returns a function's outputs for all samples, as `Model._predict_loop` of Keras 1
    did; the arguments are those of `fit_loop`."""
    stream = FunctionStream(model, "predict", f, ins, batch_size)
    return results(loops.predict_loop, stream, verbose)


def standardize_user_data(
    model,
    x,
    y,
    sample_weight=None,
    class_weight=None,
    check_batch_axis: bool = True,
    batch_size: int | None = None,
) -> tuple[list[Array], list[Array], list[Array]]:
    """Returns inputs, targets and weights as lists of arrays, checked.

    # Arguments
        x, y, sample_weight, class_weight: as for `fit`.
        check_batch_axis, batch_size: ignored; data that doesn't fit always raises an
            error.
    """
    arrays = all_arrays(model, x, y, sample_weight, class_weight)
    inputs = len(model.input_names)
    targets = inputs + len(model.output_names)
    return arrays[:inputs], arrays[inputs:targets], arrays[targets:]


METHODS: dict[str, Callable[..., Any]] = {
    "_fit_loop": fit_loop,
    "_test_loop": test_loop,
    "_predict_loop": predict_loop,
    "_standardize_user_data": standardize_user_data,
}


def private_method(model, name: str, args: tuple[Any, ...], options: dict[str, Any]):
    """Runs a private method that models of Keras 1 had."""
    return METHODS[name](model, *args, **options)
