"""The metrics, as Keras 1.2.2 defines them.

Each function receives the targets and predictions of one batch, float tensors of the
same shape `(samples, …, features)`, and returns a scalar tensor. `fit`
(`oneiros_callbacks.averages.BaseLogger`) and `evaluate` (`oneiros.engine.loops`)
average it over batches, weighted by their size. That is exact for means, but an
approximation for precision, recall and metrics derived from them. Masks and sample
weights don't affect metrics.
"""

from collections.abc import Callable

from oneiros import backend as K
from oneiros import objectives
from oneiros.config import get_object
from oneiros.errors import ArgumentError
from oneiros.typing import Tensor

conformance = {
    "categorical_crossentropy": {"tags": ("undefined_at_zero",)},
    "top_k_categorical_accuracy": {"tags": ("only_matrices",)},
}
"""What the checks of oneiros-testing must know of some functions."""


def binary_accuracy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Fraction of predictions that equal the target once rounded (half to even).

    `mean(y_true == round(y_pred))`: 0.5 counts as 0. `metrics=["accuracy"]` selects
    this metric for an output of one unit, and for `binary_crossentropy`. A sigmoid
    never predicts a label of -1.

    # Arguments
        y_true: tensor `(samples, …, features)` of 0 and 1.
        y_pred: tensor of the same shape, probabilities.

    # Returns
        Scalar tensor between 0 and 1, over all features of all samples.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[0.0], [1.0], [1.0], [1.0]])
        y_pred = K.variable([[0.2], [0.9], [0.6], [0.5]])
        print(K.eval(metrics.binary_accuracy(y_true, y_pred)))  # 0.75
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 5.1.2
    """
    matches = K.equal(y_true, K.round(y_pred))
    return K.mean(matches)


def categorical_accuracy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Fraction of predictions whose largest class is the target's largest class.

    `mean(argmax(y_true) == argmax(y_pred))`; among equal values, the first one counts.

    # Arguments
        y_true: tensor `(samples, …, classes)`, one-hot rows. With only one class, the
            result is 1 for any prediction.
        y_pred: tensor of the same shape, probabilities or scores.

    # Returns
        Scalar tensor between 0 and 1.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[1.0, 0.0], [0.0, 1.0]])
        y_pred = K.variable([[0.7, 0.3], [0.6, 0.4]])
        print(K.eval(metrics.categorical_accuracy(y_true, y_pred)))  # 0.5
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 5.1.2
    """
    true_classes = K.argmax(y_true, axis=-1)
    predicted = K.argmax(y_pred, axis=-1)
    return K.mean(K.equal(true_classes, predicted))


