"""BatchNormalization in the three modes of Keras 1."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros import initializations, regularizers
from oneiros.arguments import (
    check_bool,
    check_choice,
    check_int,
    check_number,
    label,
    refusal,
)
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ShapeError
from oneiros.typing import (
    Array,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
    Tensor,
)

FEATURE_WISE = 0
SAMPLE_WISE = 1
FEATURE_WISE_BY_BATCH = 2
MODES = (FEATURE_WISE, SAMPLE_WISE, FEATURE_WISE_BY_BATCH)


class BatchNormalization(Layer):
    """Normalizes its input to mean 0 and variance 1, then applies a learned mean and
    spread.

    # Example
        ```python
        from oneiros.layers import Activation, BatchNormalization, Dense
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Dense(64, input_dim=16))
        model.add(BatchNormalization())
        model.add(Activation("relu"))
        len(model.layers[1].get_weights())  # 4
        ```

    # Arguments
        epsilon: float, added to the variance.
        mode: int.
            - 0: feature by feature. During training, it uses the batch's mean and
              variance; otherwise running averages of both.
            - 1: sample by sample, over the last axis.
            - 2: feature by feature, always with the batch's mean and variance.
        axis: int, the axis of the features in modes 0 and 2: 1 after a convolution with
            dim_ordering `"th"`, -1 with `"tf"`.
        momentum: float, the weight of the old running averages at each batch, in mode
            0.
        weights: list of arrays, initial values
            `[gamma, beta, running_mean, running_std]`.
        beta_init: name or function `(shape, name=None)`, initialization of the learned
            mean.
        gamma_init: name or function `(shape, name=None)`, initialization of the learned
            spread.
        gamma_regularizer: regularizer of the spread.
        beta_regularizer: regularizer of the mean.
        center: bool, whether to add beta. Keras 1 always does; files of Keras 2 may
            not.
        scale: bool, whether to multiply by gamma. Keras 1 always does; files of Keras 2
            may not.

    # Input shape
        `(samples, …)`, two axes or more; the axis of the features must be known.

    # Output shape
        The same.

    The weight `running_std` holds the running *variance*. Keras 1 gave it this name,
    and its files depend on it.

    # References
        - Ioffe, Szegedy: Batch Normalization, arXiv:1502.03167
    """

    loadable = True
    supports_masking = True
    gamma: Any
    beta: Any
    running_mean: Any
    running_std: Any

    def __init__(
        self,
        epsilon: float = 0.001,
        mode: int = 0,
        axis: int = -1,
        momentum: float = 0.99,
        weights: list[Array] | None = None,
        beta_init: Initialization = "zero",
        gamma_init: Initialization = "one",
        gamma_regularizer: RegularizerLike = None,
        beta_regularizer: RegularizerLike = None,
        center: bool = True,
        scale: bool = True,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if isinstance(epsilon, (tuple, list)):
            expected = "a number; leave out the shape, which Keras 0.x took"
            raise refusal(self, "epsilon", epsilon, expected)
        self.beta_init = initializations.get(beta_init)
        self.gamma_init = initializations.get(gamma_init)
        self.epsilon = check_number(self, "epsilon", epsilon)
        mode = check_int(self, "mode", mode, 0)
        self.mode = check_choice(self, "mode", mode, MODES)
        self.axis = check_int(self, "axis", axis, minimum=None)
        self.momentum = check_number(self, "momentum", momentum)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.center = check_bool(self, "center", center)
        self.scale = check_bool(self, "scale", scale)
        self.initial_weights = weights
        self.uses_learning_phase = mode == FEATURE_WISE

    def build(self, input_shape: Shape) -> None:
        """Makes gamma, beta, running_mean and running_std, a value per feature each."""
        shape = (self._features(input_shape),)
        self.input_spec = [InputSpec(shape=self._spec(input_shape))]
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_init,
                name=f"{self.name}_gamma",
                regularizer=self.gamma_regularizer,
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_init,
                name=f"{self.name}_beta",
                regularizer=self.beta_regularizer,
            )
        self.running_mean = self.add_weight(
            shape, initializer="zero", name=f"{self.name}_running_mean", trainable=False
        )
        self.running_std = self.add_weight(
            shape, initializer="one", name=f"{self.name}_running_std", trainable=False
        )
        if not self.scale:
            self.gamma = initializations.one(shape)
        if not self.center:
            self.beta = initializations.zero(shape)
        self.set_initial_weights()

    def _features(self, input_shape: Shape) -> int:
        rank = len(input_shape)
        if not -rank <= self.axis < rank or self.axis % rank == 0:
            raise ShapeError(
                f"{label(self)} has axis={self.axis}, which is not a feature axis of "
                f"its input of shape {tuple(input_shape)}. Expected 1 to {rank - 1}, "
                "or -1 for the last."
            )
        size = input_shape[self.axis]
        if size is None:
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}; axis "
                f"{self.axis} holds the features, and its size must be known."
            )
        if self.mode == SAMPLE_WISE and size not in (1, input_shape[-1]):
            raise ShapeError(
                f"{label(self)} has mode=1, which works on the last axis, and "
                f"axis={self.axis} of another size in its input of shape "
                f"{tuple(input_shape)}. Remove `axis`."
            )
        return size

    def _spec(self, input_shape: Shape) -> Shape:
        axis = self.axis % len(input_shape)
        return tuple(size if i == axis else None for i, size in enumerate(input_shape))

    def call(self, x, mask=None) -> Tensor:
        """Returns the normalised input."""
        if self.mode == SAMPLE_WISE:
            return self._by_sample(x)
        axis = self.axis % K.ndim(x)
        reduction_axes = [i for i in range(K.ndim(x)) if i != axis]
        by_batch, mean, variance = K.normalize_batch_in_training(
            x, self.gamma, self.beta, reduction_axes, epsilon=self.epsilon
        )
        if self.mode == FEATURE_WISE_BY_BATCH:
            return by_batch
        averages = [
            K.moving_average_update(self.running_mean, mean, self.momentum),
            K.moving_average_update(self.running_std, variance, self.momentum),
        ]
        self.add_update(averages, x)
        return K.in_train_phase(by_batch, self._by_running_averages(x, axis))

    def _by_running_averages(self, x, axis: int):
        shape = [1] * K.ndim(x)
        shape[axis] = K.get_variable_shape(self.gamma)[0]
        mean, variance, beta, gamma = (
            K.reshape(weight, tuple(shape))
            for weight in (self.running_mean, self.running_std, self.beta, self.gamma)
        )
        return K.batch_normalization(
            x, mean, variance, beta, gamma, epsilon=self.epsilon
        )

    def _by_sample(self, x):
        mean = K.mean(x, axis=-1, keepdims=True)
        spread = K.sqrt(K.var(x, axis=-1, keepdims=True) + self.epsilon) + self.epsilon
        return self.gamma * ((x - mean) / spread) + self.beta

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument; those that Keras 1 lacks only if they are False."""
        if argument in ("center", "scale") and getattr(self, argument):
            return {}
        return super().argument_config(argument)
