"""The loss functions.

Each takes the targets and the predictions, float tensors of the same shape
`(samples, ..., features)`, and returns one loss per sample (and step), the last axis
reduced. Sparse targets are class numbers `(samples, ..., 1)`.
"""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros.config import get_object


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the squared differences."""
    return K.mean(K.square(y_pred - y_true), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the absolute differences."""
    return K.mean(K.abs(y_pred - y_true), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the absolute differences in percent of the target.

    A target counts as `K.epsilon()` at least.
    """
    difference = K.abs((y_true - y_pred) / K.clip(K.abs(y_true), K.epsilon(), None))
    return 100.0 * K.mean(difference, axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Mean squared difference of `log(1 + y)`.

    Values below `K.epsilon()` count as that.
    """
    log_pred = K.log(K.clip(y_pred, K.epsilon(), None) + 1.0)
    log_true = K.log(K.clip(y_true, K.epsilon(), None) + 1.0)
    return K.mean(K.square(log_pred - log_true), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of the squares of `max(1 - y_true * y_pred, 0)`; targets are -1 and 1."""
    return K.mean(K.square(K.maximum(1.0 - y_true * y_pred, 0.0)), axis=-1)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of `max(1 - y_true * y_pred, 0)`; targets are -1 and 1."""
    return K.mean(K.maximum(1.0 - y_true * y_pred, 0.0), axis=-1)


def categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Crossentropy of class probabilities against targets that are distributions.

    Predictions are scaled to sum to one, then kept between 1e-7 and 1 - 1e-7; a row of
    zeros gives NaN.
    """
    return K.categorical_crossentropy(y_pred, y_true)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Crossentropy of class probabilities against class numbers.

    Class numbers have the shape `(samples, ..., 1)`.
    """
    return K.sparse_categorical_crossentropy(y_pred, y_true)


def binary_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Mean over independent yes-or-no probabilities of each one's crossentropy."""
    return K.mean(K.binary_crossentropy(y_pred, y_true), axis=-1)


def kullback_leibler_divergence(y_true: Any, y_pred: Any) -> Any:
    """Sum of `y_true * log(y_true / y_pred)`, both kept between `K.epsilon()` and 1."""
    y_true = K.clip(y_true, K.epsilon(), 1.0)
    y_pred = K.clip(y_pred, K.epsilon(), 1.0)
    return K.sum(y_true * K.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """Mean of `y_pred - y_true * log(y_pred + K.epsilon())`.

    A negative prediction gives NaN.
    """
    return K.mean(y_pred - y_true * K.log(y_pred + K.epsilon()), axis=-1)


def cosine_proximity(y_true: Any, y_pred: Any) -> Any:
    """Minus the cosine between target and prediction, by the number of features."""
    return -K.mean(
        K.l2_normalize(y_true, axis=-1) * K.l2_normalize(y_pred, axis=-1), axis=-1
    )


mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence
cosine = cosine_proximity


def get(identifier: Any) -> Any:
    """Returns the loss function that `identifier` names.

    # Arguments
        identifier: name, or a function of `(y_true, y_pred)`.

    # Example
        ```python
        from oneiros import objectives
        objectives.get("mse")
        ```
    """
    return get_object("objective", identifier)
