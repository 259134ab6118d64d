"""Functions that transformers are built and trained with: an activation, an
initialization, a loss and a metric."""

import math
from collections.abc import Sequence

from oneiros import backend as K
from oneiros.initializations import get_fans, normal
from oneiros.objectives import sparse_categorical_crossentropy
from oneiros.typing import Shape, Tensor

SMOOTHING = 0.1
"""The share of a target that all classes divide among them, as in the paper."""


def squared_relu(x: Tensor) -> Tensor:
    """The square of `relu`: `max(0, x) ** 2`.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([[-1.0, 0.5, 2.0]])
        print(K.eval(activations.squared_relu(x)))  # [[0.   0.25 4.  ]]
        ```

    # References
        - So et al.: Primer: Searching for Efficient Transformers for Language Modeling,
          arXiv:2109.08668
    """
    return K.square(K.relu(x))


def small_normal(
    shape: Sequence[int], name: str | None = None, dim_ordering: str = "th"
) -> Tensor:
    """Normal with mean 0 and a small standard deviation: `sqrt(2 / (5 * inputs))`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.small_normal((1000, 100)))
        print(values.std().round(2))  # 0.02
        ```

    # References
        - Nguyen, Salazar: Transformers without Tears, arXiv:1910.05895, `SmallInit`
    """
    inputs, _ = get_fans(shape, dim_ordering)
    return normal(shape, math.sqrt(2 / (5 * inputs)), name=name)


def sparse_smoothed_crossentropy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Crossentropy of probabilities against class numbers, with smoothed labels: a
    tenth of each target is divided among all classes.

    # Arguments
        y_true: tensor `(samples, …, 1)` of class numbers.
        y_pred: tensor `(samples, …, classes)`, probabilities.

    # Returns
        Tensor `(samples, …)`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true, y_pred = K.variable([[1]]), K.variable([[0.25, 0.5, 0.25]])
        loss = objectives.sparse_smoothed_crossentropy(y_true, y_pred)
        print(K.eval(loss).round(4))  # [0.7394]
        ```

    # References
        - Vaswani et al.: Attention Is All You Need, arXiv:1706.03762, section 5.4
    """
    of_class = sparse_categorical_crossentropy(y_true, y_pred)
    shares = y_pred / K.sum(y_pred, axis=-1, keepdims=True)
    clipped = K.clip(shares, K.epsilon(), 1.0)
    of_all = -K.mean(K.log(clipped), axis=-1)
    return (1.0 - SMOOTHING) * of_class + SMOOTHING * of_all


def _of_class_numbers(output_shape: Shape) -> Shape:
    return (*output_shape[:-1], 1)


sparse_smoothed_crossentropy.target_shape = (  # type: ignore[attr-defined]
    _of_class_numbers
)


def sparse_perplexity(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Perplexity of probabilities, for class numbers: the number of classes among which
    a guess would do as well.

    It is the exponential of a batch's mean crossentropy; `fit` and `evaluate` show the
    mean over batches. As in every metric of Keras 1, masked steps count.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true, y_pred = K.variable([[1]]), K.variable([[0.25, 0.5, 0.25]])
        print(K.eval(metrics.sparse_perplexity(y_true, y_pred)).round(4))  # 2.0
        ```

    # References
        - Jelinek et al.: Perplexity, a Measure of the Difficulty of Speech Recognition
          Tasks, 1977
    """
    return K.exp(K.mean(sparse_categorical_crossentropy(y_true, y_pred)))
