"""Oneiros: the cases as a user writes them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from comparison import oneiros_case
from comparison.cases import NORM_EPSILON, NORM_MOMENTUM, RATE, Array, Case

from distributed.cases import CASES, KEPT, RESNET50, WIDTH, WORDS
from distributed.team import Place


class Contender:
    """A model of Oneiros on the backend that ONEIROS_BACKEND names.

    # Arguments
        name: the case's.
        case: what is trained, and in which batches.
        form: not used.
        place: this process among the others.
    """

    def __init__(self, name: str, case: Case, form: str, place: Place) -> None:
        os.environ.update(
            ONEIROS_PROCESSES=str(place.processes),
            ONEIROS_RANK=str(place.rank),
            ONEIROS_COORDINATOR=place.coordinator,
        )
        from oneiros.distribution import DataParallel
        from oneiros.optimizers import Adam

        self.case = case
        self.distribution = DataParallel() if place.processes > 1 else nullcontext()
        loss = "categorical_crossentropy"
        if self.case.classes == 1:
            loss = "binary_crossentropy"
        with self.distribution:
            self.model = NETWORKS[name]()
            self.model.compile(Adam(lr=RATE, epsilon=self.case.epsilon), loss)
        for layer, arrays in self.case.weights().items():
            weights = oneiros_case.split(layer, arrays)
            self.model.get_layer(layer).set_weights(weights)

    def fit(
        self,
        x: Array,
        y: Array,
        epochs: int,
        shuffle: bool,
        on_epoch: Callable[[], None],
    ) -> float:
        """Returns the last epoch's loss."""
        from oneiros.callbacks import Callback

        class Watch(Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                on_epoch()

        with self.distribution:
            history = self.model.fit(
                x,
                y,
                self.case.batch,
                epochs,
                verbose=0,
                callbacks=[Watch()],
                shuffle=shuffle,
            )
        return float(history.history["loss"][-1])


def _cnn() -> Any:
    from oneiros.layers import (
        Activation,
        BatchNormalization,
        Convolution2D,
        Dense,
        Flatten,
        MaxPooling2D,
    )
    from oneiros.models import Sequential

    first = Convolution2D(
        32, 3, 3, input_shape=(28, 28, 1), dim_ordering="tf", name="conv1"
    )
    return Sequential(
        [
            first,
            BatchNormalization(
                epsilon=NORM_EPSILON, momentum=NORM_MOMENTUM, name="norm"
            ),
            Activation("relu"),
            Convolution2D(32, 3, 3, activation="relu", dim_ordering="tf", name="conv2"),
            MaxPooling2D(dim_ordering="tf"),
            Flatten(),
            Dense(128, activation="relu", name="hidden1"),
            Dense(10, activation="softmax", name="output"),
        ]
    )


def _lstm() -> Any:
    from oneiros.layers import LSTM, Dense, Dropout
    from oneiros.models import Sequential

    return Sequential(
        [
            LSTM(128, inner_activation="sigmoid", input_shape=(80, 64), name="lstm"),
            Dropout(1 - KEPT),
            Dense(10, activation="softmax", name="output"),
        ]
    )


def _embedding() -> Any:
    from oneiros.layers import Dense, Embedding, GlobalAveragePooling1D
    from oneiros.models import Sequential

    return Sequential(
        [
            Embedding(WORDS, WIDTH, input_length=100, name="embedding"),
            GlobalAveragePooling1D(),
            Dense(64, activation="relu", name="hidden1"),
            Dense(1, activation="sigmoid", name="output"),
        ]
    )


NETWORKS: dict[str, Callable[[], Any]] = {
    "mlp": lambda: oneiros_case.NETWORKS["mlp"](CASES["mlp"]),
    "cnn": _cnn,
    "lstm": _lstm,
    "embedding": _embedding,
    "resnet50": lambda: oneiros_case.NETWORKS["resnet50"](RESNET50),
}
