"""TensorFlow code of 2016: errors that say what to write today.

Code that uses a name that TensorFlow dropped, or an argument that it renamed or moved,
gets an error with advice: `tf.mul(x, y)`, `tf.reduce_sum(x, keep_dims=True)`,
`tf.concat(1, tensors)`. Nothing else changes: `hasattr(tf, "mul")` is False.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NoReturn

from oneiros import backend as K
from oneiros.errors import ArgumentError

from oneiros_backend_tensorflow import later_keras
from oneiros_backend_tensorflow.native_functions import nodes_in
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.versions import versions_1

MODULES = ("", "nn", "train", "image", "summary")
"""Modules of TensorFlow that explain missing names, below `tf` and `tf.compat.v1`."""

WRITE = {
    "batch_matmul": "tf.matmul(x, y)",
    "complex_abs": "tf.abs(x)",
    "div": "x / y, or tf.math.floordiv(x, y)",
    "get_default_session": "K.get_session()",
    "get_variable": "K.variable(value, name=name)",
    "histogram_summary": "tf.summary.histogram(name, values, step)",
    "image_summary": "tf.summary.image(name, images, step)",
    "InteractiveSession": "K.get_session()",
    "inv": "tf.math.reciprocal(x)",
    "listdiff": "tf.compat.v1.setdiff1d(x, y)",
    "log": "tf.math.log(x)",
    "mul": "tf.multiply(x, y)",
    "neg": "tf.negative(x)",
    "pack": "tf.stack(tensors, axis)",
    "placeholder": "K.placeholder(shape), or Input(shape) for a model",
    "py_func": "tf.numpy_function(function, [x], dtype)",
    "reset_default_graph": "K.clear_session()",
    "scalar_summary": "tf.summary.scalar(name, value, step)",
    "select": "tf.where(condition, x, y)",
    "Session": "K.get_session()",
    "sub": "tf.subtract(x, y)",
    "to_float": "tf.cast(x, 'float32')",
    "to_int32": "tf.cast(x, 'int32')",
    "to_int64": "tf.cast(x, 'int64')",
    "unpack": "tf.unstack(x, axis=axis)",
}
"""Replacements of names that TensorFlow 2 doesn't have."""
ASSIGNING = {
    "assign": "K.update(variable, value)",
    "assign_add": "K.update_add(variable, value)",
    "assign_sub": "K.update_sub(variable, value)",
}
"""Updates of a function that replace immediate assignments."""
INITIALIZING = (
    "global_variables_initializer",
    "initialize_all_variables",
    "initialize_variables",
    "local_variables_initializer",
    "variables_initializer",
)
"""Functions that initialized variables."""

ARGUMENTS = {
    "batch_dim": "batch_axis",
    "concat_dim": "axis",
    "dim": "axis",
    "dimension": "axis",
    "filter": "filters",
    "keep_dims": "keepdims",
    "num_split": "num_or_size_splits",
    "reduction_indices": "axis",
    "seq_dim": "seq_axis",
    "split_dim": "axis",
    "squeeze_dims": "axis",
}
"""New names of arguments, by their old names."""
RENAMED_IN = (
    "argmax argmin concat expand_dims reduce_all reduce_any reduce_logsumexp "
    "reduce_max reduce_mean reduce_min reduce_prod reduce_sum reverse_sequence split "
    "squeeze nn.conv2d nn.l2_normalize nn.log_softmax nn.moments nn.softmax"
)
"""The functions with these arguments."""
AXIS_CAME_FIRST = {
    "concat": "tf.concat(tensors, axis)",
    "split": "tf.split(x, num_or_size_splits, axis)",
}
"""Correct calls of functions with reordered arguments."""


class OldCallError(ArgumentError, TypeError):
    """A call as TensorFlow took it before 1.0; a TypeError, as TensorFlow's own is."""


@functools.cache
def install() -> None:
    """Has TensorFlow's modules and functions explain what was dropped."""
    for path in RENAMED_IN.split():
        _check(tf, path, _check_names)
    later_keras.install()
    _explain(tf)
    for version in versions_1():
        _explain_version_1(version)
    train = tf.compat.v1.train
    _check(train, "Optimizer.minimize", _check_loss)
    _check(train, "Optimizer.compute_gradients", _check_loss)
    _check(train, "Saver.__init__", _check_saved)
    for session in (tf.compat.v1.Session, tf.compat.v1.InteractiveSession):
        session.run = _running_tensors_of_keras(session.run)


def _explain(version: Any) -> None:
    for path in MODULES:
        _explain_missing(_at(version, path), path)
    for path in AXIS_CAME_FIRST:
        _check(version, path, _check_places)
    _check(version, "gradients", _check_differentiable)


def _explain_version_1(version: Any) -> None:
    _explain(version)
    for path in ASSIGNING:
        _check(version, path, _check_target)
    _check(version, "placeholder", _check_graph)


def _at(module: Any, path: str) -> Any:
    return attrgetter(path)(module) if path else module


# Names


def _explain_missing(module: Any, path: str) -> None:
    """Adds to a module the function that Python calls for missing names."""
    inner = vars(module).get("_tfmw_wrapped_module", module)
    if not hasattr(inner, "__getattr__"):
        inner.__getattr__ = functools.partial(_missing, inner, path)


def _missing(module: Any, path: str, name: str) -> NoReturn:
    text = f"module {module.__name__!r} has no attribute {name!r}"
    advice = "" if name.startswith("_") else _advice(path, name)
    raise AttributeError(text + advice, name=name, obj=module)


def _advice(path: str, name: str) -> str:
    """Returns the end of a message about a name that TensorFlow 2 doesn't have."""
    if name == "contrib":
        return ". tf.contrib ended with TensorFlow 1."
    if name in INITIALIZING:
        return ". Remove it: variables of K have their values from the start."
    if name in ASSIGNING:
        return f". {_assigning(name)}"
    if name in WRITE:
        return f". It is from older TensorFlow: write {WRITE[name]}."
    if name in dir(_at(tf.compat.v1, path)):
        full = ".".join(filter(None, ("tf.compat.v1", path, name)))
        return f". It is from TensorFlow 1: write {full}."
    return ""


def _assigning(name: str) -> str:
    return (
        f"A variable of K changes when a function runs: K.function(inputs, outputs, "
        f"[{ASSIGNING[name]}]). K.set_value(variable, array) sets it immediately."
    )


# Calls

CallCheck = Callable[[str, Sequence[Any], Mapping[str, Any]], None]
"""Checks a call: the function's name, and its arguments."""


def _check(version: Any, path: str, check: CallCheck) -> None:
    """Has a function of TensorFlow check its arguments before it runs."""
    prefix, _, name = path.rpartition(".")
    module = _at(version, prefix)
    function = getattr(module, name)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check(path, args, kwargs)
        return function(*args, **kwargs)

    setattr(module, name, checked)


def _check_names(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    for old in ARGUMENTS.keys() & kwargs.keys():
        new = ARGUMENTS[old]
        raise OldCallError(
            f"tf.{path} received {old}={kwargs[old]!r:.60}, as in older TensorFlow. "
            f"Write {new}={kwargs[old]!r:.60}."
        )


def _check_places(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    if args and isinstance(args[0], int):
        raise OldCallError(
            f"tf.{path} received {args[0]} as its first argument, where older "
            f"TensorFlow took the axis. Write {AXIS_CAME_FIRST[path]}."
        )


def _check_target(path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    if nodes_in([*args[:1], *kwargs.values()]):
        raise OldCallError(f"tf.{path} rejects variables of K. {_assigning(path)}")


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
            f"{WRITE[path]}."
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
