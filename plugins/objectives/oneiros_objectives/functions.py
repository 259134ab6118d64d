"""The loss functions, as Keras 1.2.2 defines them.

Each function receives targets and predictions, float tensors of the same shape
`(samples, …, features)`, and reduces the last axis: it returns one loss per sample (and
step). Sparse targets are class numbers `(samples, …, 1)`. Training minimizes the mean
over the samples, weighted by `sample_weight`.
"""

from collections.abc import Callable

from oneiros import backend as K
from oneiros.config import get_object
from oneiros.typing import Tensor

conformance = {"hinge": {"tags": ("margin",)}, "squared_hinge": {"tags": ("margin",)}}
"""What the checks of oneiros-testing must know of some functions."""


def _mean(x: Tensor) -> Tensor:
    return K.mean(x, axis=-1)


def _at_least_epsilon(x: Tensor) -> Tensor:
    return K.clip(x, K.epsilon(), None)


def _missing_margins(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Returns by how much products of targets and predictions are below 1."""
    margins = y_true * y_pred
    return K.maximum(1.0 - margins, 0.0)


def mean_squared_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Mean of the squared differences: `mean((y_pred - y_true) ** 2)`.

    # Arguments
        y_true: tensor `(samples, …, features)`, the targets.
        y_pred: tensor of the same shape, the predictions.

    # Returns
        Tensor `(samples, …)` of at least 0, in the square of the targets' unit.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[1.0, 2.0]])
        y_pred = K.variable([[1.0, 4.0]])
        print(K.eval(objectives.mean_squared_error(y_true, y_pred)))  # [2.]
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 5.1.4
    """
    squares = K.square(y_pred - y_true)
    return _mean(squares)


def mean_absolute_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Mean of the absolute differences: `mean(abs(y_pred - y_true))`.

    Outliers count less than with `mean_squared_error`.

    # Arguments
        y_true: tensor `(samples, …, features)`, the targets.
        y_pred: tensor of the same shape, the predictions.

    # Returns
        Tensor `(samples, …)` of at least 0, in the targets' unit.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[1.0, 2.0]])
        y_pred = K.variable([[1.0, 4.0]])
        print(K.eval(objectives.mean_absolute_error(y_true, y_pred)))  # [1.]
        ```

    # References
        - Hyndman, Koehler: Another look at measures of forecast accuracy, International
          Journal of Forecasting 22, 2006
    """
    differences = K.abs(y_pred - y_true)
    return _mean(differences)


def mean_absolute_percentage_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Mean of the absolute differences in percent of the target.

    `100 * mean(abs(y_true - y_pred) / max(abs(y_true), K.epsilon()))`.

    A target near 0 makes the loss huge: with a target of 0, a prediction of 1 is wrong
    by 1,000,000,000 percent. Use another loss if targets can be 0.

    # Arguments
        y_true: tensor `(samples, …, features)`, the targets, far from 0.
        y_pred: tensor of the same shape, the predictions.

    # Returns
        Tensor `(samples, …)` of at least 0, in percent. Predictions of 0 give 100;
        there is no upper bound.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[100.0, 50.0]])
        y_pred = K.variable([[110.0, 40.0]])  # wrong by 10 % and by 20 %
        loss = objectives.mean_absolute_percentage_error(y_true, y_pred)
        print(K.eval(loss).round(3))  # [15.]
        ```

    # References
        - Hyndman, Koehler: Another look at measures of forecast accuracy, International
          Journal of Forecasting 22, 2006
    """
    sizes = _at_least_epsilon(K.abs(y_true))
    shares = (y_true - y_pred) / sizes
    return 100.0 * _mean(K.abs(shares))


def mean_squared_logarithmic_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Mean of the squared differences of `log(1 + y)`.

    `mean((log(1 + y_pred) - log(1 + y_true)) ** 2)`, where values below `K.epsilon()`
    are replaced by it. It compares ratios, and ignores how negative a prediction is.

    # Arguments
        y_true: tensor `(samples, …, features)`, the targets, at least 0.
        y_pred: tensor of the same shape, the predictions, at least 0.

    # Returns
        Tensor `(samples, …)` of at least 0, without a unit.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[9.0, 99.0]])
        y_pred = K.variable([[99.0, 9.0]])  # 1 + y is wrong by a factor of 10
        loss = objectives.mean_squared_logarithmic_error(y_true, y_pred)
        print(K.eval(loss).round(4))  # [5.3019]
        ```

    # References
        - Tofallis: A better measure of relative prediction accuracy for model selection
          and model estimation, Journal of the Operational Research Society 66, 2015,
          which squares the same difference without adding 1
    """
    log_pred = K.log(_at_least_epsilon(y_pred) + 1.0)
    log_true = K.log(_at_least_epsilon(y_true) + 1.0)
    squares = K.square(log_pred - log_true)
    return _mean(squares)


def squared_hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Mean of the squared missing margins: `mean(max(1 - t * p, 0) ** 2)`.

    # Arguments
        y_true, y_pred: as for `hinge`.

    # Returns
        Tensor `(samples, …)`, as from `hinge`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[1.0, -1.0]])
        y_pred = K.variable([[0.5, 0.5]])
        print(K.eval(objectives.squared_hinge(y_true, y_pred)))  # [1.25]
        ```

    # References
        - Tang: Deep Learning using Linear Support Vector Machines, arXiv:1306.0239
    """
    margins = _missing_margins(y_true, y_pred)
    squares = K.square(margins)
    return _mean(squares)


def hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Mean of the missing margins: `mean(max(1 - t * p, 0))`.

    `t` is a target and `p` its prediction. For labels `y` of 0 and 1, pass `2 * y - 1`:
    the model learns nothing from a target of 0, which costs 1 for any prediction.

    # Arguments
        y_true: tensor `(samples, …, features)` of -1 and 1.
        y_pred: tensor of the same shape, scores of any size; the sign is the class.

    # Returns
        Tensor `(samples, …)`: 0 if every score is on the right side by 1 or more.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[1.0, -1.0]])
        y_pred = K.variable([[0.5, 0.5]])  # 0.5 and 1.5 are missing
        print(K.eval(objectives.hinge(y_true, y_pred)))  # [1.]
        ```

    # References
        - Cortes, Vapnik: Support-Vector Networks, Machine Learning 20, 1995
    """
    margins = _missing_margins(y_true, y_pred)
    return _mean(margins)


def categorical_crossentropy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Crossentropy of class probabilities against targets that are distributions.

    `-sum(y_true * log(p))`, where `p` is `y_pred` scaled to sum to 1 over the classes,
    then clipped to between 1e-7 and 1 - 1e-7.

    Predictions must come from a softmax: scores (logits) give nonsense, because they
    are divided by their sum, too. A row of zeros gives NaN; a single class, about 0.
    For class numbers as targets, use `sparse_categorical_crossentropy`, or make one-hot
    rows of them with `to_categorical`.

    # Arguments
        y_true: tensor `(samples, …, classes)`, one-hot rows or other distributions.
        y_pred: tensor of the same shape, probabilities.

    # Returns
        Tensor `(samples, …)`, in nats: for one-hot rows from about 0 to 16.1, which is
        `-log(1e-7)`. Equal probabilities of `n` classes give `log(n)`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[0.0, 1.0, 0.0]])
        y_pred = K.variable([[0.25, 0.5, 0.25]])
        loss = objectives.categorical_crossentropy(y_true, y_pred)
        print(K.eval(loss).round(4))  # [0.6931]
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 6.2.2
    """
    return K.categorical_crossentropy(y_pred, y_true)


