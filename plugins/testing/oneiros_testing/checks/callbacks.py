"""Checks of callbacks: objects that are told what happens in a fit."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from difflib import get_close_matches
from inspect import signature
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import services
from oneiros.bases import Callback
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.typing import Array

from oneiros_testing.checks import Subject, check
from oneiros_testing.fixtures import folder
from oneiros_testing.probes import check_equal, made, numbers
from oneiros_testing.watching import touching_nothing

SAMPLES = 12
BATCH = 4
EPOCHS = 4
BATCHES = SAMPLES // BATCH
PATHS = ("filepath", "filename", "path", "log_dir", "folder")
"""Names of arguments that are paths, for which each check has a place of its own."""
HOOKS = (
    "set_params",
    "set_model",
    "on_train_begin",
    "on_epoch_begin",
    "on_batch_begin",
    "on_batch_end",
    "on_epoch_end",
    "on_train_end",
)
CLOSE = 0.9
"""How much of two names is the same if one is a slip of the other."""
PLAIN = (type(None), bool, int, float, str, np.ndarray, np.generic)
"""What states may consist of, besides lists, tuples and dicts of it."""


class Restoring(Callback):
    """Sets a callback's state where resumed training does."""

    def __init__(self, callback: Any, state: Any):
        self.callback = callback
        self.restored = state

    def on_train_begin(self, logs: Any = None) -> None:
        """Restores the state."""
        self.callback.set_state(copy.deepcopy(self.restored))


@contextmanager
def places(subject: Subject) -> Iterator[Any]:
    """Context manager for a function that makes the callback, with paths in a folder
    of its own."""
    paths = set(PATHS) & signature(subject.component).parameters.keys()
    out = StringIO()
    with folder() as here, redirect_stdout(out), redirect_stderr(out):

        def make(watch: Any = nullcontext) -> Any:
            number = len(list(here.iterdir()))
            own = here / str(number)
            own.mkdir()
            given = {name: str(own / f"{name}.h5") for name in paths}
            arguments = subject.declared.get("arguments", {})
            with watch():
                return made(subject, **{**given, **arguments})

        yield make


def compiled() -> Sequential:
    """Returns a model with fixed weights."""
    model = Sequential([Dense(2, input_dim=3)])
    weights = [numbers(*weight.shape) for weight in model.get_weights()]
    model.set_weights(weights)
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def data() -> tuple[Array, Array]:
    """Returns samples and targets."""
    return numbers(SAMPLES, 3), numbers(SAMPLES, 2, seed=2)


def fitted(callbacks: list[Any], model: Any = None, **options: Any) -> Any:
    """Trains a model, in the same order each time, and returns it with its history."""
    model = model or compiled()
    np.random.seed(3)
    settings = {
        "nb_epoch": EPOCHS,
        "batch_size": BATCH,
        "verbose": 0,
        "shuffle": False,
        "validation_data": data(),
        **options,
    }
    history = model.fit(*data(), callbacks=callbacks, **settings)
    return model, history.history


@check("callback")
def check_callback_can_be_made(subject: Subject) -> None:
    """It can be made, and has every method of a callback."""
    with places(subject) as make:
        callback = make()
    lacking = [hook for hook in HOOKS if not hasattr(callback, hook)]
    assert not lacking, f"It has no {', '.join(lacking)}: derive it from Callback."


@check("callback", after="check_callback_can_be_made", once=True)
def check_methods_are_called(subject: Subject) -> None:
    """None of its methods has almost the name of one that a fit calls."""
    methods = [name for name in dir(subject.component) if name.startswith("on_")]
    for name in sorted(set(methods) - set(dir(Callback))):
        near = get_close_matches(name, HOOKS, 1, CLOSE)
        assert not near, f"Nobody calls {name}. Did you mean {near[0]}?"


@check("callback", after="check_callback_can_be_made")
def check_constructor_touches_nothing(subject: Subject) -> None:
    """The constructor uses no file, network, process or random number; what it needs it
    opens in `on_train_begin`."""
    with places(subject) as make:
        make()
        make(touching_nothing)


@check("callback", after="check_callback_can_be_made")
def check_takes_part_in_fit(subject: Subject) -> None:
    """It works in a fit with validation, and in one without."""
    with places(subject) as make:
        fitted([make()])
        fitted([make()], validation_data=None)


@check("callback", after="check_takes_part_in_fit")
def check_hooks_need_no_logs(subject: Subject) -> None:
    """Each method works without logs, as old code calls it, in the order of a fit."""
    with places(subject) as make:
        callback = make()
        callback.set_params(_params())
        callback.set_model(compiled())
        callback.on_train_begin()
        callback.on_epoch_begin(0)
        callback.on_batch_begin(0, {"batch": 0, "size": BATCH})
        callback.on_batch_end(0, {"batch": 0, "size": BATCH, "loss": 1.0})
        callback.on_epoch_end(0, {"loss": 1.0, "val_loss": 1.0})
        callback.on_train_end()


@check("callback", after="check_takes_part_in_fit")
def check_stream_of_unknown_size(subject: Subject) -> None:
    """It works where the number of samples isn't known: `nb_sample` is None."""

    def batches() -> Iterator[tuple[Array, Array]]:
        while True:
            yield data()

    class Forgetting(Callback):
        def set_params(self, params: dict[str, Any]) -> None:
            params["nb_sample"] = None

    with places(subject) as make:
        compiled().fit_generator(
            batches(), SAMPLES, 2, verbose=0, callbacks=[Forgetting(), make()]
        )


