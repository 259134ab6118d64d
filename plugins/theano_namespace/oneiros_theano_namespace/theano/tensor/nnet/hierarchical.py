"""Softmax in two steps: of classes, and of the outputs within a class."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt

from oneiros_theano_namespace.theano.tensor.nnet.activations import softmax


def h_softmax(
    x: Any,
    batch_size: Any,
    n_outputs: Any,
    n_classes: Any,
    n_outputs_per_class: Any,
    W1: Any,
    b1: Any,
    W2: Any,
    b2: Any,
    target: Any = None,
) -> Any:
    """Probabilities of many outputs: that of the class times that within the class.

    The probability of one output costs as much as the classes and one class have
    outputs.

    # Arguments
        x: matrix (samples, features).
        batch_size: number of samples.
        n_outputs: number of outputs, up to `n_classes * n_outputs_per_class`.
        n_classes: number of classes.
        n_outputs_per_class: number of outputs in each.
        W1, b1: weights (features, classes), and biases (classes,).
        W2, b2: weights (classes, features, outputs by class), and biases (classes,
            outputs by class).
        target: vector of integers, one output by sample; None means all.

    # Returns
        The probabilities of the targets (samples,), or of all (samples, outputs).

    # References
        - [Classes for fast maximum entropy training](
          https://arxiv.org/abs/cs/0108006)
    """
    of_classes = softmax(pt.dot(x, W1) + b1)
    if target is None:
        scores = pt.tensordot(x, W2, [[1], [1]]) + b2
        products = pt.shape_padright(of_classes) * softmax(scores)
        all_outputs = (batch_size, n_classes * n_outputs_per_class)
        return products.reshape(all_outputs)[:, :n_outputs]
    target = pt.as_tensor_variable(target).flatten()
    classes = target // n_outputs_per_class
    samples = pt.arange(batch_size)
    weights = pt.as_tensor_variable(W2)[classes]
    biases = pt.as_tensor_variable(b2)[classes]
    scores = (pt.shape_padright(x) * weights).sum(axis=1) + biases
    within_class = softmax(scores)[samples, target % n_outputs_per_class]
    return of_classes[samples, classes] * within_class
