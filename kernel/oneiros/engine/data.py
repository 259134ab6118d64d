"""What users pass to a model, made into the arrays its functions take. Arrays that fit
are not copied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from oneiros import backend as K
from oneiros.arguments import shown
from oneiros.errors import ArgumentError, DataError

Array = Any
Names = Sequence[str]
Shape = tuple[int | None, ...]
_ones = lru_cache(16)(lambda shape, dtype: np.broadcast_to(np.ones((), dtype), shape))


def standardize_input_data(
    data: Any,
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
        exception_prefix: what the data is, for messages, e.g. `"model input"`.

    # Raises
        DataError: if the number of arrays, a type or a shape doesn't fit.
    """
    if isinstance(data, dict):
        data = [data[name] for name in names] if set(names) <= set(data) else data
    elif not isinstance(data, (list, tuple)) or not (
        names[1:] or any(map(_has_shape, data))
    ):
        data = [data]
    values = spread(exception_prefix, data, names, error=DataError)
    each = zip(values, names, shapes or [None] * len(names), strict=True)
    return [
        _checked(*given, exception_prefix, int(not check_batch_axis)) for given in each
    ]


def gives_batches(x: Any) -> bool:
    """Tells whether `x` is an object with a length whose items are batches, and not
    itself an array."""
    listed = isinstance(x, (list, tuple, range, str, bytes, Mapping)) or _has_shape(x)
    return (
        not listed
        and hasattr(x, "__len__")
        and hasattr(x, "__getitem__")
        and not hasattr(x, "__array__")
    )


def _has_shape(x: Any) -> bool:
    """Tells whether `x` has a shape; a data set of a closed file raises if it is asked
    for it."""
    return hasattr(type(x), "shape") or hasattr(x, "shape")


def _checked(
    value: Any, name: str, shape: Shape | None, kind: str, first_axis: int
) -> Array:
    simple = type(value) is np.ndarray and value.ndim and value.dtype.kind in "fiub"
    array = value if simple else as_array(value, f"{kind} {name!r}")
    if len(array.shape) == 1 and (shape is None or len(shape) != 1):
        array = np.expand_dims(np.asarray(array), 1)
    if shape is not None and not _fits(array.shape, shape, first_axis):
        given = tuple(np.shape(value))
        one = (
            " A single sample needs an axis in front: x[None]."
            if _fits(given, shape[1:], 0)
            else ""
        )
        raise DataError(
            f"{kind} {name!r}: received an array of shape {given}, expected {shape} (None: any "
            f"size). Reshape it, or build the model for samples of shape {tuple(array.shape[1:])}.{one}"
        )
    return array


def _fits(shape: Sequence[int], expected: Shape, first_axis: int) -> bool:
    pairs = zip(shape[first_axis:], expected[first_axis:], strict=False)
    return len(shape) == len(expected) and all(
        want in (None, size) for size, want in pairs
    )


def as_array(value: Any, what: str) -> Array:
    """Returns what can be sliced (HDF5, sparse) as it is, anything else as an array;
    refuses non-numbers."""
    if value is None or hasattr(value, "__next__"):
        received = "None" if value is None else "a generator, which fit_generator takes"
        raise DataError(
            f"{what}: received {received}, expected numbers: no data was given."
        )
    if not getattr(getattr(value, "id", None), "valid", True):
        raise DataError(
            f"{what}: received a data set whose file is closed. Keep it open while it is used."
        )
    typed = isinstance(getattr(value, "dtype", np.dtype(float)), np.dtype)
    if not (typed and hasattr(value, "shape")) or hasattr(value, "iloc"):
        try:
            value = np.asarray(value)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{what}: received a {type(value).__name__} that is no array: {error}"
            ) from None
    if getattr(value, "dtype", np.dtype(float)).kind not in "fiub" or not value.shape:
        received = f"an array of type {value.dtype}" if value.shape else repr(value[()])
        advice = (
            f"Encode what isn't a number, then use np.asarray(data, {K.floatx()!r})."
        )
        raise DataError(
            f"{what}: received {received}, expected numbers with an axis of samples. {advice}"
        )
    return value


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(repr, names)) or "none"


def name_of(function: Any) -> str:
    """Returns the name that a loss or metric goes by."""
    return str(getattr(function, "__name__", type(function).__name__))


def spread(
    what: str, value: Any, names: Names, default: Any = ..., error: Any = ArgumentError
) -> Any:
    """Returns a list with an item per name, from a list in the names' order or a dict.

    # Arguments
        default: what a name left out of a dict gets; without it, leaving one out is an
            error.
    """
    if isinstance(value, dict):
        if set(value) <= set(names) and (
            default is not ... or len(value) == len(names)
        ):
            return [value.get(name, default) for name in names]
    elif isinstance(value, (list, tuple)) and len(value) == len(names):
        return list(value)
    received = (
        f"the keys {_listed(value)}"
        if isinstance(value, dict)
        else f"{len(value)} items"
    )
    advice = "Pass a list of one for each in this order, or a dict by name; for a single one, the item alone."
    raise error(
        f"{what}: received {received}, expected {len(names)}: {_listed(names)}. {advice}"
    )


