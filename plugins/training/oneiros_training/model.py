"""`Model`: a graph of layers that you can compile, train and use for predictions."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from oneiros import backend as K
from oneiros import plugins, services
from oneiros.arguments import check_choice, check_int, open_to_old_code, refusal
from oneiros.bases import Callback, Rebuilt
from oneiros.engine.container import Container
from oneiros.engine.loops import Ticks, fit_loop, predict_loop, scalars, test_loop
from oneiros.engine.node import one_or_all, to_list
from oneiros.engine.streams import (
    BUILD,
    IDLE,
    UPLOAD,
    Fit,
    Stream,
    current_observer,
    observed_by,
)
from oneiros.typing import Tensor
from oneiros_backend_toolkit.interrupts import interrupted_safely

from oneiros_training.advice import check_trains
from oneiros_training.arrays.array_stream import ArrayStream
from oneiros_training.arrays.user_data import (
    all_arrays,
    input_arrays,
    is_stream,
    split,
    validation_source,
)
from oneiros_training.compilation.plan import plan
from oneiros_training.data_types import (
    ArrayLike,
    ClassWeight,
    Data,
    Generator,
    Losses,
    LossWeights,
    Metrics,
    Outputs,
    Results,
    WeightMode,
)
from oneiros_training.data_types import Stream as Batches
from oneiros_training.generators.epochs import Epochs
from oneiros_training.generators.generated import Generated, ValidationArrays
from oneiros_training.parts import parts_of, whole
from oneiros_training.steps import ModelStream, step_for

if TYPE_CHECKING:
    from oneiros.callbacks import History

Method = TypeVar("Method", bound=Callable[..., Any])


def _private(name: str) -> Callable[..., Any]:
    """Makes a private method of models that packages for Keras 1 call, or replace."""

    def run(self, *args, **options):
        return services.old_code.private_method(self, name, args, options)

    run.__name__ = name
    return run


PRIVATE_METHODS = {
    name: _private(name)
    for name in ("_fit_loop", "_test_loop", "_predict_loop", "_standardize_user_data")
}
"""The methods themselves; a program may replace those of `Model`."""


def _with_loop(name: str) -> Callable[[Method], Method]:
    """Decorates a method of models whose private loop of Keras 1 code may replace; that
    loop then runs instead of the method."""

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def run(self, *args, **kwargs):
            loop = getattr(getattr(self, name), "__func__", None)
            if loop is PRIVATE_METHODS[name]:
                return method(self, *args, **kwargs)
            return services.old_code.own_loop(method, self, args, kwargs)

        return run  # type: ignore[return-value]  # run takes what method does

    return decorate


def _of_one_layer() -> dict[str, Any]:
    """Returns arguments of a small model."""
    from oneiros.layers import Dense, Input

    x = Input((4,))
    return {"input": x, "output": Dense(3)(x)}


class Model(Container):
    """A graph from input tensors to output tensors, with training.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Dense, Input
        from oneiros.models import Model

        a = Input(shape=(32,))
        b = Dense(10, activation="softmax")(a)
        model = Model(input=a, output=b)
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        x = np.random.random((20, 32))
        y = np.eye(10)[np.arange(20) % 10]
        model.fit(x, y, nb_epoch=5, verbose=0)
        ```

    # Arguments
        input: tensor or list of tensors, from `Input`.
        output: tensor or list of tensors, computed from them.
        name: string.
    """

    loadable = True
    conformance = {"arguments": _of_one_layer, "input_shape": (4,)}
    optimizer: Any = None
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None
    _function_kwargs: dict[str, Any] = {}
    target_checks_left = 10
    """How often targets are still checked for values that don't suit their loss: until
    there was a warning, and only at first, since it takes a tenth of a small step."""

    accepted_form: Any = None
    """The shape and type of an array that was the last one to be accepted as input, and
    the shapes that were expected."""

    metrics_names: list[str]
    metrics_tensors: list[Tensor]
    total_loss: Tensor
    targets: list[Tensor]
    sample_weights: list[Tensor]

    _fit_loop = PRIVATE_METHODS["_fit_loop"]
    _test_loop = PRIVATE_METHODS["_test_loop"]
    _predict_loop = PRIVATE_METHODS["_predict_loop"]
    _standardize_user_data = PRIVATE_METHODS["_standardize_user_data"]

    @K.bound
    def compile(
        self,
        optimizer: str | dict[str, Any] | Rebuilt,
        loss: Losses,
        metrics: Metrics | None = None,
        loss_weights: LossWeights | None = None,
        sample_weight_mode: WeightMode | None = None,
        distribution: Any = None,
        **kwargs: Any,
    ) -> None:
        """Configures the model for training.

        # Arguments
            optimizer: name or optimizer object.
            loss: name or function of `(y_true, y_pred)`; for several outputs, one for
                all, a list, or a dict by output name. The total loss is the weighted
                sum, plus the layers' regularization losses.
            metrics: list for all outputs, or dict by output name; `"accuracy"` selects
                the accuracy that fits the loss.
            loss_weights: list or dict of factors for the outputs' losses; 1 by default.
            sample_weight_mode: `"temporal"` for weights per time step; also a list or a
                dict.
            distribution: an `oneiros.distribution.DataParallel`; from now on, all
                models of the program are computed on its devices.
            **kwargs: passed to `K.function`.

        # Raises
            UnknownNameError: if no installed plugin provides a name.
            ArgumentError: if a list or dict doesn't fit the outputs.
        """
        if distribution is not None:
            distribution.start()
        arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "sample_weight_mode": sample_weight_mode,
        }
        plugins.call("oneiros_before_compile", model=whole(self), arguments=arguments)
        compiled = plan(self, arguments, kwargs)
        for name, value in {**arguments, **compiled}.items():
            setattr(self, name, value)
        if self._backend.placement is not None:
            self._backend.placement.prepare(self)
        self.target_checks_left = Model.target_checks_left
        self.forget_functions()
        self._collected_trainable_weights = sorted(
            self.trainable_weights, key=lambda w: str(w.name).removesuffix(":0")
        )
        plugins.call("oneiros_after_compile", model=whole(self))

    def forget_functions(self) -> None:
        """Lets the functions be made anew."""
        self.train_function = self.test_function = self.predict_function = None

    @interrupted_safely()
    @K.bound
    @open_to_old_code
    @_with_loop("_fit_loop")
    def fit(
        self,
        x: Data | Batches,
        y: Data | None = None,
        batch_size: int = 32,
        nb_epoch: int = 10,
        verbose: int = 1,
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: ArrayLike | Batches | None = None,
        shuffle: bool | str = True,
        class_weight: ClassWeight | None = None,
        sample_weight: Data | None = None,
        initial_epoch: int = 0,
    ) -> "History":
        """Trains for a number of epochs.

        # Arguments
            x: array or table, list of them, or dict of them by input name; or a stream
                of batches, which has `y`, too (docs/guides/data.md).
            y: the targets, in the same forms, by output.
            batch_size: int, samples per step.
            nb_epoch: int, the number of the last epoch, counted from 1.
            verbose: 0 for silence, 1 for a progress bar, 2 for a line per epoch.
            callbacks: list of `Callback` objects.
            validation_split: float in [0, 1), the fraction at the end of the data to
                use for validation instead of training.
            validation_data: `(x, y)` or `(x, y, sample_weight)`, or a stream; overrides
                `validation_split`.
            shuffle: True, False, or `"batch"` to shuffle whole batches, for data in
                files. A stream without numbered batches keeps its own order.
            class_weight: dict from class number to weight; for several outputs, a list
                or dict of such dicts.
            sample_weight: array `(n,)`, or `(n, steps)` with
                `sample_weight_mode="temporal"`; overrides `class_weight`.
            initial_epoch: int, the epoch to start from, to continue training.

        # Returns
            A `History`; its `history` maps each name to the list of its values per
            epoch.

        # Raises
            NotCompiledError, DataError, ArgumentError: if something doesn't fit;
                nothing has changed then.
        """
        batch_size = check_int(self, "batch_size", batch_size)
        options = fit_options(
            self, nb_epoch, initial_epoch, verbose, callbacks, shuffle
        )
        if is_stream(
            self,
            x,
            y=y,
            batch_size=batch_size,
            sample_weight=sample_weight,
            validation_split=validation_split,
        ):
            first = options.epochs.start
            training = Epochs(self, x, "train", class_weight, first)
            validation = validation_source(self, validation_data)
            sizes = {"nb_sample": training.count_samples()}
            return train(self, options, training, validation, sizes)
        arrays = all_arrays(self, x, y, sample_weight, class_weight)
        if validation_data is None:
            arrays, validation = split(self, arrays, validation_split)
        else:
            validation = validation_source(self, validation_data)
        stream = ArrayStream(self, "train", arrays, batch_size)
        sizes = {"batch_size": batch_size, "nb_sample": stream.size}
        return train(self, options, stream, validation, sizes)

    @interrupted_safely()
    @K.bound
    @open_to_old_code
    @_with_loop("_test_loop")
    def evaluate(
        self,
        x: Data | Batches,
        y: Data | None = None,
        batch_size: int = 32,
        verbose: int = 1,
        sample_weight: Data | None = None,
    ) -> Results:
        """Returns the loss, or all of `metrics_names`, averaged over all samples.

        # Arguments
            x, y, sample_weight: as in `fit`.
            batch_size: int.
            verbose: 0 for silence, 1 for a progress bar.
        """
        batch_size = check_int(self, "batch_size", batch_size)
        if is_stream(self, x, y=y, batch_size=batch_size, sample_weight=sample_weight):
            return results(test_loop, Epochs(self, x, "test"), verbose)
        arrays = all_arrays(self, x, y, sample_weight)
        stream = ArrayStream(self, "test", arrays, batch_size, once=True)
        return results(test_loop, stream, verbose)

    @interrupted_safely()
    @K.bound
    @open_to_old_code
    @_with_loop("_predict_loop")
    def predict(
        self, x: Data | Batches, batch_size: int = 32, verbose: int = 0
    ) -> Outputs:
        """Returns the outputs for `x`: an array, or a list of arrays.

        # Arguments
            x: array or table, list of them, or dict of them by input name; or a stream,
                which yields batches of inputs, or tuples that begin with them.
            batch_size: int.
            verbose: 0 for silence, 1 for a progress bar.
        """
        batch_size = check_int(self, "batch_size", batch_size)
        if is_stream(self, x, batch_size=batch_size):
            return results(predict_loop, Epochs(self, x, "predict"), verbose)
        arrays = input_arrays(self, x)
        any_sizes = {shape[0] for shape in self.internal_input_shapes} == {None}
        unseen = verbose != 1 and current_observer() is IDLE
        if any_sizes and unseen and arrays[0].shape[0] <= batch_size:
            return one_or_all(step_for(self, "predict")(arrays))
        stream = ArrayStream(self, "predict", arrays, batch_size, once=True)
        return results(predict_loop, stream, verbose)

    @interrupted_safely()
    @K.bound
    @open_to_old_code
    def fit_generator(
        self,
        generator: Generator,
        samples_per_epoch: int,
        nb_epoch: int,
        verbose: int = 1,
        callbacks: Sequence[Callback] | None = None,
        validation_data: ArrayLike | Generator | None = None,
        nb_val_samples: int | None = None,
        class_weight: ClassWeight | None = None,
        max_q_size: int = 10,
        nb_worker: int = 1,
        pickle_safe: bool = False,
        initial_epoch: int = 0,
    ) -> "History":
        """Trains on the batches of a generator, which workers make in advance.

        # Arguments
            generator: yields batches `(x, y)` or `(x, y, sample_weight)` for ever.
            samples_per_epoch: int, the number of samples (not batches) after which an
                epoch ends. The batches should add up to it.
            nb_epoch, verbose, callbacks, class_weight, initial_epoch: as in `fit`.
            validation_data: a generator, or as in `fit`.
            nb_val_samples: int, the number of samples to use from a generator of
                validation data.
            max_q_size: int, the maximum number of batches made in advance.
            nb_worker: int, the number of workers.
            pickle_safe: bool, whether workers are processes, each with its own copy of
                the generator, instead of threads.

        # Returns
            A `History`, like `fit`.

        # Raises
            ArgumentError: if `generator` yields no batches, or an epoch has no samples.
            DataError: if a batch doesn't fit the model.
            GeneratorError: if the generator raises an error, ends, or yields nothing
                for 120 seconds.

        # Example
            ```python
            import numpy as np
            from oneiros.layers import Dense
            from oneiros.models import Sequential

            def batches():
                while True:
                    x = np.random.random((32, 4))
                    yield x, x[:, :1]

            model = Sequential([Dense(1, input_dim=4)])
            model.compile("sgd", "mse")
            options = dict(samples_per_epoch=96, nb_epoch=2, verbose=0)
            history = model.fit_generator(batches(), **options)
            print(len(history.history["loss"]))  # 2
            ```
        """
        options = fit_options(self, nb_epoch, initial_epoch, verbose, callbacks)
        training = Generated(
            self,
            generator,
            samples_per_epoch,
            "samples_per_epoch",
            use="train",
            class_weight=class_weight,
            workers=(max_q_size, nb_worker, pickle_safe),
            epoch=options.epochs.start,
        )
        validation: Any
        if hasattr(validation_data, "__next__"):
            validation = Generated(
                self, validation_data, nb_val_samples, "nb_val_samples", use="test"
            )
        else:
            validation = validation_source(self, validation_data)
        sizes = {"nb_sample": training.samples}
        return train(self, options, training, validation, sizes)

    @interrupted_safely()
    @K.bound
    @open_to_old_code
    def evaluate_generator(
        self,
        generator: Generator,
        val_samples: int,
        max_q_size: int = 10,
        nb_worker: int = 1,
        pickle_safe: bool = False,
    ) -> Results:
        """Like `evaluate`, but for `val_samples` samples of a generator.

        # Arguments
            generator: yields batches `(x, y)` or `(x, y, sample_weight)`.
            val_samples: int, the number of samples (not batches) to evaluate. The
                batches should add up to it.
            max_q_size, nb_worker, pickle_safe: as in `fit_generator`.

        # Returns
            The loss, or a list of the loss and the metrics, averaged over the samples.

        # Raises
            ArgumentError, DataError, GeneratorError: as for `fit_generator`.

        # Example
            ```python
            import numpy as np
            from oneiros.layers import Dense
            from oneiros.models import Sequential

            def batches():
                while True:
                    yield np.zeros((32, 4)), np.ones((32, 1))

            model = Sequential([Dense(1, bias=False, input_dim=4)])
            model.compile("sgd", "mse")
            print(model.evaluate_generator(batches(), val_samples=96))  # 1.0
            ```
        """
        workers = max_q_size, nb_worker, pickle_safe
        stream = Generated(
            self, generator, val_samples, "val_samples", use="test", workers=workers
        )
        return results(test_loop, stream)

    @interrupted_safely()
    @K.bound
    @open_to_old_code
    def predict_generator(
        self,
        generator: Generator,
        val_samples: int,
        max_q_size: int = 10,
        nb_worker: int = 1,
        pickle_safe: bool = False,
    ) -> Outputs:
        """Like `predict`, but for `val_samples` samples of a generator.

        # Arguments
            generator: yields inputs, or tuples that begin with them.
            val_samples: int, the number of samples (not batches) to predict.
            max_q_size, nb_worker, pickle_safe: as in `fit_generator`; with several
                workers, samples may come in another order.

        # Returns
            Array `(val_samples, …)`, or a list of them, one for each output.

        # Raises
            ArgumentError, DataError, GeneratorError: as for `fit_generator`.

        # Example
            ```python
            import numpy as np
            from oneiros.layers import Dense
            from oneiros.models import Sequential

            def batches():
                while True:
                    yield np.random.random((32, 4))

            model = Sequential([Dense(3, input_dim=4)])
            print(model.predict_generator(batches(), val_samples=40).shape)  # (40, 3)
            ```
        """
        workers = max_q_size, nb_worker, pickle_safe
        stream = Generated(
            self, generator, val_samples, "val_samples", use="predict", workers=workers
        )
        outputs = to_list(results(predict_loop, stream))
        return one_or_all([output[: stream.samples] for output in outputs])

    @K.bound
    @open_to_old_code
    def train_on_batch(
        self,
        x: Data,
        y: Data,
        sample_weight: Data | None = None,
        class_weight: ClassWeight | None = None,
    ) -> Results:
        """Runs one step on one batch; returns its loss, or all of `metrics_names`.

        # Arguments
            x, y, sample_weight, class_weight: as in `fit`.
        """
        arrays = all_arrays(self, x, y, sample_weight, class_weight)
        return one_or_all(scalars(step_for(self, "train")(arrays)))

    @K.bound
    @open_to_old_code
    def test_on_batch(
        self, x: Data, y: Data, sample_weight: Data | None = None
    ) -> Results:
        """Returns the loss of one batch, or the list of the values of `metrics_names`.

        # Arguments
            x, y, sample_weight: as in `fit`.
        """
        arrays = all_arrays(self, x, y, sample_weight)
        return one_or_all(scalars(step_for(self, "test")(arrays)))

    @K.bound
    @open_to_old_code
    def predict_on_batch(self, x: Data) -> Outputs:
        """Returns the outputs for one batch: an array, or a list of arrays."""
        return one_or_all(step_for(self, "predict")(input_arrays(self, x)))

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the weights.

        # Arguments
            weights: list of arrays, in the order of `get_weights()`.

        # Raises
            DataError: if their number or a shape differs.
        """
        for _, part in parts_of(self):
            if hasattr(part, "warn_of_flip"):
                part.warn_of_flip()
        super().set_weights(weights)

    @K.bound
    def _make_train_function(self) -> None:
        if self.train_function is None:
            check_trains(self._backend)
            updates = self.optimizer.get_updates(
                self._collected_trainable_weights, self.constraints, self.total_loss
            )
            self.train_function = self._measuring_function([*self.updates, *updates])

    def _make_test_function(self) -> None:
        if self.test_function is None:
            self.test_function = self._measuring_function(self.state_updates)

    def _make_predict_function(self) -> None:
        if self.predict_function is None:
            self.predict_function = self._function([], self.outputs, self.state_updates)

    def _measuring_function(self, updates: list[Any]):
        return self._function(
            [*self.targets, *self.sample_weights],
            [self.total_loss, *self.metrics_tensors],
            updates,
        )

    def _function(
        self, extra_inputs: list[Any], outputs: list[Any], updates: list[Any]
    ):
        inputs = [*self.inputs, *extra_inputs]
        backend = self._backend
        phase = backend.learning_phase() if self.uses_learning_phase else 0
        if not isinstance(phase, int):
            inputs.append(phase)
        return backend.function(
            inputs, outputs, updates=updates, **self._function_kwargs
        )


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
) -> "History":
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
    model = whole(model)
    labels = _distinct(model.metrics_names)
    validates = evaluated is not None
    params = {
        **sizes,
        "nb_epoch": options.epochs.stop,
        "verbose": options.verbose,
        "metrics": labels + [f"val_{name}" for name in labels if validates],
        "do_validation": validates,
    }
    history: History
    callbacks, history = services.default_callbacks.for_fit(
        model, options.callbacks, params
    )
    fit = Fit(
        model, training, evaluated, labels, callbacks, options.epochs, options.shuffle
    )
    with observed_by(callbacks.get_observer()):
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
            if isinstance(validation, list):
                model.validation_data = step_for(model, "test").inputs(validation)
        each = callbacks.want_each_batch()
        with opened(fit.train, singly=each), opened(fit.validation):
            fit_loop(fit)
    return history


@contextmanager
def opened(stream: Stream | None, singly: bool = False) -> Iterator[None]:
    """Context manager that opens a stream, if there is one, and always closes it."""
    if stream is None:
        yield
        return
    try:
        stream.open(singly)
        yield
    finally:
        stream.close()


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
                model=whole(stream.model),
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
