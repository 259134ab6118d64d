"""Losses that Keras 2 added, and those of Keras 1 with the arguments that they have
there.

Each is an object that maps targets and predictions to one loss per sample (and step),
as the functions of `oneiros.objectives` do.
"""

import math
from typing import Any

from oneiros import backend as K
from oneiros import objectives
from oneiros.typing import Shape, Tensor


def _mean(x: Tensor) -> Tensor:
    return K.mean(x, axis=-1)


def _smoothed(y_true: Tensor, share: float, classes: int) -> Tensor:
    """Returns targets of which a share is spread over all classes."""
    return y_true * (1.0 - share) + share / classes


def _clipped(probabilities: Tensor) -> Tensor:
    return K.clip(probabilities, K.epsilon(), 1.0 - K.epsilon())


class Keras2Loss:
    """A loss with arguments. Not a loss itself.

    # Arguments
        **arguments: become attributes.
    """

    loadable = False

    def __init__(self, **arguments: Any):
        vars(self).update(arguments)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return dict(vars(self))

    def target_shape(self, output_shape: Shape) -> Shape:
        """Returns the shape of the targets for an output."""
        return output_shape

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        raise NotImplementedError


class Huber(Keras2Loss):
    """Half the squared difference where it is small, and its size where it is large.

    # Arguments
        delta: float, the difference from which on it is large.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import Huber

        y_true, y_pred = K.variable([[0.0, 0.0]]), K.variable([[1.0, 3.0]])
        print(K.eval(Huber(delta=2.0)(y_true, y_pred)))  # [2.25]
        ```

    # References
        - Huber: Robust Estimation of a Location Parameter, Annals of Mathematical
          Statistics 35, 1964
    """

    loadable = True

    def __init__(self, delta: float = 1.0):
        super().__init__(delta=delta)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        size = K.abs(y_pred - y_true)
        small = K.minimum(size, self.delta)
        large = size - small
        return _mean(0.5 * K.square(small) + self.delta * large)


class LogCosh(Keras2Loss):
    """Logarithm of the hyperbolic cosine of the difference.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import LogCosh

        y_true, y_pred = K.variable([[0.0]]), K.variable([[1.0]])
        print(K.eval(LogCosh()(y_true, y_pred)).round(4))  # [0.4338]
        ```
    """

    loadable = True

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        x = y_pred - y_true
        return _mean(x + K.softplus(-2.0 * x) - math.log(2.0))


class CosineSimilarity(Keras2Loss):
    """Minus the cosine of the angle between targets and predictions.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import CosineSimilarity

        y_true, y_pred = K.variable([[3.0, 4.0]]), K.variable([[4.0, 3.0]])
        print(K.eval(CosineSimilarity()(y_true, y_pred)).round(4))  # [-0.96]
        ```
    """

    loadable = True

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        directions = K.l2_normalize(y_true, axis=-1), K.l2_normalize(y_pred, axis=-1)
        products = directions[0] * directions[1]
        return -K.sum(products, axis=-1)


class CategoricalHinge(Keras2Loss):
    """By how much the score of the right class is less than 1 above the best other.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import CategoricalHinge

        y_true, y_pred = K.variable([[0.0, 1.0]]), K.variable([[0.25, 0.5]])
        print(K.eval(CategoricalHinge()(y_true, y_pred)))  # [0.75]
        ```
    """

    loadable = True

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        right = K.sum(y_true * y_pred, axis=-1)
        best_other = K.max((1.0 - y_true) * y_pred, axis=-1)
        return K.maximum(best_other - right + 1.0, 0.0)


class Keras2Hinge(Keras2Loss):
    """The loss `hinge`, for which targets may be 0 and 1, too.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import Keras2Hinge

        y_true, y_pred = K.variable([[0.0, 1.0]]), K.variable([[0.5, 0.5]])
        print(K.eval(Keras2Hinge()(y_true, y_pred)))  # [1.]
        ```
    """

    loadable = True
    of_signs = staticmethod(objectives.hinge)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        others = K.not_equal(K.square(y_true), y_true)  # neither 0 nor 1
        has_others = K.max(K.cast(others, K.floatx()))
        signs = 2.0 * y_true - 1.0
        y_true = has_others * y_true + (1.0 - has_others) * signs
        return self.of_signs(y_true, y_pred)


class Keras2SquaredHinge(Keras2Hinge):
    """The loss `squared_hinge`, for which targets may be 0 and 1, too.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import Keras2SquaredHinge

        y_true, y_pred = K.variable([[0.0, 1.0]]), K.variable([[0.5, 0.5]])
        print(K.eval(Keras2SquaredHinge()(y_true, y_pred)))  # [1.25]
        ```
    """

    loadable = True
    of_signs = staticmethod(objectives.squared_hinge)