def sparse_categorical_accuracy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Fraction of predictions whose largest class is the class number in `y_true`.

    `mean(max(y_true) == argmax(y_pred))`, over the last axis, which is one number in
    `y_true`.

    # Arguments
        y_true: tensor `(samples, …, 1)` of class numbers, from 0.
        y_pred: tensor `(samples, …, classes)`, probabilities or scores.

    # Returns
        Scalar tensor between 0 and 1.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[0], [1]])
        y_pred = K.variable([[0.7, 0.3], [0.6, 0.4]])
        print(K.eval(metrics.sparse_categorical_accuracy(y_true, y_pred)))  # 0.5
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 5.1.2
    """
    true_classes = K.max(y_true, axis=-1)
    predicted = K.argmax(y_pred, axis=-1)
    return K.mean(K.equal(true_classes, K.cast(predicted, K.floatx())))


def top_k_categorical_accuracy(y_true: Tensor, y_pred: Tensor, k: int = 5) -> Tensor:
    """Fraction of predictions that have the target's class among their `k` largest.

    For another `k` than 5, pass your own function to `metrics`; its name becomes the
    metric's name.

    # Arguments
        y_true: tensor `(samples, classes)`, one-hot rows.
        y_pred: tensor of the same shape, probabilities or scores.
        k: int, how many of the largest values count; a tie counts as a hit. If `k` is
            the number of classes, the result is 1.

    # Returns
        Scalar tensor between 0 and 1.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        def top_2(y_true, y_pred):
            return metrics.top_k_categorical_accuracy(y_true, y_pred, k=2)

        y_true = K.variable([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
        y_pred = K.variable([[0.5, 0.2, 0.3], [0.5, 0.3, 0.2]])
        print(K.eval(top_2(y_true, y_pred)))  # 0.5
        ```

    # References
        - Russakovsky and others: ImageNet Large Scale Visual Recognition Challenge,
          International Journal of Computer Vision 115, 2015, which counts with `k` = 5
    """
    true_classes = K.argmax(y_true, axis=-1)
    return K.mean(K.in_top_k(y_pred, true_classes, k))


def _mean_of(loss):
    """Returns the metric that is the mean of a loss over a batch."""

    def metric(y_true: Tensor, y_pred: Tensor) -> Tensor:
        return K.mean(loss(y_true, y_pred))

    metric.__name__ = metric.__qualname__ = loss.__name__
    metric.__doc__ = f"""Mean over a batch of the loss `objectives.{loss.__name__}`.

    `help(oneiros.objectives.{loss.__name__})` shows its formula.

    # Arguments
        y_true: tensor, the targets, as for the loss.
        y_pred: tensor, the predictions, as for the loss.

    # Returns
        Scalar tensor.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics, objectives

        y_true, y_pred = K.variable([[0.0]]), K.variable([[0.75]])
        loss = K.eval(objectives.{loss.__name__}(y_true, y_pred))
        mean = K.eval(metrics.{loss.__name__}(y_true, y_pred))
        print(mean == loss.mean())  # True
        ```
    """
    return metric


mean_squared_error = _mean_of(objectives.mean_squared_error)
mean_absolute_error = _mean_of(objectives.mean_absolute_error)
mean_absolute_percentage_error = _mean_of(objectives.mean_absolute_percentage_error)
mean_squared_logarithmic_error = _mean_of(objectives.mean_squared_logarithmic_error)
hinge = _mean_of(objectives.hinge)
squared_hinge = _mean_of(objectives.squared_hinge)
categorical_crossentropy = _mean_of(objectives.categorical_crossentropy)
sparse_categorical_crossentropy = _mean_of(objectives.sparse_categorical_crossentropy)
binary_crossentropy = _mean_of(objectives.binary_crossentropy)
kullback_leibler_divergence = _mean_of(objectives.kullback_leibler_divergence)
poisson = _mean_of(objectives.poisson)
cosine_proximity = _mean_of(objectives.cosine_proximity)


def _positives(y):
    """Returns 1 where the rounded value is 1 or more, 0 elsewhere."""
    return K.round(K.clip(y, 0, 1))


def matthews_correlation(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Correlation of rounded predictions and targets over the batch.

    `(tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))`, where
    the four are the numbers of true and false (`t`, `f`) positives and negatives (`p`,
    `n`) over all features of the batch. It is 0 if one of the factors is.

    # Arguments
        y_true: tensor `(samples, …, features)` of 0 and 1.
        y_pred: tensor of the same shape, probabilities; 0.5 counts as 0.

    # Returns
        Scalar tensor from -1 (all wrong) to 1 (all right). Guesses give about 0.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[1.0], [1.0], [0.0], [0.0]])
        y_pred = K.variable([[0.9], [0.2], [0.1], [0.3]])  # tp 1, fn 1, tn 2
        correlation = metrics.matthews_correlation(y_true, y_pred)
        print(round(float(K.eval(correlation)), 4))  # 0.5774
        ```

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


def precision(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Fraction of the selected items, in a batch of many labels, that are right.

    `tp / (tp + fp + K.epsilon())`, with the true and false positives of the whole
    batch. The mean over batches, which `fit` shows, isn't the precision over all
    samples.

    # Arguments
        y_true: tensor `(samples, …, features)` of 0 and 1.
        y_pred: tensor of the same shape, probabilities; an item is selected above 0.5.

    # Returns
        Scalar tensor between 0 and 1; 0 if nothing is selected.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[1.0, 1.0, 1.0, 0.0]])
        y_pred = K.variable([[0.9, 0.1, 0.2, 0.8]])  # one of two selected is right
        share = K.eval(metrics.precision(y_true, y_pred))
        print(round(float(share), 4))  # 0.5
        ```

    # References
        - Manning, Raghavan, Schütze: Introduction to Information Retrieval, Cambridge
          University Press, 2008, section 8.3
    """
    true_positives = K.sum(_positives(y_true * y_pred))
    selected = K.sum(_positives(y_pred))
    return true_positives / (selected + K.epsilon())


def recall(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Fraction of the right items, in a batch of many labels, that were selected.

    `tp / (tp + fn + K.epsilon())`, with the true positives and false negatives of the
    whole batch.

    # Arguments
        y_true, y_pred: as for `precision`.

    # Returns
        Scalar tensor between 0 and 1; 0 if there is nothing to select.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[1.0, 1.0, 1.0, 0.0]])
        y_pred = K.variable([[0.9, 0.1, 0.2, 0.8]])  # one of three is selected
        share = K.eval(metrics.recall(y_true, y_pred))
        print(round(float(share), 4))  # 0.3333
        ```

    # References
        - Manning, Raghavan, Schütze: Introduction to Information Retrieval, Cambridge
          University Press, 2008, section 8.3
    """
    true_positives = K.sum(_positives(y_true * y_pred))
    relevant = K.sum(_positives(y_true))
    return true_positives / (relevant + K.epsilon())


def fbeta_score(y_true: Tensor, y_pred: Tensor, beta: float = 1) -> Tensor:
    """Weighted harmonic mean of precision and recall.

    `(1 + beta**2) * p * r / (beta**2 * p + r + K.epsilon())`, where `p` is `precision`
    and `r` is `recall`.

    # Arguments
        y_true, y_pred: as for `precision`.
        beta: float of at least 0; above 1, recall counts more; below 1, precision does.

    # Returns
        Scalar tensor between 0 and 1; 0 if nothing right is selected.

    # Raises
        ArgumentError: for a negative `beta`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[1.0, 1.0, 1.0, 0.0]])
        y_pred = K.variable([[0.9, 0.1, 0.2, 0.8]])  # precision 1/2, recall 1/3
        score = K.eval(metrics.fbeta_score(y_true, y_pred, beta=2))
        print(round(float(score), 4))  # 0.3571
        ```

    # References
        - van Rijsbergen: Information Retrieval, second edition, 1979
    """
    if beta < 0:
        raise ArgumentError(
            f"fbeta_score needs a beta of at least 0; it received {beta}. With 0, "
            "only precision counts."
        )
    p = precision(y_true, y_pred)
    r = recall(y_true, y_pred)
    return (1 + beta**2) * (p * r) / (beta**2 * p + r + K.epsilon())


def fmeasure(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Harmonic mean of precision and recall: `2 * p * r / (p + r + K.epsilon())`.

    # Arguments
        y_true, y_pred: as for `precision`.

    # Returns
        Scalar tensor between 0 and 1; 0 if nothing right is selected.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import metrics

        y_true = K.variable([[1.0, 1.0, 1.0, 0.0]])
        y_pred = K.variable([[0.9, 0.1, 0.2, 0.8]])  # precision 1/2, recall 1/3
        score = K.eval(metrics.fmeasure(y_true, y_pred))
        print(round(float(score), 4))  # 0.4
        ```

    # References
        - van Rijsbergen: Information Retrieval, second edition, 1979
    """
    return fbeta_score(y_true, y_pred, beta=1)


def get(identifier: str | Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Returns the metric that `identifier` names.

    # Arguments
        identifier: name, such as `"fmeasure"`, or a function of `(y_true, y_pred)`,
            which is returned unchanged. Only `compile` knows `"accuracy"`, for which it
            selects a metric by the loss.

    # Returns
        A function of `(y_true, y_pred)`.

    # Raises
        UnknownNameError: if no installed plugin provides the name.
        ConfigError: for a number, a list or bytes.

    # Example
        ```python
        from oneiros import metrics

        print(metrics.get("mse").__name__)  # mean_squared_error
        ```
    """
    function: Callable[..., Tensor] = get_object("metric", identifier)
    return function
