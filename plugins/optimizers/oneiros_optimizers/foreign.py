"""Optimizers of TensorFlow itself, wrapped."""

from typing import Any

from oneiros import backend as K
from oneiros.backend import bound
from oneiros.errors import ArgumentError, CapabilityError

from oneiros_optimizers.optimizer import Optimizer, stored


def is_tensorflow_optimizer(x) -> bool:
    """Returns whether `x` is an optimizer of TensorFlow, without importing
    TensorFlow."""
    return hasattr(x, "apply_gradients") and any(
        cls.__module__.partition(".")[0] in ("tensorflow", "keras")
        for cls in type(x).__mro__
    )


def _gradient_descent() -> dict[str, Any]:
    """Returns the arguments with which the optimizer is checked."""
    import tensorflow as tf

    return {"optimizer": tf.compat.v1.train.GradientDescentOptimizer(0.1)}


class TFOptimizer(Optimizer):
    """Wraps an optimizer of TensorFlow.

    A saved model contains neither its arguments nor its state.

    # Arguments
        optimizer: such as `tf.compat.v1.train.FtrlOptimizer(0.1)`.

    # Example
        ```python
        import tensorflow as tf
        from oneiros import backend as K
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.optimizers import TFOptimizer

        with K.use("tensorflow"):
            model = Sequential([Dense(1, input_dim=2)])
            ftrl = tf.compat.v1.train.FtrlOptimizer(0.1)
            model.compile(TFOptimizer(ftrl), loss="mse")
        print(type(model.optimizer).__name__)  # TFOptimizer
        ```

    # Raises
        CapabilityError: on any backend except TensorFlow.
        ArgumentError: if `optimizer` has no `apply_gradients`.
    """

    loadable = False
    conformance = {
        "arguments": _gradient_descent,
        "backends": ("tensorflow",),
        "tags": ("not_saved",),
    }

    def __init__(self, optimizer: Any):
        if K.backend() != "tensorflow":
            raise CapabilityError(
                "TFOptimizer works on the tensorflow backend; the current one is "
                f"{K.backend()!r}. The optimizers of oneiros.optimizers (SGD, RMSprop, "
                "Adam, …) work on every backend."
            )
        if not hasattr(optimizer, "apply_gradients"):
            raise ArgumentError(
                "TFOptimizer wraps an optimizer of TensorFlow, which has "
                f"`apply_gradients`; it received {optimizer!r:.80}."
            )
        self._backend = K.current()
        self.optimizer = optimizer
        self.iterations = K.variable(0.0)
        self.updates: list[Any] = []

    @bound
    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        import tensorflow as tf

        grads = self.get_gradients(loss, params)
        copies = [tf.Variable(K.get_value(p)) for p in params]

        def step(*tensors) -> tuple[Any, ...]:
            values = tensors[: len(copies)]
            gradients = tensors[len(copies) :]
            for copy, value in zip(copies, values, strict=True):
                copy.assign(value)
            pairs = zip(gradients, copies, strict=True)
            self.optimizer.apply_gradients(list(pairs))
            return tuple(copy.read_value() for copy in copies)

        stepped = K.apply(step, *params, *grads)
        self.updates = [K.update_add(self.iterations, 1)]
        self.updates += [
            stored(p, new_p, constraints)
            for p, new_p in zip(params, stepped, strict=True)
        ]
        return self.updates

    @property
    # A property here, an attribute there.
    def weights(self) -> list[Any]:  # type: ignore[override]
        """Empty: the wrapped optimizer doesn't expose its state."""
        return []

    def get_config(self) -> dict[str, Any]:
        """Not available."""
        raise NotImplementedError(
            "TFOptimizer has no configuration. Save only the weights, "
            "model.save_weights(path), or compile with an optimizer of "
            "oneiros.optimizers."
        )

    # As in Keras 1: no class method.
    def from_config(self, config: dict[str, Any]):  # type: ignore[override]
        """Not available."""
        raise NotImplementedError(
            "TFOptimizer can't be built from a configuration. Call "
            "TFOptimizer(optimizer)."
        )
