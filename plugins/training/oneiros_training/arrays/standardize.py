"""Converts users' data into arrays for the model's functions. Arrays that fit aren't
copied."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros.errors import DataError
from oneiros.typing import Array, Shape

from oneiros_training.arrays.naming import Names, listed, name_of, spread

NUMBERS = "fiub"
"""Kinds of NumPy types that a model accepts: floats, integers, booleans."""


def reader_of(value):
    """Returns the function that converts a value to an array, found by its class; None
    if no plugin has one."""
    table_names = set(registry.names("table"))
    for base in type(value).__mro__:
        name = f"{base.__module__.partition('.')[0]}.{base.__name__}"
        if name in table_names:
            return registry.resolve("table", name)
    return None


def standardize_input_data(
    data,
    names: Names,
    shapes: Sequence[Shape | None] | None = None,
    check_batch_axis: bool = True,
    exception_prefix: str = "",
) -> list[Array]:
    """Returns one array per name, checked; arrays of shape `(n,)` become `(n, 1)`.

    # Arguments
        data: an array, a list of arrays, or a dict from name to array.
        names: the inputs' or outputs' names.
        shapes: per name the expected shape (None for any size), or None for any shape.
        check_batch_axis: whether the number of rows must agree too.
        exception_prefix: a description of the data for messages, e.g. `"model input"`.

    # Raises
        DataError: if the number of arrays, a type or a shape doesn't fit.
    """
    values = spread(exception_prefix, _several(data, names), names, error=DataError)
    first_axis = 0 if check_batch_axis else 1
    return [
        _standardized(value, exception_prefix, name, shape, first_axis)
        for value, name, shape in zip(
            values, names, shapes or [None] * len(names), strict=True
        )
    ]


def _several(data, names: Names):
    """Returns data as a list or dict with one item per name, if that is possible."""
    if isinstance(data, dict):
        if set(names) <= set(data):
            return [data[name] for name in names]
        return data
    if not isinstance(data, (list, tuple)):
        return [data]
    if len(names) == 1 and not any(map(_has_shape, data)):
        return [data]
    return data


def gives_batches(x) -> bool:
    """Returns whether `x` is a stream: an object that yields its batches anew for each
    epoch."""
    if _has_shape(x) or isinstance(x, (list, tuple, range, str, bytes, Mapping)):
        return False
    if hasattr(x, "__array__") or hasattr(x, "__next__"):
        return False
    is_iterable = hasattr(type(x), "__iter__") or has_numbered_batches(x)
    return is_iterable and reader_of(x) is None


def has_numbered_batches(stream) -> bool:
    """Returns whether a stream has numbered batches, which can be read in any order."""
    return hasattr(stream, "__len__") and hasattr(stream, "__getitem__")


def _has_shape(x) -> bool:
    """Returns whether `x` has a shape; a data set of a closed file raises an error when
    you read it."""
    return hasattr(type(x), "shape") or hasattr(x, "shape")


def _standardized(
    value, kind: str, name: str, shape: Shape | None, first_axis: int
) -> Array:
    array: Array = value
    if type(value) is not np.ndarray or not value.ndim or _is_odd(value.dtype):
        array = as_array(value, f"{kind} {name!r}")
    if len(array.shape) == 1 and (shape is None or len(shape) != 1):
        array = np.expand_dims(np.asarray(array), 1)
    if shape is not None and not _fits(array.shape, shape, first_axis):
        received = tuple(np.shape(value))
        advice = ""
        if _fits(received, shape[1:], 0):
            advice = " A single sample needs an axis in front: x[None]."
        raise DataError(
            f"{kind} {name!r}: received an array of shape {received}, expected "
            f"{shape} (None: any size). Reshape it, or build the model for samples of "
            f"shape {tuple(array.shape[1:])}.{advice}"
        )
    return array


def _is_odd(dtype) -> bool:
    return dtype.kind not in NUMBERS


def _fits(shape: Sequence[int], expected: Shape, first_axis: int) -> bool:
    if len(shape) != len(expected):
        return False
    for size, expected_size in zip(shape[first_axis:], expected[first_axis:]):
        if expected_size not in (None, size):
            return False
    return True


def as_array(value, data_name: str) -> Array:
    """Returns a value that can be sliced (HDF5, sparse) unchanged, a table as its
    plugin reads it, and anything else as an array.

    # Arguments
        data_name: str, the name of the value in messages.

    # Raises
        DataError: if it doesn't consist of numbers with an axis of samples.
    """
    if value is None or hasattr(value, "__next__"):
        received = "None" if value is None else "a generator, which fit_generator needs"
        raise DataError(
            f"{data_name}: received {received}, expected numbers: no data was given."
        )
    if _is_closed(value):
        raise DataError(
            f"{data_name}: received a data set whose file is closed. Keep it open "
            "while it is used."
        )
    reader = reader_of(value)
    if reader is not None:
        value = reader(value, data_name)
    if not _can_be_sliced(value):
        try:
            value = np.asarray(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise DataError(
                f"{data_name}: received a {type(value).__name__} that isn't an array: "
                f"{error}"
            ) from None
    if isinstance(value, np.ndarray) and value.dtype == object:
        value = _without_objects(value)
    if _is_odd(getattr(value, "dtype", np.dtype(float))) or not value.shape:
        received = f"an array of type {value.dtype}" if value.shape else repr(value[()])
        raise DataError(
            f"{data_name}: received {received}, expected numbers with an axis of "
            "samples. Encode values that aren't numbers, then use "
            f"np.asarray(data, {K.floatx()!r})."
        )
    array: Array = value
    return array


def _without_objects(value):
    """Returns an array of Python's numbers as an array of floats; any other array
    unchanged.

    Numeric columns of a data frame that also has texts are such an array. NumPy would
    turn None into NaN.
    """
    if any(entry is None for entry in value.flat):
        return value
    try:
        return value.astype(K.floatx())
    except (TypeError, ValueError):
        return value


def with_rows(value, takes_sparse: bool, data_name: str):
    """Returns an array unchanged, and a sparse matrix in a form that has rows.

    # Arguments
        takes_sparse: whether the model's input or target is sparse.
        data_name: str, the name of the value in messages.

    # Raises
        DataError: for a sparse matrix where an array is needed.
    """
    if not hasattr(value, "toarray"):
        return value
    if not takes_sparse:
        raise DataError(
            f"{data_name}: received a sparse matrix ({type(value).__name__}) of shape "
            f"{value.shape}, expected an array. Pass x.toarray(), or batches of it by "
            "fit_generator; Input(shape, sparse=True) accepts sparse matrices."
        )
    return value.tocsr()


def _is_closed(value) -> bool:
    """Returns whether a data set's HDF5 file is closed."""
    return not getattr(getattr(value, "id", None), "valid", True)


