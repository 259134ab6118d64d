"""A stream that ends early, to end training after a batch instead of after an epoch."""

from collections.abc import Callable, Iterator

from oneiros.engine.streams import Run, Stream, StreamWrapper


class EndingStream(StreamWrapper):
    """A stream that ends the epoch as soon as a function returns True.

    `model.stop_training = True` ends training after the epoch, as in Keras 1. To end
    training after a batch, a callback also ends the epoch there. Training then ends
    normally: `on_epoch_end` and `on_train_end` are called, and observers see no
    failure.

    # Arguments
        inner: the `Stream` that it wraps.
        is_over: function without arguments, called after each run of batches.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import Callback
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros_callbacks.ending import EndingStream


        class StopAfter(Callback):
            def __init__(self, batches):
                self.batches = batches

            def prepare_fit(self, fit):
                fit.train = EndingStream(fit.train, lambda: self.model.stop_training)

            def on_batch_end(self, batch, logs=None):
                self.model.stop_training = batch + 1 == self.batches

            def on_train_end(self, logs=None):
                print("over")

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse")
        x = np.ones((64, 2))
        history = model.fit(
            x, x[:, :1], batch_size=8, verbose=0, callbacks=[StopAfter(3)]
        )  # over
        print(history.epoch)  # [0]
        ```
    """

    def __init__(self, inner: Stream, is_over: Callable[[], bool]):
        super().__init__(inner)
        self.is_over = is_over

    def runs(self, order, start: int = 0) -> Iterator[Run]:
        """Yields the other stream's runs until `is_over` returns True."""
        for run in self.inner.runs(order, start):
            yield run
            if self.is_over():
                return