@check("callback", unless="changes_training", after="check_takes_part_in_fit")
def check_training_is_left_alone(subject: Subject) -> None:
    """A fit has the same weights and the same history with it and without."""
    with places(subject) as make:
        model, history = fitted([make()])
    plain, expected = fitted([])
    pairs = zip(model.get_weights(), plain.get_weights(), strict=True)
    for found, value in pairs:
        check_equal(found, value, "A fit with it ends with other weights", 0)
    assert history == expected, (
        f"The history has {sorted(history)} with it, {sorted(expected)} without; or "
        "other values. One that is meant to change training declares the tag "
        "changes_training."
    )


@check("callback", after="check_takes_part_in_fit")
def check_serves_two_fits(subject: Subject) -> None:
    """It works in a second fit, whose logs it gets as a new one would."""
    with places(subject) as make:
        used, new = make(), make()
        fitted([used])
        _, history = fitted([used])
        _, expected = fitted([new])
    second = len(history["loss"])
    first = len(expected["loss"])
    assert second == first, (
        f"A second fit has {second} epochs with it, the first one {first}: "
        "begin anew in on_train_begin."
    )


@check("callback", unless="no_state", after="check_takes_part_in_fit")
def check_state_is_plain(subject: Subject) -> None:
    """Its state is plain data, and a new object that is given the state has the same
    one."""
    with places(subject) as make:
        callback = make()
        fitted([callback])
        state = callback.get_state()
        fault = _fault_of_plain(state)
        assert fault is None, f"get_state() holds {fault}, which a file can't keep."
        if state is None:
            return
        other = make()
        other.set_params(_params())
        other.set_model(compiled())
        other.on_train_begin({})
        other.set_state(copy.deepcopy(state))
        found = other.get_state()
        other.on_train_end({})
    _check_states(found, state, "set_state doesn't restore the state")


@check("callback", unless="no_state", after="check_state_is_plain")
def check_resumed_training_is_the_same(subject: Subject) -> None:
    """Training that is interrupted and resumed ends with the state of training without
    an interruption."""
    with places(subject) as make:
        whole = make()
        model, _ = fitted([whole])
        expected = whole.get_state()
        if expected is None:
            return
        begun = make()
        half, _ = fitted([begun], nb_epoch=EPOCHS // 2)
        resumed = make()
        both = [resumed, Restoring(resumed, begun.get_state())]
        model, _ = fitted(both, half, initial_epoch=EPOCHS // 2)
        found = resumed.get_state()
    _check_states(found, expected, "Resumed training ends with another state")
    assert model is half


@check("callback", after="check_takes_part_in_fit")
def check_runs_are_told_alike(subject: Subject) -> None:
    """If it may be called after runs of batches, it learns the same from a run as from
    its batches."""
    if not getattr(subject.component, "called_after_runs", False):
        return
    with places(subject) as make:
        at_once, one_by_one = make(), make()
        for callback in (at_once, one_by_one):
            callback.set_params(_params())
            callback.set_model(compiled())
            callback.on_train_begin({})
            callback.on_epoch_begin(0, {})
        logs = {
            "batch": range(BATCHES),
            "size": [BATCH] * BATCHES,
            "loss": [3.0, 2.0, 1.5],
            "mean_absolute_error": [1.0, 0.5, 0.25],
        }
        at_once.on_run_end(dict(logs))
        Callback.on_run_end(one_by_one, dict(logs))
        for callback in (at_once, one_by_one):
            callback.on_epoch_end(0, {"loss": 1.5})
        expected = _told(one_by_one)
        found = _told(at_once)
    _check_states(found, expected, "After a run it knows something else than by batch")


@check("callback", after="check_takes_part_in_fit")
def check_order_of_calls(subject: Subject) -> None:
    """It leaves the model trainable: evaluate and predict work after the fit."""
    with places(subject) as make:
        model, _ = fitted([make()])
        before = model.get_weights()
        model.evaluate(*data(), verbose=0)
        model.predict(data()[0])
    pairs = zip(model.get_weights(), before, strict=True)
    for found, value in pairs:
        check_equal(found, value, "Evaluating changes the weights", 0)


def _params() -> dict[str, Any]:
    return {
        "batch_size": BATCH,
        "nb_epoch": 1,
        "nb_sample": SAMPLES,
        "verbose": 0,
        "do_validation": False,
        "metrics": ["loss", "mean_absolute_error"],
    }


def _told(callback: Any) -> Any:
    """Returns the attributes of a callback that are plain data."""
    return services.copying.plain_attributes(callback)


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, Path)) and "oneiros-check-" in str(value)


def _fault_of_plain(value: Any) -> str | None:
    """Returns what in a value isn't plain data, or None."""
    if isinstance(value, dict):
        return _first_fault([*value, *value.values()])
    if isinstance(value, (list, tuple)):
        return _first_fault(list(value))
    if isinstance(value, PLAIN):
        return None
    return f"{value!r:.80}"


def _first_fault(values: list[Any]) -> str | None:
    for value in values:
        fault = _fault_of_plain(value)
        if fault is not None:
            return fault
    return None


def _check_states(found: Any, expected: Any, message: str) -> None:
    """Raises AssertionError with a message if plain data differs."""
    if isinstance(expected, dict) and isinstance(found, dict):
        assert found.keys() == expected.keys(), (
            f"{message}: it has {sorted(map(str, found))}, expected "
            f"{sorted(map(str, expected))}."
        )
        for key, value in expected.items():
            _check_states(found[key], value, f"{message}, {key}")
        return
    if _is_path(found) and _is_path(expected):
        return
    is_same = np.array_equal(found, expected)
    is_nan = found != found and expected != expected
    assert is_same or is_nan, f"{message}: {found!r:.80}, expected {expected!r:.80}."
