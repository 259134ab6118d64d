"""Checks of exports: ways to write models for other libraries."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import oneiros
from oneiros import backend as K
from oneiros import registry
from oneiros.engine.layer import Layer
from oneiros.layers import Dense, Dropout, Input
from oneiros.models import Model, Sequential

from oneiros_testing.checks import Subject, check
from oneiros_testing.fixtures import folder
from oneiros_testing.probes import check_equal, made, numbers
from oneiros_testing.processes import called_elsewhere


class Unfamiliar(Layer):
    """A layer that no library has."""

    def call(self, x, mask=None):
        """Returns something of the kind."""
        return K.sin(x) + 0.5 * x


def written(subject: Subject, model: Any, here: Path) -> Any:
    """Exports a model and returns the report; the replay compares both."""
    path = here / f"model.{subject.name}"
    return oneiros.export(model, path)


@check("export")
def check_export_is_declared(subject: Subject) -> None:
    """It has a title for messages, a runtime that computes its files, and a backend
    that is there."""
    export = made(subject)
    assert isinstance(export, oneiros.exports.Export), (
        "It doesn't derive from oneiros.exports.Export."
    )
    assert export.title, "It has no title, which messages call the destination."
    module, _, function = export.runtime.partition(":")
    # It isn't imported here: some libraries shut out others in their process.
    is_there = function and find_spec(module)
    assert is_there, (
        f"Its runtime {export.runtime!r} leads to no function. Expected one that "
        "computes the file's outputs, such as 'my_lab.runtime:run'. What nothing can "
        "compute, such as a picture, isn't an export: write a command."
    )
    backends = registry.names("backend")
    assert export.backend in (None, *backends), (
        f"It needs the backend {export.backend}."
    )


@check("export", after="check_export_is_declared")
def check_replay_agrees(subject: Subject) -> None:
    """The other library computes what the model predicts, in the test phase, for all
    sizes of batches."""
    with folder() as here:
        report = written(subject, _network(), here)
    assert report.comparison.agrees, str(report.comparison)


@check("export", after="check_replay_agrees")
def check_inputs_keep_their_order(subject: Subject) -> None:
    """Several inputs and outputs keep their order, and have names of their own."""
    first = Input((3,), name="z")
    second = Input((3,), name="a")
    of_second = Dense(2, name="y")(second)
    of_first = Dense(2, name="b")(first)
    model = Model([first, second], [of_second, of_first])
    with folder() as here:
        report = written(subject, model, here)
    for ports in (report.written.inputs, report.written.outputs):
        names = [port.name for port in ports]
        assert len(set(names)) == 2, f"Two ports are called {names}."


@check("export", after="check_replay_agrees")
def check_file_has_the_weights(subject: Subject) -> None:
    """Files of two models with other weights compute different things: what is replayed
    is the file."""
    model = _network()
    first = _computed(subject, model)
    weights = [2 * array for array in model.get_weights()]
    model.set_weights(weights)
    second = _computed(subject, model)
    assert not np.allclose(first, second), (
        "Files of different weights compute the same."
    )


def _computed(subject: Subject, model: Any) -> Any:
    """Returns the output that the library computes with a model's file."""
    x = numbers(4, 3).astype("float32")
    runtime = made(subject).runtime
    with folder() as here:
        report = written(subject, model, here)
        (port,) = report.written.inputs
        cases = [{port.name: x}]
        _, (outputs,) = called_elsewhere(runtime, report.path, cases)
    (output,) = outputs.values()
    return output


@check("export", after="check_replay_agrees")
def check_unknown_parts_are_refused(subject: Subject) -> None:
    """A layer that the library hasn't is exported exactly, or refused by its name."""
    unfamiliar = Unfamiliar(name="unheard_of")
    model = Sequential([Dense(2, input_dim=3), unfamiliar])
    with folder() as here:
        try:
            report = written(subject, model, here)
        except oneiros.exports.ExportError as error:
            message = str(error)
            assert "unheard_of" in message, f"It doesn't name the layer: {message:.300}"
            left = [path.name for path in here.iterdir()]
            assert not left, f"It is refused, but leaves {', '.join(left)}."
            return
    assert report.comparison.agrees, str(report.comparison)


@check("export", after="check_replay_agrees")
def check_model_is_left_alone(subject: Subject) -> None:
    """The model predicts and trains after the export as before."""
    model = _network()
    x = numbers(4, 3)
    before, weights = model.predict(x), model.get_weights()
    with folder() as here:
        written(subject, model, here)
    after = model.predict(x)
    check_equal(after, before, "The model predicts something else", 0)
    pairs = zip(model.get_weights(), weights, strict=True)
    for found, expected in pairs:
        check_equal(found, expected, "The model has other weights", 0)
    model.compile("sgd", "mse")
    model.train_on_batch(x, numbers(4, 2))


@check("export", after="check_replay_agrees")
def check_only_its_file_is_written(subject: Subject) -> None:
    """It writes its file or folder, the companions that it declares, and nothing
    else."""
    with folder() as here:
        path = written(subject, _network(), here).path
        allowed = {path, *made(subject).beside(path)}
        written_files = set(here.iterdir())
        others = [other.name for other in written_files - allowed]
    assert not others, f"It writes {', '.join(others)}, too."


def _network() -> Sequential:
    layers = [
        Dense(4, activation="relu", input_dim=3),
        Dropout(0.5),
        Dense(2, activation="softmax"),
    ]
    model = Sequential(layers)
    arrays = [numbers(*array.shape) for array in model.get_weights()]
    model.set_weights(arrays)
    return model