class Keras2BinaryCrossentropy(Keras2Loss):
    """The loss `binary_crossentropy`, for scores and softened targets, too.

    # Arguments
        from_logits: bool, whether predictions are scores without a sigmoid.
        label_smoothing: float, the share of each target that becomes 0.5.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import Keras2BinaryCrossentropy

        y_true, scores = K.variable([[1.0]]), K.variable([[0.0]])
        loss = Keras2BinaryCrossentropy(from_logits=True)
        print(K.eval(loss(y_true, scores)).round(4))  # [0.6931]
        ```
    """

    loadable = True
    __name__ = "binary_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0):
        super().__init__(from_logits=from_logits, label_smoothing=label_smoothing)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = _smoothed(y_true, self.label_smoothing, 2)
        return _mean(K.binary_crossentropy(y_pred, y_true, self.from_logits))


class Keras2CategoricalCrossentropy(Keras2Loss):
    """The loss `categorical_crossentropy`, for scores and softened targets, too.

    # Arguments
        from_logits: bool, whether predictions are scores without a softmax.
        label_smoothing: float, the share of each target that is spread over all
            classes.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import Keras2CategoricalCrossentropy

        y_true, scores = K.variable([[1.0, 0.0]]), K.variable([[2.0, 2.0]])
        loss = Keras2CategoricalCrossentropy(from_logits=True)
        print(K.eval(loss(y_true, scores)).round(4))  # [0.6931]
        ```
    """

    loadable = True
    __name__ = "categorical_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0):
        super().__init__(from_logits=from_logits, label_smoothing=label_smoothing)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = self.smoothed(y_true)
        return K.categorical_crossentropy(y_pred, y_true, self.from_logits)

    def smoothed(self, y_true: Tensor) -> Tensor:
        """Returns the targets with a share spread over all classes."""
        if not self.label_smoothing:
            return y_true
        return _smoothed(y_true, self.label_smoothing, K.int_shape(y_true)[-1])


class Keras2SparseCategoricalCrossentropy(Keras2Loss):
    """The loss `sparse_categorical_crossentropy`, for scores, too.

    # Arguments
        from_logits: bool, whether predictions are scores without a softmax.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import Keras2SparseCategoricalCrossentropy

        y_true, scores = K.variable([[1]]), K.variable([[2.0, 2.0]])
        loss = Keras2SparseCategoricalCrossentropy(from_logits=True)
        print(K.eval(loss(y_true, scores)).round(4))  # [0.6931]
        ```
    """

    loadable = True
    __name__ = "sparse_categorical_crossentropy"

    def __init__(self, from_logits: bool = False):
        super().__init__(from_logits=from_logits)

    def target_shape(self, output_shape: Shape) -> Shape:
        """Returns the shape of the targets, which are class numbers."""
        return (*output_shape[:-1], 1)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        return K.sparse_categorical_crossentropy(y_pred, y_true, self.from_logits)


class BinaryFocalCrossentropy(Keras2BinaryCrossentropy):
    """Binary crossentropy in which what is predicted well counts less.

    # Arguments
        gamma: float, how much less.
        alpha: float, the weight of targets of 1; of targets of 0, 1 less it.
        apply_class_balancing: bool, whether to weight by `alpha`.
        from_logits, label_smoothing: as for `Keras2BinaryCrossentropy`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import BinaryFocalCrossentropy

        y_true, y_pred = K.variable([[1.0]]), K.variable([[0.5]])
        print(K.eval(BinaryFocalCrossentropy()(y_true, y_pred)).round(4))  # [0.1733]
        ```

    # References
        - Lin and others: Focal Loss for Dense Object Detection, arXiv:1708.02002
    """

    loadable = True

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = _smoothed(y_true, self.label_smoothing, 2)
        y_pred = _clipped(K.sigmoid(y_pred) if self.from_logits else y_pred)
        right = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
        losses = K.pow(1.0 - right, self.gamma) * K.binary_crossentropy(y_pred, y_true)
        if self.apply_class_balancing:
            weights = y_true * self.alpha + (1.0 - y_true) * (1.0 - self.alpha)
            losses = weights * losses
        return _mean(losses)


class CategoricalFocalCrossentropy(Keras2CategoricalCrossentropy):
    """Categorical crossentropy in which what is predicted well counts less.

    # Arguments
        alpha: float, or list of one per class, a weight.
        gamma: float, how much less.
        from_logits, label_smoothing: as for `Keras2CategoricalCrossentropy`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import CategoricalFocalCrossentropy

        y_true, y_pred = K.variable([[1.0, 0.0]]), K.variable([[0.5, 0.5]])
        loss = CategoricalFocalCrossentropy()
        print(K.eval(loss(y_true, y_pred)).round(4))  # [0.0433]
        ```

    # References
        - Lin and others: Focal Loss for Dense Object Detection, arXiv:1708.02002
    """

    loadable = True

    def __init__(self, alpha: Any = 0.25, gamma: float = 2.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.gamma = gamma

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = self.smoothed(y_true)
        y_pred = K.softmax(y_pred) if self.from_logits else y_pred
        y_pred = _clipped(y_pred / K.sum(y_pred, axis=-1, keepdims=True))
        alpha = self.alpha
        if isinstance(alpha, list):
            alpha = K.variable(alpha)
        weights = alpha * K.pow(1.0 - y_pred, self.gamma)
        return -K.sum(weights * y_true * K.log(y_pred), axis=-1)
