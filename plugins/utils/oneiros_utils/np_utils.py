"""Helpers for NumPy arrays: labels, scores, kernels and convolution lengths."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from oneiros.arguments import (
    check_choice,
    check_int,
    int_if_whole,
    open_to_old_code,
    shown,
)
from oneiros.backend.common import image_dim_ordering
from oneiros.errors import ArgumentError, DataError
from oneiros.typing import Array, Tensor
from oneiros_old_files.convolution_kernels import FITTED_WHEN_LOADED, flipped

Numbers = ArrayLike | list[Any]
"""What annotations call an array, or lists of numbers of any type."""


@open_to_old_code
def to_categorical(y: Numbers, nb_classes: int | None = None) -> Array:
    """Turns class numbers into one-hot rows.

    # Arguments
        y: class numbers from 0, of any shape; they are flattened.
        nb_classes: int, number of classes; None and 0 mean the largest number in `y`
            plus one.

    # Returns
        float64 array `(len(y), nb_classes)`.

    # Raises
        DataError: if a class number is invalid, negative or not below `nb_classes`.
        ArgumentError: if `nb_classes` isn't an integer.

    # Example
        ```python
        from oneiros.utils.np_utils import to_categorical

        print(to_categorical([0, 2, 1], 3))
        # [[1. 0. 0.]
        #  [0. 0. 1.]
        #  [0. 1. 0.]]
        ```
    """
    labels = _class_numbers(y)
    if nb_classes:
        nb_classes = check_int("to_categorical", "nb_classes", int_if_whole(nb_classes))
    if not labels.size:
        return np.zeros((0, nb_classes or 0))
    nb_classes = nb_classes or int(labels.max()) + 1
    if labels.min() < 0 or labels.max() >= nb_classes:
        raise DataError(
            f"to_categorical expected class numbers from 0 to {nb_classes - 1} "
            f"(nb_classes={nb_classes}); received numbers from {labels.min()} to "
            f"{labels.max()}."
        )
    one_hot = np.zeros((labels.size, nb_classes))
    one_hot[np.arange(labels.size), labels] = 1
    return one_hot


def _class_numbers(y) -> Array:
    try:
        return np.array(y, dtype="int").ravel()
    except (TypeError, ValueError):
        raise DataError(
            f"to_categorical received y={shown(y)}. Expected class numbers from 0; "
            "np.unique(y, return_inverse=True)[1] numbers the classes of other labels."
        ) from None


def normalize(a: Numbers, axis: int = -1, order: float = 2) -> Array:
    """Divides by the norm along an axis; slices with norm 0 stay unchanged.

    It computes `a / norm(a)`. A vector becomes one row.

    # Arguments
        a: array.
        axis: int, the axis of the norm.
        order: order of the norm, as in `numpy.linalg.norm`.

    # Returns
        Array of the shape of `a`, or `(1, len(a))` for a vector.

    # Example
        ```python
        from oneiros.utils.np_utils import normalize

        print(normalize([[3.0, 4.0], [0.0, 0.0]]))
        # [[0.6 0.8]
        #  [0.  0. ]]
        ```
    """
    norms = np.atleast_1d(np.linalg.norm(a, order, axis))
    norms[norms == 0] = 1
    return np.asarray(a / np.expand_dims(norms, axis))


def binary_logloss(p: Numbers, y: Numbers) -> Tensor:
    """Returns the mean crossentropy of probabilities `p` and labels `y` of 0 and 1.

    It computes `-mean(y * log(p) + (1 - y) * log(1 - p))`. Probabilities are clipped to
    a distance of 1e-15 from 0 and 1.

    # Arguments
        p: array `(samples,)`, probabilities of 1.
        y: array `(samples,)`, labels.

    # Returns
        Float of at least 0, in nats.

    # Example
        ```python
        from oneiros.utils.np_utils import binary_logloss

        loss = binary_logloss([0.5, 0.75], [1, 0])  # -log(0.5) and -log(0.25)
        print(loss.round(4))  # 1.0397
        ```
    """
    p = np.clip(p, 1e-15, 1 - 1e-15)
    y = np.asarray(y)
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / len(y)


def multiclass_logloss(p: Numbers, y: Numbers) -> Tensor:
    """Returns the mean crossentropy of rows of class probabilities and class numbers.

    It computes `-mean(log(p[sample, y - 1]))`. As in Keras 1.2.2, class numbers count
    from 1.

    # Arguments
        p: array `(samples, classes)`, probabilities.
        y: array `(samples,)` of int, class numbers from 1.

    # Returns
        Float of at least 0, in nats; infinite for a probability of 0.

    # Example
        ```python
        from oneiros.utils.np_utils import multiclass_logloss

        loss = multiclass_logloss([[0.5, 0.5], [0.75, 0.25]], [1, 2])
        print(loss.round(4))  # 1.0397
        ```
    """
    p = np.asarray(p)
    y = np.asarray(y)
    return -np.mean(np.log(p[np.arange(len(y)), y - 1]))


def accuracy(p: Array, y: Any) -> Tensor:
    """Returns the fraction of the elements of `p` that equal those of `y`.

    # Arguments
        p: array or list `(samples,)`, predicted classes.
        y: array or list `(samples,)`, classes. If one is longer, its rest is ignored.

    # Returns
        Float between 0 and 1.

    # Example
        ```python
        from oneiros.utils.np_utils import accuracy

        print(accuracy([0, 1, 1, 2], [0, 1, 2, 2]))  # 0.75
        ```
    """
    return np.mean([a == b for a, b in zip(p, y)])


def probas_to_classes(y_pred: Numbers) -> Array:
    """Returns the most likely class of each row.

    # Arguments
        y_pred: probabilities `(samples, classes)`, or `(samples[, 1])` for the second
            of two classes, where 0.5 means the first class.

    # Returns
        int array `(samples,)`.

    # Example
        ```python
        from oneiros.utils.np_utils import probas_to_classes

        print(probas_to_classes([[0.2, 0.8], [0.9, 0.1]]))  # [1 0]
        print(probas_to_classes([0.2, 0.8]))  # [0 1]
        ```
    """
    y_pred = np.asarray(y_pred)
    if y_pred.ndim > 1 and y_pred.shape[1] > 1:
        return categorical_probas_to_classes(y_pred)
    return np.array([1 if p > 0.5 else 0 for p in y_pred], dtype="int")


def categorical_probas_to_classes(p: Numbers) -> Array:
    """Returns the most likely class of each row of probabilities.

    # Arguments
        p: array `(samples, classes)`.

    # Returns
        int array `(samples,)`; in a tie, the first class.

    # Example
        ```python
        from oneiros.utils.np_utils import categorical_probas_to_classes

        print(categorical_probas_to_classes([[0.2, 0.8], [0.9, 0.1]]))  # [1 0]
        ```
    """
    return np.asarray(np.argmax(p, axis=1))


def convert_kernel(kernel: Array, dim_ordering: str | None = None) -> Array:
    """Flips a kernel along its window.

    This converts from Theano's convolution to cross-correlation and back. A kernel that
    was already converted when its file was loaded stays unchanged, with a warning.

    # Arguments
        kernel: array of rank 4 or 5.
        dim_ordering: `"th"` for window last, `"tf"` for window first, or None for
            `K.image_dim_ordering()`.

    # Returns
        A new array of the same shape.

    # Raises
        ArgumentError: if the rank or `dim_ordering` is invalid.

    # Example
        ```python
        import numpy as np
        from oneiros.utils.np_utils import convert_kernel

        kernel = np.arange(4.0).reshape(1, 1, 2, 2)
        print(convert_kernel(kernel, "th"))
        # [[[[3. 2.]
        #    [1. 0.]]]]
        ```
    """
    kernel = np.asarray(kernel)
    if kernel.ndim not in (4, 5):
        raise ArgumentError(
            f"convert_kernel expected a kernel of rank 4 or 5; received shape "
            f"{kernel.shape}."
        )
    name = _fitted_when_loaded(kernel)
    if name:
        warnings.warn(
            f"This kernel of {name} was converted when it was loaded, so it stays "
            "unchanged. Remove the conversion.",
            stacklevel=2,
        )
        return np.array(kernel)
    if dim_ordering in (None, "default"):
        dim_ordering = image_dim_ordering()
    check_choice("convert_kernel", "dim_ordering", dim_ordering, ("th", "tf"))
    return np.array(flipped(kernel, dim_ordering))


def _fitted_when_loaded(kernel: Array) -> str | None:
    """Returns the name of the layer with exactly this kernel, if it was converted when
    it was loaded."""
    for layer in list(FITTED_WHEN_LOADED):
        for weight in layer.get_weights():
            if weight.shape == kernel.shape and np.array_equal(weight, kernel):
                return str(layer.name)
    return None


def conv_output_length(
    input_length: int | None,
    filter_size: int,
    border_mode: str,
    stride: int,
    dilation: int = 1,
) -> int | None:
    """Returns the output length of a convolution; None if the input length is None.

    # Arguments
        input_length: int or None.
        filter_size: int.
        border_mode: `"same"`, `"valid"` or `"full"`.
        stride: int, distance between neighbouring positions.
        dilation: int, distance between neighbouring filter taps.

    # Returns
        Int or None: `ceil(n / stride)`, where `n` is `input_length` for `"same"`,
        `input_length - (filter_size - 1) * dilation` for `"valid"`, and `input_length +
        (filter_size - 1) * dilation` for `"full"`.

    # Raises
        ArgumentError: if `border_mode` is unknown.

    # Example
        ```python
        from oneiros.utils.np_utils import conv_output_length

        print(conv_output_length(28, 3, "valid", stride=2))  # 13
        ```
    """
    if input_length is None:
        return None
    reach = (filter_size - 1) * dilation
    positions = {
        "same": input_length,
        "valid": input_length - reach,
        "full": input_length + reach,
    }
    check_choice("conv_output_length", "border_mode", border_mode, positions)
    return (positions[border_mode] + stride - 1) // stride


def conv_input_length(
    output_length: int | None, filter_size: int, border_mode: str, stride: int
) -> int | None:
    """Returns the input length of a convolution with this output length.

    It inverts `conv_output_length` as far as possible; None returns None.

    # Arguments
        output_length: int or None.
        filter_size: int.
        border_mode: `"same"`, `"valid"` or `"full"`.
        stride: int, distance between neighbouring positions.

    # Returns
        Int or None: `(output_length - 1) * stride - 2 * pad + filter_size`, where `pad`
        is `filter_size // 2` for `"same"`, 0 for `"valid"`, `filter_size - 1` for
        `"full"`.

    # Raises
        ArgumentError: if `border_mode` is unknown.

    # Example
        ```python
        from oneiros.utils.np_utils import conv_input_length

        print(conv_input_length(13, 3, "valid", stride=2))  # 27
        ```
    """
    if output_length is None:
        return None
    padding = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}
    check_choice("conv_input_length", "border_mode", border_mode, padding)
    return (output_length - 1) * stride - 2 * padding[border_mode] + filter_size
