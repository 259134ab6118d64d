"""What `fit`, `evaluate` and `predict` of a model have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oneiros import plugins, services
from oneiros.arguments import check_choice, check_int, refusal
from oneiros.engine.loops import Ticks, fit_loop
from oneiros.engine.node import one_or_all
from oneiros.engine.streams import (
    BUILD,
    UPLOAD,
    Fit,
    Stream,
    current_observer,
    observed_by,
    opened,
)
from oneiros_backend_toolkit.interrupts import repeated_interrupts

from oneiros_training.arrays.array_stream import ArrayStream
from oneiros_training.generators.epochs import Epochs
from oneiros_training.generators.generated import ValidationArrays
from oneiros_training.steps import ModelStream


@dataclass
class FitOptions:
    """The arguments that `fit` and `fit_generator` have in common, checked.

    # Properties
        epochs: range of the epochs' numbers, from 0.
        verbose: 0 for silence, 1 for a progress bar, 2 for a line per epoch.
        callbacks: list of the user's callbacks.
        shuffle: True, False, or `"batch"`.
    """

    epochs: range
    verbose: int
    callbacks: list[Any]
    shuffle: bool | str


def fit_options(
    model, nb_epoch, initial_epoch, verbose: int, callbacks, shuffle=False
) -> FitOptions:
    """Checks the arguments that `fit` and `fit_generator` have in common, and returns
    them."""
    last = check_int(model, "nb_epoch", nb_epoch, minimum=0)
    first = check_int(model, "initial_epoch", initial_epoch, minimum=0)
    shuffle = check_choice(model, "shuffle", shuffle, (True, False, "batch"))
    if not isinstance(callbacks, (list, tuple, type(None))):
        raise refusal(model, "callbacks", callbacks, "a list of Callback objects")
    return FitOptions(range(first, last), verbose, list(callbacks or ()), shuffle)


def validation_stream(model, source, training):
    """Returns the `Stream` of validation data: that itself, or one of a user's stream
    or of a list of arrays; None if there is none."""
    if source is None or isinstance(source, Stream):
        return source
    if not isinstance(source, list):
        return Epochs(model, source, "test")
    if not source:
        return None
    if isinstance(training, ArrayStream):
        return ArrayStream(model, "test", source, training.batch_size)
    return ValidationArrays(model, source, training)


def train(
    model, options: FitOptions, training: Stream, validation, sizes: dict[str, Any]
):
    """Trains on a stream, and evaluates on another one after each epoch.

    # Arguments
        model: the `Model`.
        options: the `FitOptions`.
        training: the `Stream` to train on.
        validation: a `Stream` to evaluate on, a user's stream, or a list of arrays;
            None or an empty list for no validation.
        sizes: dict about the data, which callbacks receive in their `params`.

    # Returns
        The history.
    """
    evaluated = validation_stream(model, validation, training)
    labels = _distinct(model.metrics_names)
    validates = evaluated is not None
    params = {
        **sizes,
        "nb_epoch": options.epochs.stop,
        "verbose": options.verbose,
        "metrics": labels + [f"val_{name}" for name in labels if validates],
        "do_validation": validates,
    }
    callbacks, history = services.default_callbacks.for_fit(
        model, options.callbacks, params
    )
    fit = Fit(
        model, training, evaluated, labels, callbacks, options.epochs, options.shuffle
    )
    with repeated_interrupts(), observed_by(callbacks.get_observer()):
        observer = current_observer()
        observer.enter(BUILD)
        if validates:
            model._make_test_function()
        model._make_train_function()
        observer.enter(UPLOAD)
        callbacks.set_model(model)
        callbacks.set_params(params)
        callbacks.prepare_fit(fit)
        model.history = history
        model.validation_data = validation
        if evaluated is not None:
            model.validation_data = getattr(evaluated, "arrays", None)
        each = callbacks.want_each_batch()
        with opened(fit.train, singly=each), opened(fit.validation):
            fit_loop(fit)
    return history


def results(
    loop: Callable[[Stream, Ticks], list[Any]], stream: ModelStream, verbose: int = 0
):
    """Returns what `evaluate` or `predict` makes of a stream.

    # Arguments
        loop: `test_loop` or `predict_loop`.
        verbose: 0 for silence, 1 for a progress bar.
    """
    observer = current_observer()
    with opened(stream):
        bars = []
        if verbose == 1:
            bars = plugins.call(
                "oneiros_progress",
                _problem_of_bar,
                model=stream.model,
                total=stream.size,
            )
        observer.enter_epoch(0)
        outputs = loop(stream, bars)
        observer.enter_epoch(None)
    return one_or_all(outputs)


def _problem_of_bar(result) -> str | None:
    """Returns what is wrong with a plugin's progress bar, or None."""
    if result is None or callable(result):
        return None
    return f"It returned {result!r:.80}, not a function"


def _distinct(names: list[str]) -> list[str]:
    """Numbers names that occur more than once."""
    distinct = []
    for index, name in enumerate(names, start=1):
        number = names[:index].count(name)
        distinct.append(name if names.count(name) == 1 else f"{name}_{number}")
    return distinct
