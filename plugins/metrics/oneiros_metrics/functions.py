"""The metrics.

Each takes the targets and the predictions of one batch, float tensors of the same shape
`(samples, ..., features)`, and returns a scalar tensor. `fit` and `evaluate` average it
over batches, weighted by their size: exact for means, an approximation for precision,
recall and what they make up.
"""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros import objectives
from oneiros.config import get_object
from oneiros.errors import ArgumentError


def binary_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Share of predictions that equal the target once rounded (half to even)."""
    matches = K.equal(y_true, K.round(y_pred))
    return K.mean(matches)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Share of predictions whose largest class is the target's largest class."""
    right = K.argmax(y_true, axis=-1)
    predicted = K.argmax(y_pred, axis=-1)
    return K.mean(K.equal(right, predicted))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Share of predictions whose largest class is the class number in `y_true`.

    Class numbers have the shape `(samples, ..., 1)`.
    """
    right = K.max(y_true, axis=-1)
    predicted = K.argmax(y_pred, axis=-1)
    return K.mean(K.equal(right, K.cast(predicted, K.floatx())))


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Share of 2D predictions that have the target's class among their `k` largest."""
    right = K.argmax(y_true, axis=-1)
    return K.mean(K.in_top_k(y_pred, right, k))


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.mean_squared_error(y_true, y_pred))


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.mean_absolute_error(y_true, y_pred))


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.mean_absolute_percentage_error(y_true, y_pred))


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.mean_squared_logarithmic_error(y_true, y_pred))


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.hinge(y_true, y_pred))


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.squared_hinge(y_true, y_pred))


def categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.categorical_crossentropy(y_true, y_pred))


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.sparse_categorical_crossentropy(y_true, y_pred))


def binary_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.binary_crossentropy(y_true, y_pred))


def kullback_leibler_divergence(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.kullback_leibler_divergence(y_true, y_pred))


def poisson(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.poisson(y_true, y_pred))


def cosine_proximity(y_true: Any, y_pred: Any) -> Any:
    """Mean of the objective of this name."""
    return K.mean(objectives.cosine_proximity(y_true, y_pred))


def _positives(y: Any) -> Any:
    """Returns 1 where the rounded value is 1 or more, 0 elsewhere."""
    return K.round(K.clip(y, 0, 1))


def matthews_correlation(y_true: Any, y_pred: Any) -> Any:
    """Correlation of rounded predictions and targets over the batch.

    1 means all right, -1 all wrong.

    # References
        - Matthews: Comparison of the predicted and observed secondary structure of T4
          phage lysozyme, 1975
    """
    is_positive = _positives(y_true)
    is_negative = 1 - is_positive
    says_positive = _positives(y_pred)
    says_negative = 1 - says_positive
    true_positives = K.sum(is_positive * says_positive)
    true_negatives = K.sum(is_negative * says_negative)
    false_positives = K.sum(is_negative * says_positive)
    false_negatives = K.sum(is_positive * says_negative)
    covariance = true_positives * true_negatives - false_positives * false_negatives
    spread = K.sqrt(
        (true_positives + false_positives)
        * (true_positives + false_negatives)
        * (true_negatives + false_positives)
        * (true_negatives + false_negatives)
    )
    return covariance / (spread + K.epsilon())


def precision(y_true: Any, y_pred: Any) -> Any:
    """Share of the selected items, in a batch of many labels, that are right."""
    true_positives = K.sum(_positives(y_true * y_pred))
    selected = K.sum(_positives(y_pred))
    return true_positives / (selected + K.epsilon())


def recall(y_true: Any, y_pred: Any) -> Any:
    """Share of the right items, in a batch of many labels, that were selected."""
    true_positives = K.sum(_positives(y_true * y_pred))
    right = K.sum(_positives(y_true))
    return true_positives / (right + K.epsilon())


def fbeta_score(y_true: Any, y_pred: Any, beta: float = 1) -> Any:
    """Weighted harmonic mean of precision and recall.

    # Arguments
        y_true: targets.
        y_pred: predictions.
        beta: float of at least 0; above 1 recall counts more, below 1 precision does.

    # Raises
        ArgumentError: for a negative `beta`.
    """
    if beta < 0:
        raise ArgumentError(
            f"fbeta_score takes a beta of at least 0; it received {beta}. 0 counts "
            "only precision."
        )
    p = precision(y_true, y_pred)
    r = recall(y_true, y_pred)
    return (1 + beta**2) * (p * r) / (beta**2 * p + r + K.epsilon())


def fmeasure(y_true: Any, y_pred: Any) -> Any:
    """Harmonic mean of precision and recall."""
    return fbeta_score(y_true, y_pred, beta=1)


mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
cosine = cosine_proximity
fscore = fmeasure
f1score = fmeasure


def get(identifier: Any) -> Any:
    """Returns the metric that `identifier` names.

    # Arguments
        identifier: name, or a function of `(y_true, y_pred)`.

    # Example
        ```python
        from oneiros import metrics
        metrics.get("fmeasure")
        ```
    """
    return get_object("metric", identifier)
