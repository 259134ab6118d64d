"""`Trainer`: what `fit`, `evaluate` and `predict` of a model do."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from oneiros import backend as K
from oneiros import plugins, services
from oneiros.arguments import check_choice, check_int, refusal
from oneiros.engine.model import PRIVATE_METHODS
from oneiros.engine.node import one_or_all
from oneiros.interrupts import repeated_interrupts

from oneiros_training.arrays.adapter import ArrayAdapter
from oneiros_training.arrays.array_stream import ArrayStream
from oneiros_training.arrays.standardize import has_numbered_batches
from oneiros_training.compilation.plan import plan
from oneiros_training.generators.batch_stream import Workers
from oneiros_training.generators.epochs import Iterated, Listed
from oneiros_training.generators.generated import Generated, ValidationArrays
from oneiros_training.loops import fit_loop, predict_loop, scalars, test_loop
from oneiros_training.streams import (
    BUILD,
    IDLE,
    UPLOAD,
    Fit,
    Step,
    Stream,
    current_observer,
    observed_by,
    opened,
)

Method = TypeVar("Method", bound=Callable[..., Any])


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
    shuffle: bool | str = False


def batches(
    model: Any, source: Any, use: str, class_weight: Any = None
) -> Listed | Iterated:
    """Returns a `Stream` that reads a user's stream.

    # Arguments
        model: the compiled `Model`.
        source: the user's stream.
        use: `"train"`, `"test"` or `"predict"`.
        class_weight: as in `Model.fit`.

    # Returns
        A `Stream`: `Listed` if batches have numbers, otherwise `Iterated`.
    """
    kind = Listed if has_numbered_batches(source) else Iterated
    return kind(model, source, use, class_weight)


def _with_loop(name: str) -> Callable[[Method], Method]:
    """Decorates a method for a model whose private loop of Keras 1 code may replace;
    that loop then runs instead of the method."""

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def run(self: Any, *args: Any) -> Any:
            loop = getattr(getattr(self.model, name), "__func__", None)
            if loop is PRIVATE_METHODS[name]:
                return method(self, *args)
            return services.old_code.own_loop(method, self, args)

        return run  # type: ignore[return-value]  # run takes what method does

    return decorate


class Trainer(ArrayAdapter):
    """Trains, evaluates and predicts with a model: `Model.adapter`.

    The arguments of its methods are those of the model's.
    """

    @_with_loop("_fit_loop")
    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: Any,
        nb_epoch: Any,
        verbose: int,
        callbacks: Any,
        validation_split: Any,
        validation_data: Any,
        shuffle: Any,
        class_weight: Any,
        sample_weight: Any,
        initial_epoch: Any,
    ) -> Any:
        """Trains; returns the history."""
        batch_size = check_int(self.model, "batch_size", batch_size)
        options = self.fit_options(nb_epoch, initial_epoch, verbose, callbacks, shuffle)
        if self.gives_batches(
            x,
            y=y,
            batch_size=batch_size,
            sample_weight=sample_weight,
            validation_split=validation_split,
        ):
            stream = batches(self.model, x, "train", class_weight)
            stream.epoch = options.epochs.start
            return self._fit_stream(stream, options, validation_data)
        arrays = self.user_data(x, y, sample_weight, class_weight)
        if validation_data is None:
            arrays, validation_arrays = self.split(arrays, validation_split)
        else:
            validation_arrays = self.validation_source(validation_data)
        train = self.stream("train", arrays, batch_size)
        validation = None
        if validation_arrays != []:
            validation = self.stream("test", validation_arrays, batch_size)
        sizes = {"batch_size": batch_size, "nb_sample": train.size}
        return self.train(options, train, validation, validation_arrays, sizes)

    def fit_generator(
        self,
        generator: Any,
        samples_per_epoch: Any,
        nb_epoch: Any,
        verbose: int,
        callbacks: Any,
        validation_data: Any,
        nb_val_samples: Any,
        class_weight: Any,
        workers: Workers,
        initial_epoch: Any,
    ) -> Any:
        """Trains on a generator; returns the history."""
        options = self.fit_options(nb_epoch, initial_epoch, verbose, callbacks)
        training = Generated(
            self.model,
            generator,
            samples_per_epoch,
            "samples_per_epoch",
            use="train",
            class_weight=class_weight,
            workers=workers,
            epoch=options.epochs.start,
        )
        if not hasattr(validation_data, "__next__"):
            return self._fit_stream(training, options, validation_data)
        validation = Generated(
            self.model, validation_data, nb_val_samples, "nb_val_samples", use="test"
        )
        sizes = {"nb_sample": training.samples}
        return self.train(options, training, validation, None, sizes)

    def _fit_stream(self, training: Any, options: FitOptions, data: Any) -> Any:
        """Trains on a stream of batches.

        # Arguments
            training: the stream, which knows its number of samples.
            data: the validation data.
        """
        source = self.validation_source(data)
        validation: Stream | None = None
        arrays = None
        if not isinstance(source, list):
            validation = batches(self.model, source, "test")
        elif source:
            validation = ValidationArrays(self.model, source, training)
            arrays = source
        sizes = {"nb_sample": training.samples}
        return self.train(options, training, validation, arrays, sizes)

    def fit_options(
        self,
        nb_epoch: Any,
        initial_epoch: Any,
        verbose: int,
        callbacks: Any,
        shuffle: Any = False,
    ) -> FitOptions:
        """Checks the arguments that `fit` and `fit_generator` have in common, and
        returns them."""
        model = self.model
        last = check_int(model, "nb_epoch", nb_epoch, minimum=0)
        first = check_int(model, "initial_epoch", initial_epoch, minimum=0)
        shuffle = check_choice(model, "shuffle", shuffle, (True, False, "batch"))
        if not isinstance(callbacks, (list, tuple, type(None))):
            raise refusal(model, "callbacks", callbacks, "a list of Callback objects")
        return FitOptions(range(first, last), verbose, list(callbacks or ()), shuffle)

    def train(
        self,
        options: FitOptions,
        train: Stream,
        validation: Stream | None,
        validation_data: Any,
        sizes: dict[str, Any],
    ) -> Any:
        """Trains on a stream, and evaluates on another one after each epoch.

        # Arguments
            options: the `FitOptions`.
            train: the `Stream` to train on.
            validation: the `Stream` to evaluate on, or None.
            validation_data: the value for the model's `validation_data`.
            sizes: dict about the data, which callbacks receive in their `params`.
        """
        model = self.model
        labels = _distinct(model.metrics_names)
        validates = validation is not None
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
            model, train, validation, labels, callbacks, options.epochs, options.shuffle
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
            model.validation_data = validation_data
            with opened(fit.train, singly=callbacks.want_each_batch()):
                if fit.validation is None:
                    fit_loop(fit)
                else:
                    with opened(fit.validation):
                        fit_loop(fit)
        return history

    def measure_batch(
        self, use: str, x: Any, y: Any, sample_weight: Any, class_weight: Any = None
    ) -> Any:
        """Runs a step of `"train"` or `"test"`; returns the loss and metrics."""
        arrays = self.user_data(x, y, sample_weight, class_weight)
        outputs = self.step_for(use)(arrays)
        return one_or_all(scalars(outputs))

    def predict_batch(self, x: Any) -> Any:
        """Returns the outputs of a batch."""
        arrays = self.inputs(x)
        return one_or_all(self.step_for("predict")(arrays))

    def step_for(self, use: str) -> Step:
        """Returns the model's compiled function for a use, with its phase; makes it if
        needed.

        A user's function that isn't a `K.function` receives the phase if the model
        depends on it.

        # Arguments
            use: `"train"`, `"test"` or `"predict"`.
        """
        model = self.model
        getattr(model, f"_make_{use}_function")()
        function = getattr(model, f"{use}_function")
        # isinstance of a protocol takes 20 µs, a third of a small step.
        if hasattr(function, "phase_index"):
            takes_phase = function.phase_index is not None
        else:
            is_fixed = isinstance(K.learning_phase(), int)
            takes_phase = model.uses_learning_phase and not is_fixed
        return Step(function, int(use == "train") if takes_phase else None)

    @_with_loop("_test_loop")
    def evaluate(
        self, x: Any, y: Any, batch_size: Any, verbose: int, sample_weight: Any
    ) -> Any:
        """Returns the loss and metrics."""
        batch_size = check_int(self.model, "batch_size", batch_size)
        source = x
        if not self.gives_batches(
            x, y=y, batch_size=batch_size, sample_weight=sample_weight
        ):
            source = self.user_data(x, y, sample_weight)
        stream = self.stream("test", source, batch_size, once=True)
        return self.evaluate_stream(stream, verbose)

    @_with_loop("_predict_loop")
    def predict(self, x: Any, batch_size: Any, verbose: int) -> Any:
        """Returns the outputs."""
        model = self.model
        batch_size = check_int(model, "batch_size", batch_size)
        if self.gives_batches(x, batch_size=batch_size):
            stream = self.stream("predict", x, batch_size)
            return self.predict_stream(stream, verbose)
        arrays = self.inputs(x)
        any_size = not any(shape[0] for shape in model.internal_input_shapes)
        unseen = verbose != 1 and current_observer() is IDLE
        if any_size and unseen and arrays[0].shape[0] <= batch_size:
            return one_or_all(self.step_for("predict")(arrays))
        stream = self.stream("predict", arrays, batch_size, once=True)
        return self.predict_stream(stream, verbose)

    def go_over(
        self, use: str, generator: Any, val_samples: Any, workers: Workers
    ) -> Any:
        """Returns a generator's loss and metrics, if `use` is `"test"`, or its
        outputs."""
        stream = Generated(
            self.model, generator, val_samples, "val_samples", use=use, workers=workers
        )
        if use == "test":
            return self.evaluate_stream(stream)
        outputs = self._results(predict_loop, stream)
        return one_or_all([output[: stream.samples] for output in outputs])

    def evaluate_stream(self, stream: Stream, verbose: int = 0) -> Any:
        """Like `evaluate`, but for a stream."""
        return one_or_all(self._results(test_loop, stream, verbose))

    def predict_stream(self, stream: Stream, verbose: int = 0) -> Any:
        """Like `predict`, but for a stream."""
        return one_or_all(self._results(predict_loop, stream, verbose))

    def _results(self, loop: Any, stream: Stream, verbose: int = 0) -> list[Any]:
        observer = current_observer()
        with opened(stream):
            bars = []
            if verbose == 1:
                bars = plugins.call(
                    "oneiros_progress",
                    _problem_of_bar,
                    model=self.model,
                    total=stream.size,
                )
            observer.enter_epoch(0)
            results: list[Any] = loop(stream, bars)
            observer.enter_epoch(None)
        return results

    def stream(
        self, use: str, source: Any, batch_size: int, once: bool = False
    ) -> Stream:
        """Returns the stream of a list of arrays, or of an object whose items are
        batches.

        # Arguments
            use: `"train"`, `"test"` or `"predict"`.
            once: bool, whether it is read only once.
        """
        if isinstance(source, list):
            return ArrayStream(self.model, use, source, batch_size, once)
        return batches(self.model, source, use)


def _problem_of_bar(result: Any) -> str | None:
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


class Training:
    """The service `training`."""

    plan = staticmethod(plan)
    adapter = Trainer


training: services.Training = Training()