def _can_be_sliced(value) -> bool:
    """Returns whether a value can be sliced by rows directly; a data frame can't."""
    if hasattr(value, "iloc") or not hasattr(value, "shape"):
        return False
    return isinstance(getattr(value, "dtype", np.dtype(float)), np.dtype)


def check_array_lengths(
    inputs: Sequence[Array], targets: Sequence[Array], weights: Sequence[Array]
) -> None:
    """Raises a DataError if arrays differ in their number of samples, or have none."""
    lengths = {array.shape[0] for array in (*inputs, *targets, *weights)}
    if len(lengths) == 1 and 0 not in lengths:
        return
    groups = {"inputs": inputs, "targets": targets, "sample weights": weights}
    counts = [
        f"{kind} {listed(array.shape[0] for array in arrays)}"
        for kind, arrays in groups.items()
        if arrays
    ]
    raise DataError(
        f"All arrays need the same number of samples, at least 1. Received "
        f"{'; '.join(counts)}."
    )


def check_loss_and_target_compatibility(
    targets: Sequence[Array],
    losses: Sequence[Any],
    output_shapes: Sequence[Shape | None],
    names: Names = (),
) -> None:
    """Raises a DataError if a target's shape doesn't fit its loss.

    # Arguments
        output_shapes: the shape that each loss expects; None for any.
        names: the outputs' names, for messages.
    """
    for i, (target, loss, shape) in enumerate(
        zip(targets, losses, output_shapes, strict=True)
    ):
        is_by_class = name_of(loss) == "categorical_crossentropy"
        has_one_class = is_by_class and target.shape[-1:] == (1,)
        if shape is None or (_fits(target.shape, shape, 1) and not has_one_class):
            continue
        output = names[i] if names else i
        expected = f"{shape} (None: any size)"
        reason = "It expects targets to have the same shape as the output."
        if has_one_class:
            expected = "a column for each of several classes"
            reason = "You are passing a target array with a single one."
        message = (
            f"model target {output!r}: received an array of shape "
            f"{tuple(target.shape)}, expected {expected} for the loss "
            f"{name_of(loss)!r}. {reason}"
        )
        if is_by_class:
            message += (
                " For class numbers, use loss='sparse_categorical_crossentropy', or "
                "to_categorical(y)."
            )
        raise DataError(message)


def slice_X(  # noqa: N802  the name of Keras 1
    X, start=None, stop: int | None = None
):
    """Returns rows of an array, or of each array of a list: `start:stop`, or those
    listed in `start`."""
    if isinstance(X, list):
        return [slice_X(array, start, stop) for array in X]
    if hasattr(start, "__len__"):
        return X[start] if isinstance(X, np.ndarray) else X[np.asarray(start).tolist()]
    return X[start:stop]