def sparse_categorical_crossentropy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Crossentropy of class probabilities against class numbers.

    `-log(p[class] / sum(p))`, where `p` is `y_pred` clipped to between 1e-7 and 1 -
    1e-7. It is `categorical_crossentropy` without the memory for one-hot rows, and
    likewise needs probabilities, not scores. A number out of range gives 0, and the
    model learns nothing from it.

    # Arguments
        y_true: tensor `(samples, …, 1)` of class numbers, from 0 to `classes - 1`.
            `np.expand_dims(y, -1)` adds the last axis.
        y_pred: tensor `(samples, …, classes)`, probabilities.

    # Returns
        Tensor `(samples, …)`, in nats, from about 0 to about 16.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[1]])
        y_pred = K.variable([[0.25, 0.5, 0.25]])
        loss = objectives.sparse_categorical_crossentropy(y_true, y_pred)
        print(K.eval(loss).round(4))  # [0.6931]
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 6.2.2
    """
    return K.sparse_categorical_crossentropy(y_pred, y_true)


def binary_crossentropy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Mean crossentropy of independent yes-or-no probabilities.

    `mean(-t * log(p) - (1 - t) * log(1 - p))`, where `t` is a target and `p` its
    prediction, clipped to between 1e-7 and 1 - 1e-7.

    Predictions must come from a sigmoid; values outside 0 and 1 are clipped, and the
    model learns nothing from them. Labels of -1 and 1 make the loss negative: pass `(y
    + 1) / 2` instead, or use `hinge`.

    # Arguments
        y_true: tensor `(samples, …, features)` of 0 and 1, or values between.
        y_pred: tensor of the same shape, probabilities.

    # Returns
        Tensor `(samples, …)`, in nats, from about 0 to about 16. Probabilities of 0.5
        give `log(2)`, 0.693.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[1.0, 0.0]])
        y_pred = K.variable([[0.5, 0.75]])  # -log(0.5) and -log(0.25)
        loss = objectives.binary_crossentropy(y_true, y_pred)
        print(K.eval(loss).round(4))  # [1.0397]
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 6.2.2
    """
    crossentropies = K.binary_crossentropy(y_pred, y_true)
    return _mean(crossentropies)


