"""`LambdaCallback`: a callback made of functions."""

from collections.abc import Callable
from typing import Any

from oneiros.bases import Callback

Function = Callable[..., Any] | None


class LambdaCallback(Callback):
    """Calls functions during training.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import LambdaCallback
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=4)])
        model.compile("sgd", "mse")
        x = np.random.random((100, 4))
        losses = []
        noting = LambdaCallback(
            on_batch_end=lambda batch, logs: losses.append(logs["loss"]),
            called_after_runs=True,
        )
        model.fit(x, x[:, :1], batch_size=20, nb_epoch=1, callbacks=[noting], verbose=0)
        print(len(losses))  # 5
        ```

    # Arguments
        on_epoch_begin, on_epoch_end: functions of `(epoch, logs)`.
        on_batch_begin, on_batch_end: functions of `(batch, logs)`. With one of them,
            batches run one by one. Pass `called_after_runs=True` if the functions may
            be called after a run of batches, in order.
        on_train_begin, on_train_end: functions of `logs`.
        **kwargs: additional attributes of the callback.
    """

    def __init__(
        self,
        on_epoch_begin: Function = None,
        on_epoch_end: Function = None,
        on_batch_begin: Function = None,
        on_batch_end: Function = None,
        on_train_begin: Function = None,
        on_train_end: Function = None,
        **kwargs: Any,
    ):
        functions = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_batch_begin": on_batch_begin,
            "on_batch_end": on_batch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
        }
        vars(self).update(kwargs)
        for name, function in functions.items():
            if function is not None:
                setattr(self, name, function)
