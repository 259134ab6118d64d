"""Weights averaged by epochs."""

from oneiros.arguments import check_int
from oneiros.bases import Callback, Logs
from oneiros.typing import Array


class StochasticWeightAveraging(Callback):
    """Gives the model, at the end of training, the mean of its weights after some
    epochs.

    Training with a constant or cyclic learning rate wanders around a flat minimum; the
    mean lies in its middle. Means and variances of `BatchNormalization` are averaged
    like weights; the paper computes them anew, with another pass over the data.

    # Arguments
        start: int, the first epoch whose weights count, from 0.
        every: int, the number of epochs between those that count.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import StochasticWeightAveraging
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=3)])
        model.compile("sgd", "mse")
        swa = StochasticWeightAveraging(start=1)
        x = np.ones((8, 3))
        model.fit(x, x[:, :1], nb_epoch=4, callbacks=[swa], verbose=0)
        print(swa.count)  # 3
        ```

    # References
        - Izmailov et al.: Averaging Weights Leads to Wider Optima and Better
          Generalization, arXiv:1803.05407
    """

    called_after_runs = True

    def __init__(self, start: int = 10, every: int = 1) -> None:
        self.start = check_int(self, "start", start, minimum=0)
        self.every = check_int(self, "every", every)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forgets the mean of an earlier training."""
        self.count = 0
        self.mean: list[Array] = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Takes the weights into the mean, if the epoch counts."""
        since = epoch - self.start
        if since < 0 or since % self.every:
            return
        weights = self.model.get_weights()
        self.count += 1
        if self.count == 1:
            self.mean = weights
            return
        self.mean = [
            mean + (weight - mean) / self.count
            for mean, weight in zip(self.mean, weights, strict=True)
        ]

    def on_train_end(self, logs: Logs = None) -> None:
        """Gives the model the mean."""
        if self.count:
            self.model.set_weights(self.mean)
