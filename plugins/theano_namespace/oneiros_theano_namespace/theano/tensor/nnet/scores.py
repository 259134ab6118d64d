"""Compares predicted classes with the true ones."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt


def confusion_matrix(actual: Any, pred: Any) -> list[Any]:
    """Returns the confusion matrix of classes.

    # Arguments
        actual: vector of integers, the true classes.
        pred: vector of the predicted classes.

    # Returns
        A matrix of counts (right classes, predicted ones), and the classes in its
        order: those that occur, ascending.
    """
    actual = pt.as_tensor_variable(actual)
    pred = pt.as_tensor_variable(pred)
    order = pt.unique(pt.concatenate([actual, pred]))
    is_actual = pt.eq(pt.shape_padright(actual), order)
    is_predicted = pt.eq(pt.shape_padright(pred), order)
    counts = pt.dot(pt.cast(is_actual.T, "int64"), pt.cast(is_predicted, "int64"))
    return [counts, order]
