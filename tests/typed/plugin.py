"""A plugin of typed components, as docs/plugins has them without types."""

from typing import Any, Unpack

from oneiros import activations, hookimpl, regularizers
from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros.backend import bound
from oneiros.bases import Callback
from oneiros.constraints import Constraint
from oneiros.engine.layer import InputSpec, Layer
from oneiros.optimizers import Optimizer
from oneiros.regularizers import Regularizer
from oneiros.typing import Activation, LayerOptions, RegularizerLike, Shape, Tensor


class Projection(Layer):
    loadable = True

    def __init__(
        self,
        output_dim: int,
        activation: Activation = "linear",
        W_regularizer: RegularizerLike = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        self.output_dim = check_int("Projection", "output_dim", output_dim)
        self.activation = activations.get(activation)
        self.W_regularizer = regularizers.get(W_regularizer)
        super().__init__(**kwargs)

    def build(self, input_shape: Shape) -> None:
        size = input_shape[-1] or 0
        self.W = self.add_weight((size, self.output_dim), "glorot_uniform", name="W")
        self.input_spec = [InputSpec(shape=(None, size))]

    def call(self, x: Tensor, mask: Tensor = None) -> Tensor:
        return self.activation(K.max(K.dot(x, self.W), axis=1))

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.output_dim)


class Plain(Optimizer):
    loadable = True

    def __init__(self, lr: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lr = K.variable(lr)

    @bound
    def get_updates(
        self, params: list[Tensor], constraints: dict[Tensor, Any], loss: Tensor
    ) -> list[tuple[Tensor, Tensor]]:
        gradients = self.get_gradients(loss, params)
        return [(w, w - self.lr * g) for w, g in zip(params, gradients, strict=True)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lr": float(K.get_value(self.lr))}


class Smooth(Regularizer):
    def __call__(self, x: Tensor) -> Tensor:
        return K.sum(K.square(x[1:] - x[:-1]))


class AtMost(Constraint):
    def __call__(self, p: Tensor) -> Tensor:
        return K.clip(p, -1, 1)


class Losses(Callback):
    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        print(logs)


@hookimpl
def oneiros_layers() -> dict[str, str]:
    return {"Projection": "plugin:Projection"}


Projection(3, nonsense=1)  # E: call-arg