def standardize_sample_or_class_weights(
    x_weight: Any, output_names: Names, weight_type: str
) -> Any:
    """Returns the list of each output's weight argument, or None; `weight_type` is the
    argument's name."""
    if x_weight is None or (isinstance(x_weight, (list, tuple, dict)) and not x_weight):
        return [None] * len(output_names)
    listed = isinstance(x_weight, (list, tuple)) and len(x_weight) == 1
    items = (
        x_weight.values() if isinstance(x_weight, dict) else x_weight if listed else ()
    )
    if len(output_names) == 1 and all(
        hasattr(item, "__float__") and not np.ndim(item) for item in items
    ):
        return [x_weight]
    return spread(weight_type, x_weight, output_names, default=None)


def standardize_class_weights(class_weight: Any, output_names: Names) -> Any:
    """Returns the list of each output's class weight dict, or None."""
    return standardize_sample_or_class_weights(
        class_weight, output_names, "class_weight"
    )


def standardize_sample_weights(sample_weight: Any, output_names: Names) -> Any:
    """Returns the list of each output's array of sample weights, or None."""
    return standardize_sample_or_class_weights(
        sample_weight, output_names, "sample_weight"
    )


def standardize_weights(
    y: Array,
    sample_weight: Any = None,
    class_weight: Any = None,
    sample_weight_mode: str | None = None,
) -> Array:
    """Returns the weights of the samples, `(n,)`, or of their time steps, `(n, steps)`.

    Without any it is a read-only array that holds a single 1, by which backends know it
    for a constant.

    # Arguments
        y: targets, `(n, ...)`.
        sample_weight: array of weights; it wins over `class_weight`.
        class_weight: dict from class number to weight.
        sample_weight_mode: None, or `"temporal"` for weights of time steps.
    """
    expected = tuple(y.shape[: 1 if sample_weight_mode is None else 2])
    if sample_weight is None:
        return (
            _ones(expected, K.floatx())
            if class_weight is None
            else _class_weights(y, class_weight)
        )
    weights = as_array(sample_weight, "sample_weight")
    if (shape := tuple(weights.shape)) != expected:
        got = f"received shape {shape}, expected {expected} for targets of shape {tuple(y.shape)}"
        raise DataError(
            f"sample_weight: {got}. Time steps need compile(..., sample_weight_mode='temporal')."
        )
    return weights


def _class_weights(y: Array, class_weight: Any) -> Array:
    if not isinstance(class_weight, dict):
        expected = "a dict from class to weight, as {0: 1.0, 1: 2.5}"
        raise DataError(
            f"class_weight takes {expected}; received {shown(class_weight)}."
        )
    if len(y.shape) > 2:
        got = f"targets of shape {tuple(y.shape)}. Weight time steps by sample_weight"
        raise DataError(
            f"class_weight takes targets of 2 dimensions, a class per sample; received {got}."
        )
    labels = np.asarray(y).reshape(len(y), -1)
    labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    classes, places = np.unique(labels, return_inverse=True)
    if missing := ", ".join(
        [f"{label:g}" for label in classes.tolist() if label not in class_weight][:9]
    ):
        received = f"targets of shape {tuple(y.shape)}; received weights for {_listed(class_weight):.80}"
        raise DataError(
            f"class_weight has nothing for the classes {missing} of {received}."
        )
    return np.array([class_weight[label] for label in classes.tolist()], K.floatx())[
        places
    ]


def check_array_lengths(
    inputs: Sequence[Array], targets: Sequence[Array], weights: Sequence[Array]
) -> None:
    """Raises a DataError unless all arrays have the same number of samples, and at
    least one."""
    first = inputs[0].shape[0]
    if not first or {array.shape[0] for array in (*inputs, *targets, *weights)} != {
        first
    }:
        groups = (("inputs", inputs), ("targets", targets), ("sample weights", weights))
        counts = "; ".join(
            f"{kind} {_listed(x.shape[0] for x in group)}"
            for kind, group in groups
            if group
        )
        raise DataError(
            f"All arrays need the same number of samples, at least 1. Received {counts}."
        )


def check_loss_and_target_compatibility(
    targets: Sequence[Array],
    losses: Sequence[Any],
    output_shapes: Sequence[Shape | None],
    names: Names = (),
) -> None:
    """Raises a DataError if a target's shape doesn't fit its loss.

    # Arguments
        output_shapes: what each loss expects; None if it takes anything.
        names: the outputs' names, for messages.
    """
    for i, (target, loss, shape) in enumerate(
        zip(targets, losses, output_shapes, strict=True)
    ):
        if shape is None or _fits(target.shape, shape, 1):
            continue
        output = names[i] if names else i
        message = (
            f"model target {output!r}: received an array of shape "
            f"{tuple(target.shape)}, expected {shape} (None: any size) for the loss "
            f"{name_of(loss)!r}."
        )
        if name_of(loss) == "categorical_crossentropy":
            message += (
                " For class numbers use loss='sparse_categorical_crossentropy', or "
                "to_categorical(y)."
            )
        raise DataError(message)


def slice_X(X: Any, start: Any = None, stop: int | None = None) -> Any:
    """Returns rows of an array, or of each array of a list: `start:stop`, or those
    listed in `start`."""
    if isinstance(X, list):
        return [slice_X(array, start, stop) for array in X]
    if hasattr(start, "__len__"):
        return X[start] if isinstance(X, np.ndarray) else X[np.asarray(start).tolist()]
    return X[start:stop]
