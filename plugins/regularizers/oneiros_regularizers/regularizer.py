"""The base class of regularizers."""

from typing import Any

from oneiros.typing import Tensor

from oneiros_regularizers.keras_1_0 import penalty_of, takes_loss


class Regularizer:
    """Adds a scalar penalty on a weight or an activation to the loss.

    Classes for Keras 1.0, whose `__call__(loss)` returns the loss with the penalty
    added, work unchanged: `set_param` or `set_layer` passes them the weight or the
    layer.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import Regularizer

        class Spread(Regularizer):
            def __call__(self, x):
                return K.max(x) - K.min(x)

        print(K.eval(Spread()(K.variable([1.0, 4.0, 2.0]))))  # 3.0
        ```
    """

    loadable = False
    arguments: tuple[str, ...] = ()
    """The constructor's arguments, which are attributes, too."""

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        if takes_loss(cls):
            penalty = penalty_of(cls.__call__)
            cls.__call__ = penalty  # type: ignore[method-assign, assignment]

    def __call__(self, x: Tensor) -> Tensor:
        """Returns the penalty of tensor `x`, a scalar tensor."""
        return 0

    def get_config(self) -> dict[str, Any]:
        """Returns the class name and the arguments that rebuild this object."""
        arguments = {name: getattr(self, name) for name in self.arguments}
        return {"name": type(self).__name__, **arguments}

    def set_param(self, _) -> None:
        """Stores a weight as `p`, for code for Keras 1.0."""
        self.p = _

    def set_layer(self, _) -> None:
        """Stores the object with the output as `layer`, for code for Keras 1.0."""
        self.layer = _
