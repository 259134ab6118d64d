"""TensorFlow code of 2016 on tensors of `K`.

A session computes them. What can't take them, `tf.gradients(loss, [w])` or
`tf.train.Saver()`, says what to write instead.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from oneiros import backend as K
from oneiros.errors import ArgumentError

from oneiros_backend_tensorflow.native_functions import nodes_in
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.versions import versions, versions_1

ASSIGNING = {
    "assign": "K.update(variable, value)",
    "assign_add": "K.update_add(variable, value)",
    "assign_sub": "K.update_sub(variable, value)",
}
"""Updates of a function that replace immediate assignments."""


class OldCallError(ArgumentError, TypeError):
    """A call as TensorFlow took it before 1.0; a TypeError, as TensorFlow's own is."""


@functools.cache
def install() -> None:
    """Has TensorFlow's functions explain why they don't take tensors of `K`."""
    for version in versions():
        _check(version, "gradients", _check_differentiable)
    for version in versions_1():
        for path in ASSIGNING:
            _check(version, path, _check_target)
        _check(version, "placeholder", _check_graph)
    train = tf.compat.v1.train
    _check(train, "Optimizer.minimize", _check_loss)
    _check(train, "Optimizer.compute_gradients", _check_loss)
    _check(train, "Saver.__init__", _check_saved)
    for session in (tf.compat.v1.Session, tf.compat.v1.InteractiveSession):
        session.run = _running_tensors_of_keras(session.run)


# Calls

CallCheck = Callable[[str, Sequence[Any], Mapping[str, Any]], None]
"""Checks a call: the function's name, and its arguments."""


def _check(version: Any, path: str, check: CallCheck) -> None:
    """Has a function of TensorFlow check its arguments before it runs."""
    prefix, _, name = path.rpartition(".")
    module = attrgetter(prefix)(version) if prefix else version
    function = getattr(module, name)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check(path, args, kwargs)
        return function(*args, **kwargs)

    setattr(module, name, checked)


def _check_target(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    if nodes_in([*args[:1], *kwargs.values()]):
        raise OldCallError(
            f"tf.{path} rejects variables of K. A variable of K changes when a "
            f"function runs: K.function(inputs, outputs, [{ASSIGNING[path]}]). "
            f"K.set_value(variable, array) sets it immediately."
        )


def _check_differentiable(
    path: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> None:
    if nodes_in([*args, *kwargs.values()]):
        raise OldCallError(
            f"tf.{path} rejects tensors of K. Write K.gradients(loss, variables)."
        )


def _check_graph(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    if tf.executing_eagerly():
        raise OldCallError(
            f"tf.{path} belongs to TensorFlow 1's graphs, which compute nothing. Write "
            f"K.placeholder(shape), or Input(shape) for a model."
        )


def _check_loss(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    if nodes_in([*args, *kwargs.values()]):
        raise OldCallError(
            f"tf.train.{path} rejects tensors of K. Write "
            f"model.compile(TFOptimizer(optimizer), loss), with TFOptimizer of "
            f"oneiros.optimizers."
        )


def _check_saved(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    named = [*args[1:2], kwargs.get("var_list")]
    names_variables = any(variables is not None for variables in named)
    has_variables = names_variables or bool(tf.compat.v1.global_variables())
    if nodes_in(named) or not has_variables:
        raise OldCallError(
            "tf.train.Saver doesn't save variables of K. Write "
            "model.save_weights(path), and model.load_weights(path)."
        )


# Sessions


def _running_tensors_of_keras(run: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a session's method that has Keras' tensors computed by `K`."""

    @functools.wraps(run)
    def run_any(
        session: Any, fetches: Any, feed_dict: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        if not nodes_in(fetches):
            return run(session, fetches, feed_dict, *args, **kwargs)
        with K.use("tensorflow"):
            return K.get_session().run(fetches, feed_dict)

    return run_any
