"""Losses that Keras 2 added, and those of Keras 1 with the arguments that they have
there.

Each is an object that maps targets and predictions to one loss per sample (and step),
as the functions of `oneiros.objectives` do.
"""

import math
from typing import Any, TypedDict, Unpack

from oneiros import backend as K
from oneiros import objectives
from oneiros.typing import Shape, Tensor

from oneiros_keras2.tensors import floats

LOG_2 = math.log(2.0)


def _mean(x: Tensor) -> Tensor:
    return K.mean(x, axis=-1)


def _sum(x: Tensor) -> Tensor:
    return K.sum(x, axis=-1)


def _mixed(share: Tensor, of_share, of_rest) -> Tensor:
    """Returns the mean of two values, of which the first one has a share."""
    rest = 1.0 - share
    return share * of_share + rest * of_rest


def _smoothed(y_true: Tensor, share: float, classes: int) -> Tensor:
    """Returns targets of which a share is spread over all classes."""
    kept = (1.0 - share) * y_true
    return kept + share / classes


def _clipped(probabilities: Tensor) -> Tensor:
    least = K.epsilon()
    most = 1.0 - least
    return K.clip(probabilities, least, most)


class CrossentropyOptions(TypedDict, total=False):
    """The arguments of crossentropies, of which those with a focus have more."""

    from_logits: bool
    label_smoothing: float


class Keras2Loss:
    """A loss whose attributes are its arguments. Not a loss itself."""

    loadable = False

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
    """Mean of `d ** 2 / 2` for differences `d` up to `delta`, and for larger ones of
    `delta * (abs(d) - delta / 2)`, so that outliers count less.

    # Arguments
        delta: float.

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
    delta: float

    def __init__(self, delta: float = 1.0):
        self.delta = delta

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        size = K.abs(y_pred - y_true)
        small = K.minimum(size, self.delta)
        large = size - small
        parabola = 0.5 * K.square(small)
        line = self.delta * large
        return _mean(parabola + line)


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
        difference = y_pred - y_true
        small = K.softplus(-2.0 * difference)
        losses = difference + small - LOG_2
        return _mean(losses)


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
        true_direction = K.l2_normalize(y_true, axis=-1)
        direction = K.l2_normalize(y_pred, axis=-1)
        cosine = _sum(true_direction * direction)
        return -cosine


class CategoricalHinge(Keras2Loss):
    """`max(0, 1 + other - right)`: the score of the right class, and the highest other
    score.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import CategoricalHinge

        y_true, y_pred = K.variable([[0.0, 1.0]]), K.variable([[0.25, 0.5]])
        print(K.eval(CategoricalHinge()(y_true, y_pred)))  # [0.75]
        ```
    """

    conformance = {"tags": ("margin",)}

    loadable = True

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        right = _sum(y_true * y_pred)
        is_other = 1.0 - y_true
        others = is_other * y_pred
        best_other = K.max(others, axis=-1)
        missing = 1.0 + best_other - right
        return K.maximum(missing, 0.0)


class Keras2Hinge(Keras2Loss):
    """The loss `hinge`; targets of 0 and 1 become -1 and 1.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_keras2.losses import Keras2Hinge

        y_true, y_pred = K.variable([[0.0, 1.0]]), K.variable([[0.5, 0.5]])
        print(K.eval(Keras2Hinge()(y_true, y_pred)))  # [1.]
        ```
    """

    conformance = {"tags": ("margin",)}

    loadable = True
    of_signs = staticmethod(objectives.hinge)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        is_sign = K.not_equal(K.square(y_true), y_true)  # neither 0 nor 1
        has_signs = K.max(floats(is_sign))
        has_numbers = 1.0 - has_signs
        from_numbers = 2.0 * y_true - 1.0
        signs = has_signs * y_true
        signs = signs + has_numbers * from_numbers
        return self.of_signs(signs, y_pred)


class Keras2SquaredHinge(Keras2Hinge):
    """The loss `squared_hinge`; targets of 0 and 1 become -1 and 1.

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
    from_logits: bool
    label_smoothing: float

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0):
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = _smoothed(y_true, self.label_smoothing, 2)
        losses = K.binary_crossentropy(y_pred, y_true, self.from_logits)
        return _mean(losses)


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
    from_logits: bool
    label_smoothing: float

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0):
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = self.smoothed(y_true)
        return K.categorical_crossentropy(y_pred, y_true, self.from_logits)

    def smoothed(self, y_true: Tensor) -> Tensor:
        """Returns the targets with a share spread over all classes."""
        if not self.label_smoothing:
            return y_true
        *_, classes = K.int_shape(y_true)
        return _smoothed(y_true, self.label_smoothing, classes)


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
    from_logits: bool

    def __init__(self, from_logits: bool = False):
        self.from_logits = from_logits

    def target_shape(self, output_shape: Shape) -> Shape:
        """Returns the shape of the targets, which are class numbers."""
        return (*output_shape[:-1], 1)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        return K.sparse_categorical_crossentropy(y_pred, y_true, self.from_logits)


class BinaryFocalCrossentropy(Keras2BinaryCrossentropy):
    """Binary crossentropy times `(1 - p) ** gamma`, where `p` is the probability of the
    right class: values that are predicted well count less.

    # Arguments
        gamma: float.
        alpha: float, the weight of targets of 1; targets of 0 have `1 - alpha`.
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

    conformance = {"tags": ("margin",)}

    loadable = True

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        **kwargs: Unpack[CrossentropyOptions],
    ):
        super().__init__(**kwargs)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = _smoothed(y_true, self.label_smoothing, 2)
        y_pred = K.sigmoid(y_pred) if self.from_logits else y_pred
        y_pred = _clipped(y_pred)
        missing = 1.0 - y_pred
        wrong = _mixed(y_true, missing, y_pred)
        focus = K.pow(wrong, self.gamma)
        losses = focus * K.binary_crossentropy(y_pred, y_true)
        if self.apply_class_balancing:
            rest = 1.0 - self.alpha
            weights = _mixed(y_true, self.alpha, rest)
            losses = weights * losses
        return _mean(losses)


class CategoricalFocalCrossentropy(Keras2CategoricalCrossentropy):
    """Categorical crossentropy times `(1 - p) ** gamma`, where `p` is the probability
    of the right class: samples that are predicted well count less.

    # Arguments
        alpha: float, or list of one per class, a weight.
        gamma: float.
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

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        **kwargs: Unpack[CrossentropyOptions],
    ):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.gamma = gamma

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each sample."""
        y_true = self.smoothed(y_true)
        y_pred = K.softmax(y_pred) if self.from_logits else y_pred
        total = K.sum(y_pred, axis=-1, keepdims=True)
        y_pred = _clipped(y_pred / total)
        alpha = self.alpha
        if isinstance(alpha, list):
            alpha = K.variable(alpha)
        wrong = 1.0 - y_pred
        weights = alpha * K.pow(wrong, self.gamma)
        losses = weights * y_true
        losses = losses * K.log(y_pred)
        return -_sum(losses)
