"""Keras 3: the cases as its users write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from comparison.cases import CASES, NORM_EPSILON, NORM_MOMENTUM, RATE, Array, blocks


class Contender:
    """A model of Keras 3 on the engine that KERAS_BACKEND names.

    `form` is the steps per execution.
    """

    def __init__(self, name: str, form: str) -> None:
        keras = genuine()
        self.case = CASES[name]
        self.model = NETWORKS[name](keras)
        self.model.compile(
            loss="binary_crossentropy"
            if self.case.classes == 1
            else "categorical_crossentropy",
            optimizer=keras.optimizers.Adam(RATE, epsilon=self.case.epsilon),
            steps_per_execution=int(form),
        )
        for layer, arrays in self.case.weights().items():
            self.model.get_layer(layer).set_weights(arrays)

    @staticmethod
    def imported() -> None:
        """Imports what the cases need."""
        genuine()

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
        keras = genuine()

        class Watch(keras.callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                on_epoch()

        history = self.model.fit(
            x,
            y,
            batch_size=self.case.batch,
            epochs=epochs,
            verbose=0,
            callbacks=[Watch()],
            shuffle=shuffle,
        )
        return float(history.history["loss"][-1])

    def evaluate(self, x: Array, y: Array) -> float:
        """Returns the loss."""
        return float(self.model.evaluate(x, y, batch_size=self.case.batch, verbose=0))

    def predict(self, x: Array) -> Array:
        """Returns the predictions."""
        predictions: Array = self.model.predict(
            x, batch_size=self.case.batch, verbose=0
        )
        return predictions


def genuine() -> Any:
    """Returns the package `keras`, once it is certain that it is Keras 3 and not
    Oneiros under that name."""
    import keras

    version = keras.__version__
    folder = Path(keras.__file__).parent
    if (
        int(version.split(".")[0]) < 3
        or folder.name != "keras"
        or not (folder / "src").is_dir()
    ):
        raise RuntimeError(
            f"`import keras` gave version {version} from {folder}; Keras 3 was "
            f"expected."
        )
    return keras


def _mlp(keras: Any, features: int, units: int, classes: int) -> Any:
    dense = keras.layers.Dense
    return keras.Sequential(
        [
            keras.Input((features,)),
            dense(units, activation="relu", name="hidden1"),
            dense(units, activation="relu", name="hidden2"),
            dense(
                classes,
                activation="softmax" if classes > 1 else "sigmoid",
                name="output",
            ),
        ]
    )


def _cnn(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", name="conv1"),
            layers.Conv2D(32, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu", name="hidden1"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )


def _lstm(keras: Any, steps: int) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((steps, 64)),
            layers.LSTM(128, name="lstm"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )


def _reviews(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((100,), dtype="int32"),
            layers.Embedding(5000, 64, name="embedding"),
            layers.Bidirectional(layers.LSTM(64), name="bidirectional"),
            layers.Dense(1, activation="sigmoid", name="output"),
        ]
    )


def _resnet(keras: Any) -> Any:
    layers = keras.layers

    def convolved(x: Any, filters: int, size: int, stride: int, name: str) -> Any:
        return layers.Conv2D(
            filters, size, stride, padding="same", use_bias=False, name=name
        )(x)

    def normalised(x: Any, name: str) -> Any:
        return layers.BatchNormalization(
            epsilon=NORM_EPSILON, momentum=NORM_MOMENTUM, name=name
        )(x)

    image = keras.Input((32, 32, 3))
    x = layers.ReLU()(normalised(convolved(image, 16, 3, 1, "conv"), "norm"))
    for name, filters, stride in blocks():
        short = convolved(x, filters, 1, stride, f"{name}_short") if stride > 1 else x
        x = layers.ReLU()(
            normalised(
                convolved(x, filters, 3, stride, f"{name}_conv1"), f"{name}_norm1"
            )
        )
        x = normalised(convolved(x, filters, 3, 1, f"{name}_conv2"), f"{name}_norm2")
        x = layers.ReLU()(layers.Add()([x, short]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10, activation="softmax", name="output")(x))


NETWORKS: dict[str, Callable[[Any], Any]] = {
    "a": lambda keras: _mlp(keras, 784, 512, 10),
    "b": _cnn,
    "c": lambda keras: _lstm(keras, 80),
    "d": lambda keras: _mlp(keras, 20, 64, 1),
    "e": _reviews,
    "f": _resnet,
    "g": lambda keras: _lstm(keras, 600),
}
