"""Names and arguments that TensorFlow had in 2016, for code of that time."""

import functools
from operator import attrgetter

from oneiros import backend as K
from oneiros.errors import ArgumentError
from oneiros.user_warnings import warn
from oneiros_backend_toolkit.lazy_graph.array_functions import Function

from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.versions import versions, versions_1

CASTS = {
    "to_double": "float64",
    "to_float": "float32",
    "to_int32": "int32",
    "to_int64": "int64",
}
"""Functions that convert to a type."""

RENAMED = {
    "batch_matmul": "matmul",
    "complex_abs": "abs",
    "div": "compat.v1.div",
    "extract_image_patches": "compat.v1.extract_image_patches",
    "global_variables_initializer": "compat.v1.global_variables_initializer",
    "image.resize_bilinear": "compat.v1.image.resize_bilinear",
    "image.resize_nearest_neighbor": "compat.v1.image.resize_nearest_neighbor",
    "initialize_all_variables": "compat.v1.global_variables_initializer",
    "inv": "math.reciprocal",
    "log": "math.log",
    "mul": "multiply",
    "neg": "negative",
    "pack": "stack",
    "random_shuffle": "random.shuffle",
    "select": "compat.v1.where",
    "sub": "subtract",
    "unpack": "unstack",
}
"""Functions that are called something else now."""

ARGUMENTS = {
    "concat_dim": "axis",
    "dim": "axis",
    "dimension": "axis",
    "keep_dims": "keepdims",
    "reduction_indices": "axis",
    "squeeze_dims": "axis",
}
"""Arguments that are called something else now."""

WITH_AXES = (
    *("argmax", "argmin", "expand_dims", "reduce_all", "reduce_any"),
    *("reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod"),
    *("reduce_sum", "squeeze"),
)
"""Functions that take such arguments."""


class OldCallError(ArgumentError, TypeError):
    """A call as TensorFlow took it before 1.0; a TypeError, as TensorFlow's own is."""


@functools.cache
def _tell_once() -> None:
    warn(
        "The program calls TensorFlow by names or arguments of 2016, such as tf.mul, "
        "tf.pack, tf.concat(axis, values) or keep_dims. They work here, and this is "
        "told once; TensorFlow's own are tf.multiply, tf.stack, "
        "tf.concat(values, axis) and keepdims."
    )


def install() -> None:
    """Gives TensorFlow's modules the names and arguments that they lack."""
    for version in versions():
        for name, path in RENAMED.items():
            _add(version, name, _at(path))
        for name, dtype in CASTS.items():
            _add(version, name, functools.partial(tf.cast, dtype=dtype))
        version.concat = _older_concat(version.concat)
    for name in WITH_AXES:
        function = getattr(tf, name)
        setattr(tf, name, _with_older_arguments(function))
    tf.nn.moments = _with_older_arguments(tf.nn.moments)
    for version in versions_1():
        version.placeholder = _placeholder(version.placeholder)
    _add(tf, "placeholder", versions_1()[0].placeholder)


def _at(path: str) -> Function:
    function: Function = attrgetter(path)(tf)
    return function


def _add(version, path: str, function: Function) -> None:
    """Adds a function to a module that lacks it."""
    *modules, name = path.split(".")
    for module in modules:
        version = getattr(version, module)
    if hasattr(version, name):
        return

    def told(*args, **kwargs):
        _tell_once()
        return function(*args, **kwargs)

    told.__name__ = name
    setattr(version, name, told)


def _with_older_arguments(function: Function) -> Function:
    """Makes a function accept arguments by their older names."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        for older in ARGUMENTS.keys() & kwargs.keys():
            _tell_once()
            name = ARGUMENTS[older]
            kwargs[name] = kwargs.pop(older)
        return function(*args, **kwargs)

    return run


def _older_concat(function: Function) -> Function:
    """Makes `concat` accept the axis before the tensors, too."""
    named = _with_older_arguments(function)

    @functools.wraps(function)
    def run(*args, **kwargs):
        if len(args) > 1 and isinstance(args[0], int):
            _tell_once()
            axis, values, *others = args
            args = (values, axis, *others)
        return named(*args, **kwargs)

    return run


def _placeholder(function: Function) -> Function:
    """Returns a function that makes placeholders of `K`, except inside of a graph of
    TensorFlow 1."""

    @functools.wraps(function)
    def run(dtype, shape=None, name=None):
        if not tf.executing_eagerly():
            return function(dtype, shape, name)
        if shape is None:
            raise OldCallError(
                "tf.placeholder needs a shape here: tf.placeholder(dtype, shape), with "
                "None for open sizes; or write K.placeholder(shape), or Input(shape) "
                "for a model."
            )
        _tell_once()
        sizes = tf.TensorShape(shape).as_list()
        type_name = tf.as_dtype(dtype).name
        with K.use("tensorflow"):
            return K.placeholder(tuple(sizes), dtype=type_name, name=name)

    return run
