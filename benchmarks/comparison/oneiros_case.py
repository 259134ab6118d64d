"""Oneiros: the cases as a user writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from comparison.cases import (
    NORM_EPSILON,
    NORM_MOMENTUM,
    RATE,
    Array,
    Case,
    blocks,
    case_named,
)


class Contender:
    """A model of Oneiros on the backend that ONEIROS_BACKEND names.

    # Properties
        trains: whether the backend has gradients.
    """

    def __init__(self, name: str, form: str) -> None:
        import oneiros
        from oneiros.optimizers import Adam

        self.case = case_named(name)
        self.trains = "gradients" in oneiros.backend.current().capabilities
        self.model = NETWORKS[self.case.network](self.case)
        loss = (
            "binary_crossentropy"
            if self.case.classes == 1
            else "categorical_crossentropy"
        )
        self.model.compile(
            loss=loss, optimizer=Adam(lr=RATE, epsilon=self.case.epsilon)
        )
        for layer, arrays in self.case.weights().items():
            self.model.get_layer(layer).set_weights(split(layer, arrays))

    @staticmethod
    def imported() -> None:
        """Imports what the cases need."""
        import oneiros.layers
        import oneiros.models
        import oneiros.optimizers

        oneiros.backend.current()

    def train_on_batch(self, x: Array, y: Array) -> float:
        """Returns the batch's loss."""
        return float(self.model.train_on_batch(x, y))

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

    def evaluate(self, x: Array, y: Array) -> float:
        """Returns the loss."""
        return float(self.model.evaluate(x, y, self.case.batch, verbose=0))

    def predict(self, x: Array) -> Array:
        """Returns the predictions."""
        predictions: Array = self.model.predict(x, self.case.batch)
        return predictions


def split(layer: str, arrays: list[Array]) -> list[Array]:
    """Returns the arrays as the layer takes them.

    The gates of an LSTM apart, in the order i, c, f, o.
    """
    if layer not in ("lstm", "bidirectional"):
        return arrays
    parts = []
    for start in range(0, len(arrays), 3):
        gates = [np.split(array, 4, -1) for array in arrays[start : start + 3]]
        parts += [part[gate] for gate in (0, 2, 1, 3) for part in gates]
    return parts


def _mlp(case: Case) -> Any:
    from oneiros.layers import Dense, InputLayer
    from oneiros.models import Sequential

    hidden = [
        Dense(units, activation="relu", name=f"hidden{i}")
        for i, units in enumerate(case.hidden, 1)
    ]
    activation = "softmax" if case.classes > 1 else "sigmoid"
    output = Dense(case.classes, activation=activation, name="output")
    return Sequential([InputLayer(input_shape=case.shape), *hidden, output])


def _cnn(case: Case) -> Any:
    from oneiros.layers import Convolution2D, Dense, Flatten, MaxPooling2D
    from oneiros.models import Sequential

    ordering: dict[str, Any] = {"dim_ordering": "tf"}
    return Sequential(
        [
            Convolution2D(
                32,
                3,
                3,
                activation="relu",
                input_shape=(28, 28, 1),
                name="conv1",
                **ordering,
            ),
            Convolution2D(32, 3, 3, activation="relu", name="conv2", **ordering),
            MaxPooling2D((2, 2), **ordering),
            Flatten(),
            Dense(128, activation="relu", name="hidden1"),
            Dense(10, activation="softmax", name="output"),
        ]
    )


def _lstm(case: Case) -> Any:
    from oneiros.layers import LSTM, Dense
    from oneiros.models import Sequential

    return Sequential(
        [
            LSTM(
                *case.hidden,
                inner_activation="sigmoid",
                input_shape=case.shape,
                name="lstm",
            ),
            Dense(10, activation="softmax", name="output"),
        ]
    )


def _reviews(case: Case) -> Any:
    from oneiros.layers import LSTM, Bidirectional, Dense, Embedding
    from oneiros.models import Sequential

    return Sequential(
        [
            Embedding(5000, 64, input_length=100, name="embedding"),
            Bidirectional(LSTM(64, inner_activation="sigmoid"), name="bidirectional"),
            Dense(1, activation="sigmoid", name="output"),
        ]
    )


def _resnet(case: Case) -> Any:
    from oneiros.layers import (
        Activation,
        BatchNormalization,
        Convolution2D,
        Dense,
        GlobalAveragePooling2D,
        Input,
        merge,
    )
    from oneiros.models import Model

    def convolved(x: Any, filters: int, size: int, stride: int, name: str) -> Any:
        return Convolution2D(
            filters,
            size,
            size,
            subsample=(stride, stride),
            border_mode="same",
            bias=False,
            dim_ordering="tf",
            name=name,
        )(x)

    def normalised(x: Any, name: str) -> Any:
        return BatchNormalization(
            axis=-1, epsilon=NORM_EPSILON, momentum=NORM_MOMENTUM, name=name
        )(x)

    image = Input((32, 32, 3))
    x = Activation("relu")(normalised(convolved(image, 16, 3, 1, "conv"), "norm"))
    for name, filters, stride in blocks():
        short = convolved(x, filters, 1, stride, f"{name}_short") if stride > 1 else x
        x = convolved(x, filters, 3, stride, f"{name}_conv1")
        x = Activation("relu")(normalised(x, f"{name}_norm1"))
        x = normalised(convolved(x, filters, 3, 1, f"{name}_conv2"), f"{name}_norm2")
        x = Activation("relu")(merge([x, short], mode="sum"))
    x = GlobalAveragePooling2D(dim_ordering="tf")(x)
    return Model(image, Dense(10, activation="softmax", name="output")(x))


def _resnet50(case: Case) -> Any:
    from oneiros.applications import ResNet50

    return ResNet50(weights=None, input_shape=case.shape)


NETWORKS: dict[str, Callable[[Case], Any]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "reviews": _reviews,
    "resnet": _resnet,
    "resnet50": _resnet50,
}