def kullback_leibler_divergence(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Difference between the targets' distribution and the predicted one.

    `sum(y_true * log(y_true / y_pred))`, a sum over the last axis, not a mean; both are
    clipped to between `K.epsilon()` and 1. Nothing is scaled: rows that don't sum to 1
    are used as they are, and values above 1 count as 1.

    # Arguments
        y_true: tensor `(samples, …, classes)`, distributions.
        y_pred: tensor of the same shape, distributions, such as those of a softmax.

    # Returns
        Tensor `(samples, …)`, in nats: at least 0 for distributions, and about 0 where
        they are equal. Rows that aren't distributions may give less.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[0.5, 0.5]])
        y_pred = K.variable([[0.25, 0.75]])  # 0.5 * log(2) + 0.5 * log(2 / 3)
        loss = objectives.kullback_leibler_divergence(y_true, y_pred)
        print(K.eval(loss).round(4))  # [0.1438]
        ```

    # References
        - Kullback, Leibler: On Information and Sufficiency, Annals of Mathematical
          Statistics 22, 1951
    """
    y_true = K.clip(y_true, K.epsilon(), 1.0)
    y_pred = K.clip(y_pred, K.epsilon(), 1.0)
    ratios = K.log(y_true / y_pred)
    return K.sum(y_true * ratios, axis=-1)


def poisson(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Negative log-likelihood of counts under Poisson distributions with the predicted
    means.

    `mean(y_pred - y_true * log(y_pred + K.epsilon()))`: the negative log-likelihood
    without `log(y_true!)`, which doesn't depend on the predictions.

    A negative prediction gives NaN. `Activation("softplus")` makes positive ones.

    # Arguments
        y_true: tensor `(samples, …, features)`, counts of at least 0.
        y_pred: tensor of the same shape, the expected counts, above 0.

    # Returns
        Tensor `(samples, …)`, in nats. The minimum is where predictions equal targets,
        but it isn't 0: it is `t - t * log(t)`, which is negative for a target `t` above
        2.72.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[2.0, 0.0]])
        y_pred = K.variable([[1.0, 3.0]])  # 1 - 2 * log(1), and 3
        print(K.eval(objectives.poisson(y_true, y_pred)).round(4))  # [2.]
        ```

    # References
        - McCullagh, Nelder: Generalized Linear Models, second edition, Chapman and
          Hall, 1989, chapter 6
    """
    logarithms = K.log(y_pred + K.epsilon())
    losses = y_pred - y_true * logarithms
    return _mean(losses)


def cosine_proximity(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Negative cosine between target and prediction, divided by the number of features.

    `-mean(t * p)`, where `t` and `p` are target and prediction, divided by their
    lengths. Lengths don't matter, only directions; a vector of zeros gives 0.

    # Arguments
        y_true: tensor `(samples, …, features)`, the targets.
        y_pred: tensor of the same shape, the predictions.

    # Returns
        Tensor `(samples, …)`: with `n` features `-1 / n` for the same direction, 0 for
        a right angle, `1 / n` for the opposite direction.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import objectives

        y_true = K.variable([[3.0, 4.0]])
        y_pred = K.variable([[6.0, 8.0]])
        print(K.eval(objectives.cosine_proximity(y_true, y_pred)).round(4))  # [-0.5]
        ```

    # References
        - Manning, Raghavan, Schütze: Introduction to Information Retrieval, Cambridge
          University Press, 2008, section 6.3.1
    """
    target = K.l2_normalize(y_true, axis=-1)
    prediction = K.l2_normalize(y_pred, axis=-1)
    return -_mean(target * prediction)


def get(identifier: str | Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Returns the loss function that `identifier` names.

    # Arguments
        identifier: name, such as `"mse"`, or a function of `(y_true, y_pred)`, which is
            returned unchanged.

    # Returns
        A function of `(y_true, y_pred)`.

    # Raises
        UnknownNameError: if no installed plugin provides the name.
        ConfigError: for a number, a list or bytes.

    # Example
        ```python
        from oneiros import objectives

        print(objectives.get("mse").__name__)  # mean_squared_error
        ```
    """
    function: Callable[..., Tensor] = get_object("objective", identifier)
    return function
