"""`Model`: a graph of layers that can be compiled, trained, evaluated and asked for
predictions."""

from __future__ import annotations

import difflib
import functools
import inspect
import math
from collections.abc import Callable
from contextlib import closing, nullcontext
from types import MappingProxyType
from typing import Any, ClassVar

import oneiros
from oneiros import backend as K
from oneiros import plugins
from oneiros.arguments import check_choice, check_int, label, refusal
from oneiros.engine import data, losses
from oneiros.engine.callbacks import BaseLogger, CallbackList, History
from oneiros.engine.container import Container
from oneiros.engine.loop import (
    Stream,
    call,
    fit_loop,
    make_batches,
    predict_loop,
    scalars,
    test_loop,
)
from oneiros.engine.node import one_or_all
from oneiros.errors import DataError, NotCompiledError

Arrays = list[Any]
HINTS = {
    "steps_per_epoch": "'samples_per_epoch', which counts samples",
    "use_multiprocessing": "'pickle_safe'",
    "steps": "'val_samples', which counts samples",
    "validation_steps": "'nb_val_samples', of samples",
}
"""What names of Keras 2 are called here, unless they are much alike."""


class Model(Container):
    """A graph from input tensors to output tensors, with training.

    # Example
        a = Input(shape=(32,))
        b = Dense(10, activation="softmax")(a)
        model = Model(input=a, output=b)
        model.compile(optimizer="sgd", loss="categorical_crossentropy",
        metrics=["accuracy"]) model.fit(x, y, nb_epoch=5)

    # Arguments
        input: tensor or list of tensors, from `Input`.
        output: tensor or list of tensors, computed from them.
        name: string.
    """

    loadable: ClassVar[bool] = True
    optimizer: Any = None
    predict_function: Any = None
    callback_model: Any = None
    _function_kwargs: dict[str, Any] = {}

    @K.bound
    def compile(
        self,
        optimizer: Any,
        loss: Any,
        metrics: Any = None,
        loss_weights: Any = None,
        sample_weight_mode: Any = None,
        **kwargs: Any,
    ) -> None:
        """Chooses what training minimises, and how.

        # Arguments
            optimizer: name or optimizer object.
            loss: name or function of `(y_true, y_pred)`; for several outputs one for
                all, a list, or a dict by output name. The total is the weighted sum,
                plus the layers' regularization losses.
            metrics: list for all outputs, or dict by output name; `"accuracy"` is the
                one that fits the loss.
            loss_weights: list or dict of factors of the outputs' losses; 1 by default.
            sample_weight_mode: `"temporal"` for weights per time step; also a list or a
                dict.
            **kwargs: go to `K.function`.

        # Raises
            UnknownNameError: if nothing installed provides a name.
            ArgumentError: if a list or dict doesn't fit the outputs.
        """
        given = {
            "optimizer": optimizer,
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
        }
        given["sample_weight_mode"] = sample_weight_mode
        asked = dict(given)
        plugins.call(
            "oneiros_before_compile",
            lambda _: _reset(given, asked),
            model=self,
            arguments=given,
        )
        _reset(given, asked)
        given["optimizer"], *planned = losses.plan(self, **given)
        (
            self.loss_functions,
            self.sample_weight_modes,
            self._target_shapes,
            self.targets,
            *planned,
        ) = planned
        (
            self.sample_weights,
            self.metrics_names,
            self.metrics_tensors,
            self.total_loss,
        ) = planned
        vars(self).update(given, _function_kwargs=kwargs)
        self.train_function = self.test_function = self.predict_function = None
        self._collected_trainable_weights = sorted(
            self.trainable_weights, key=lambda w: str(w.name)
        )
        plugins.call("oneiros_after_compile", model=self)

    @K.bound
    def _make_train_function(self) -> None:
        if self.train_function is None:
            weights = self._collected_trainable_weights
            updates = self.optimizer.get_updates(
                weights, self.constraints, self.total_loss
            )
            self.train_function = self._function(True, [*self.updates, *updates])

    def _make_test_function(self) -> None:
        if self.test_function is None:
            self.test_function = self._function(True, self.state_updates)

    def _make_predict_function(self) -> None:
        if self.predict_function is None:
            self.predict_function = self._function(False, self.state_updates)

    def _function(self, measures: bool, updates: list[Any]) -> Any:
        phase = self._backend.learning_phase() if self.uses_learning_phase else 0
        more = [*self.targets, *self.sample_weights] if measures else []
        inputs = [*self.inputs, *more, *([] if isinstance(phase, int) else [phase])]
        outputs = [self.total_loss, *self.metrics_tensors] if measures else self.outputs
        last = list({id(pair[0]): pair for pair in updates}.values())
        return self._backend.function(
            inputs, outputs, updates=last, **self._function_kwargs
        )

    @K.bound
    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        nb_epoch: int = 10,
        verbose: int = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
    ) -> History:
        """Trains for a number of epochs.

        # Arguments
            x: array, list of arrays, or dict from input name to array; or an object
                whose items are batches
                `(x, y)` or `(x, y, sample_weight)`, with a length, which then stands
                alone.
            y: the targets, in the same way by output.
            batch_size: int, samples per step.
            nb_epoch: int, the number of the last epoch, counting from 1.
            verbose: 0 for silence, 1 for a progress bar, 2 for a line per epoch.
            callbacks: list of `Callback` objects.
            validation_split: float in [0, 1), the part at the end of the data that is
                held out.
            validation_data: `(x, y)` or `(x, y, sample_weight)`, or an object whose
                items are batches; wins over `validation_split`.
            shuffle: True, False, or `"batch"` to shuffle whole batches, for data in
                files.
            class_weight: dict from class number to weight; for several outputs a list
                of them or a dict.
            sample_weight: array `(n,)`, or `(n, steps)` with
                `sample_weight_mode="temporal"`; it wins over
                `class_weight`.
            initial_epoch: int, the epoch to start from, to continue a run.

        # Returns
            A `History`; its `history` maps each name to the list of the epochs' values.

        # Raises
            NotCompiledError, DataError, ArgumentError: before anything is changed, if
            something doesn't fit.
        """
        nb_epoch = check_int(self, "nb_epoch", nb_epoch)
        initial_epoch = check_int(self, "initial_epoch", initial_epoch, minimum=0)
        shuffle = check_choice(self, "shuffle", shuffle, (True, False, "batch"))
        batch_size = check_int(self, "batch_size", batch_size)
        params: dict[str, Any] = {"nb_epoch": nb_epoch, "verbose": verbose}
        epochs = range(initial_epoch, nb_epoch)
        if data.gives_batches(x):
            alone = {
                "y": y,
                "sample_weight": sample_weight,
                "validation_split": validation_split or None,
            }
            given = class_weight, validation_data, epochs, callbacks, shuffle, params
            return oneiros.generators.fit_batches(self, x, alone, *given)  # type: ignore[no-any-return]
        train = self._standardize_user_data(x, y, sample_weight, class_weight)
        train, held_out = self._split(train, validation_split, validation_data)
        params.update(batch_size=batch_size, nb_sample=len(train[-1]))
        checked = self._stream("test", held_out, batch_size) if held_out else None
        over = functools.partial(self._stream, "train", train, batch_size)
        return self._train(over, checked, held_out, epochs, callbacks, shuffle, params)

    def _train(
        self,
        over: Callable[[bool], Any],
        checked: Any,
        held_out: Any,
        epochs: range,
        callbacks: Any,
        shuffle: bool | str,
        params: dict[str, Any],
    ) -> History:
        """Trains, and evaluates on the stream `checked`, if there is one, after each
        epoch.

        # Arguments
            over: function that returns the stream to train on; told whether each batch
                must run by itself.
            held_out: what `validation_data` of the model is to be.
            params: what callbacks are told, apart from the names of what is measured.
        """
        if not isinstance(callbacks, (list, tuple, type(None))):
            raise refusal(self, "callbacks", callbacks, "a list of Callback objects")
        names, told = self.metrics_names, self.callback_model or self
        labels = [
            n if names.count(n) == 1 else f"{n}_{names[:i].count(n) + 1}"
            for i, n in enumerate(names)
        ]
        measured = labels + [f"val_{n}" for n in labels if checked]
        params = {**params, "metrics": measured, "do_validation": bool(checked)}
        seen_by_hooks = MappingProxyType({**params, "metrics": list(measured)})
        defaults = plugins.call(
            "oneiros_default_callbacks", _listed, model=told, params=seen_by_hooks
        )
        history, callbacks = History(), callbacks or ()
        heard = CallbackList(
            [
                BaseLogger(),
                *callbacks,
                history,
                *(c for group in defaults for c in group),
            ]
        )
        loop = heard.around(fit_loop)
        self._make_train_function()
        heard.set_model(told)
        heard.set_params(params)
        stream = over(heard.want_each_batch())
        self.history, self.validation_data = history, held_out
        with closing(stream), closing(checked) if checked else nullcontext():
            loop(told, stream, checked, labels, heard, epochs, shuffle)
        return history

    @K.bound
    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        verbose: int = 1,
        sample_weight: Any = None,
    ) -> Any:
        """Returns the loss, or the list of `metrics_names`' values, averaged over all
        samples.

        # Arguments
            x, y, sample_weight: as in `fit`.
            batch_size: int.
            verbose: 0 for silence, 1 for a progress bar.
        """
        batch_size = check_int(self, "batch_size", batch_size)
        tested = (
            x
            if data.gives_batches(x)
            else self._standardize_user_data(x, y, sample_weight)
        )
        return self._go_over(test_loop, "test", tested, batch_size, verbose)

    @K.bound
    def predict(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """Returns the outputs for `x`: an array, or a list of arrays if there are
        several outputs.

        # Arguments
            x: array, list of arrays, or dict from input name to array; or an object
                whose items are batches.
            batch_size: int.
            verbose: 0 for silence, 1 for a progress bar.
        """
        batch_size = check_int(self, "batch_size", batch_size)
        given = x if data.gives_batches(x) else self._standardize_inputs(x)
        open_size = isinstance(given, list) and not any(
            shape[0] for shape in self.internal_input_shapes
        )
        if open_size and verbose != 1 and 0 < given[0].shape[0] <= batch_size:
            return one_or_all(self._call("predict", given))
        return self._go_over(predict_loop, "predict", given, batch_size, verbose)

    @K.bound
    def fit_generator(
        self,
        generator: Any,
        samples_per_epoch: int,
        nb_epoch: int,
        verbose: int = 1,
        callbacks: Any = None,
        validation_data: Any = None,
        nb_val_samples: int | None = None,
        class_weight: Any = None,
        max_q_size: int = 10,
        nb_worker: int = 1,
        pickle_safe: bool = False,
        initial_epoch: int = 0,
    ) -> Any:
        """Trains on the batches of a generator, which workers make ahead while the
        model computes.

        # Arguments
            generator: yields batches `(x, y)` or `(x, y, sample_weight)` for ever.
            samples_per_epoch: int, after how many samples an epoch ends.
            nb_epoch, verbose, callbacks, class_weight, initial_epoch: as in `fit`.
            validation_data: a generator, or as in `fit`.
            nb_val_samples: int, how many samples of a generator are validated on.
            max_q_size: int, batches made ahead at most.
            nb_worker: int, the number of workers.
            pickle_safe: bool, whether workers are processes, each with its own copy of
                the generator, and not threads.

        # Returns
            A `History`, as `fit` does.
        """
        return oneiros.generators.fit_generator(
            self,
            generator,
            samples_per_epoch,
            nb_epoch,
            verbose,
            callbacks,
            validation_data,
            nb_val_samples,
            class_weight,
            initial_epoch,
            max_q_size,
            nb_worker,
            pickle_safe,
        )

    @K.bound
    def evaluate_generator(
        self,
        generator: Any,
        val_samples: int,
        max_q_size: int = 10,
        nb_worker: int = 1,
        pickle_safe: bool = False,
    ) -> Any:
        """Returns what `evaluate` does, over `val_samples` samples; arguments as for
        `fit_generator`."""
        workers = max_q_size, nb_worker, pickle_safe
        return oneiros.generators.evaluate_generator(
            self, generator, val_samples, *workers
        )

    @K.bound
    def predict_generator(
        self,
        generator: Any,
        val_samples: int,
        max_q_size: int = 10,
        nb_worker: int = 1,
        pickle_safe: bool = False,
    ) -> Any:
        """Returns what `predict` does, for `val_samples` samples; arguments as for
        `fit_generator`.

        # Arguments
            generator: yields inputs, or tuples that begin with them.
        """
        workers = max_q_size, nb_worker, pickle_safe
        return oneiros.generators.predict_generator(
            self, generator, val_samples, *workers
        )

    @K.bound
    def train_on_batch(
        self, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None
    ) -> Any:
        """Runs one step on one batch; returns its loss, or the list of `metrics_names`'
        values.

        # Arguments
            x, y, sample_weight, class_weight: as in `fit`.
        """
        arrays = self._standardize_user_data(x, y, sample_weight, class_weight)
        return one_or_all(scalars(self._call("train", arrays)))

    @K.bound
    def test_on_batch(self, x: Any, y: Any, sample_weight: Any = None) -> Any:
        """Returns the loss of one batch, or the list of `metrics_names`' values.

        # Arguments
            x, y, sample_weight: as in `fit`.
        """
        return one_or_all(
            scalars(
                self._call("test", self._standardize_user_data(x, y, sample_weight))
            )
        )

    @K.bound
    def predict_on_batch(self, x: Any) -> Any:
        """Returns the outputs for one batch: an array, or a list of arrays if there are
        several outputs."""
        return one_or_all(self._call("predict", self._standardize_inputs(x)))

    def _standardize_inputs(self, x: Any, kind: str = "model") -> Arrays:
        shapes = self.internal_input_shapes
        arrays = data.standardize_input_data(
            x, self.input_names, shapes, False, f"{kind} input"
        )
        data.check_array_lengths(arrays, [], [])
        return arrays

    def _standardize_user_data(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: Any = None,
        kind: str = "model",
    ) -> Arrays:
        """Returns inputs, targets and weights, checked, in the order in which the
        functions take them."""
        if self.optimizer is None:
            raise NotCompiledError(
                f"{label(self)} isn't compiled. Type: model.compile('sgd', loss='mse')"
            )
        names, inputs = self.output_names, self._standardize_inputs(x, kind)
        targets = data.standardize_input_data(y, names, None, False, f"{kind} target")
        data.check_loss_and_target_compatibility(
            targets, self.loss_functions, self._target_shapes, names
        )
        given = data.standardize_sample_weights(sample_weight, names)
        classes = data.standardize_class_weights(class_weight, names)
        weights = list(
            map(
                data.standardize_weights,
                targets,
                given,
                classes,
                self.sample_weight_modes,
            )
        )
        data.check_array_lengths(inputs, targets, weights)
        return inputs + targets + weights

    def _held_out(self, validation_data: Any) -> Any:
        """Returns the arrays to validate on, none for None; an object that gives
        batches as it is."""
        if validation_data is None or data.gives_batches(validation_data):
            return [] if validation_data is None else validation_data
        if not isinstance(validation_data, (list, tuple)) or len(
            validation_data
        ) not in (2, 3):
            raise refusal(
                self,
                "validation_data",
                validation_data,
                "(x, y) or (x, y, sample_weight)",
            )
        x, y, weight = (*validation_data, None)[:3]
        return self._standardize_user_data(x, y, weight, None, "validation")

    def _split(
        self, arrays: Arrays, part: Any, validation_data: Any
    ) -> tuple[Arrays, Any]:
        """Returns the arrays to train on and what to validate on, which may be
        nothing."""
        if validation_data is not None:
            return arrays, self._held_out(validation_data)
        n = arrays[0].shape[0]
        at = (
            int(n * (1.0 - part)) if hasattr(part, "__float__") and 0 <= part < 1 else 0
        )
        if not 0 < at <= n - bool(part):
            expected = f"a part in [0, 1) that cuts {n} samples"
            raise refusal(self, "validation_split", part, expected)
        return (
            (data.slice_X(arrays, 0, at), data.slice_X(arrays, at, n))
            if part
            else (arrays, [])
        )

    def _stream(
        self,
        use: str,
        source: Any,
        batch: int,
        singly: bool = False,
        once: bool = False,
    ) -> Any:
        """Returns the stream of the function for a use (`"train"`, `"test"`,
        `"predict"`) over its data."""
        if not isinstance(source, list):
            return (
                source
                if hasattr(source, "runs")
                else oneiros.generators.batches(self, source, use)
            )
        fixed = next(
            (shape[0] for shape in self.internal_input_shapes if shape[0]), None
        )
        size = source[0].shape[0]
        if fixed and {end - start for start, end in make_batches(size, batch)} != {
            fixed
        }:
            raise DataError(
                f"Pass batch_size={fixed} and {fixed} * n samples; received {size} by {batch}."
            )
        fn, phase = self._function_for(use)
        return Stream(
            fn,
            source,
            phase,
            batch,
            self._work(use, source, batch),
            singly,
            once,
            use == "train",
        )

    def _work(self, use: str, arrays: Arrays, batch: int) -> float:
        """Returns the operations that a batch takes, roughly; what it gives counts, and
        each time step."""
        pairs = zip(self.inputs, arrays, strict=False)
        positions = max(
            math.prod(x.shape[1 : -1 if "float" in K.dtype(at) else None])
            for at, x in pairs
        )
        given = sum(
            math.prod(size or 1 for size in shape[1:])
            for shape in self.internal_output_shapes
        )
        each = 6.0 if use == "train" else 2.0
        return float(
            batch * (each * positions * (self.count_params() + 1) + 250.0 * given)
            + 1e6 * positions
        )

    def _function_for(self, use: str) -> tuple[Any, int | None]:
        """Returns the compiled function for a use, made if need be, and the phase to
        call it with, if any.

        A function of the user's own that isn't a `K.function` gets the phase if the
        model depends on it.
        """
        getattr(self, f"_make_{use}_function")()
        function = getattr(self, f"{use}_function")
        if hasattr(function, "phase_index"):
            return function, None if function.phase_index is None else int(
                use == "train"
            )
        takes = self.uses_learning_phase and not isinstance(K.learning_phase(), int)
        return function, int(use == "train") if takes else None

    def _go_over(
        self, loop: Any, use: str, source: Any, batch_size: int, verbose: int
    ) -> Any:
        with closing(self._stream(use, source, batch_size, once=True)) as stream:
            shown = verbose == 1
            bars = (
                plugins.call("oneiros_progress", _bar, model=self, total=stream.size)
                if shown
                else []
            )
            return one_or_all(loop(stream, bars))

    def _call(self, use: str, arrays: Arrays) -> list[Any]:
        function, phase = self._function_for(use)
        return call(function, arrays, phase)


def _hinting(name: str) -> Any:
    """Returns a method that answers an argument it doesn't know with the one that was
    meant."""
    method = getattr(Model, name)
    known = inspect.signature(method).parameters

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        for unknown in kwargs.keys() - known.keys():
            near = [
                repr(argument)
                for argument in difflib.get_close_matches(unknown, known, n=1)
            ]
            hint = (
                f" Did you mean {HINTS.get(unknown, *near)}?"
                if unknown in HINTS or near
                else ""
            )
            where = f"{type(self.callback_model or self).__name__}.{name}".removesuffix(
                ".__init__"
            )
            raise TypeError(f"{where} received the unknown argument {unknown!r}.{hint}")
        return method(self, *args, **kwargs)

    return run


PUBLIC = [
    key
    for key, value in vars(Model).items()
    if key[0] != "_" and inspect.isfunction(value)
]
PUBLIC.remove("compile")
for _name in [*PUBLIC, "__init__"]:
    setattr(Model, _name, _hinting(_name))


def _reset(arguments: dict[str, Any], asked: dict[str, Any]) -> str | None:
    """Takes back what a hook did to the names of `compile`'s arguments, and says so."""
    changed = sorted(map(str, arguments.keys() ^ asked.keys()))
    values = {name: arguments.get(name, value) for name, value in asked.items()}
    arguments.clear()
    arguments.update(values)
    return f"It added or removed arguments: {', '.join(changed)}" if changed else None


def _listed(result: Any) -> str | None:
    fine = isinstance(result, (list, tuple, type(None))) and CallbackList(result)
    return None if fine else f"It returned {result!r:.80}, not a list of callbacks"


def _bar(result: Any) -> str | None:
    return (
        None
        if result is None or callable(result)
        else f"It returned {result!r:.80}, no function"
    )
