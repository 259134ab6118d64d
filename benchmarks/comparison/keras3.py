"""Keras 3: the cases as its users write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from comparison.cases import (
    NORM_EPSILON,
    NORM_MOMENTUM,
    RATE,
    WIDENED,
    Array,
    Case,
    blocks,
    bottlenecks,
    case_named,
)


class Contender:
    """A model of Keras 3 on the engine that KERAS_BACKEND names.

    `form` is the steps per execution.
    """

    def __init__(self, name: str, form: str) -> None:
        keras = genuine()
        self.case = case_named(name)
        self.model = NETWORKS[self.case.network](keras, self.case)
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


def _mlp(keras: Any, case: Case) -> Any:
    dense = keras.layers.Dense
    hidden = [
        dense(units, activation="relu", name=f"hidden{i}")
        for i, units in enumerate(case.hidden, 1)
    ]
    activation = "softmax" if case.classes > 1 else "sigmoid"
    output = dense(case.classes, activation=activation, name="output")
    return keras.Sequential([keras.Input(case.shape), *hidden, output])


def _cnn(keras: Any, case: Case) -> Any:
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


def _lstm(keras: Any, case: Case) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(case.shape),
            layers.LSTM(*case.hidden, name="lstm"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )


def _reviews(keras: Any, case: Case) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((100,), dtype="int32"),
            layers.Embedding(5000, 64, name="embedding"),
            layers.Bidirectional(layers.LSTM(64), name="bidirectional"),
            layers.Dense(1, activation="sigmoid", name="output"),
        ]
    )


def _resnet(keras: Any, case: Case) -> Any:
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


def _resnet50(keras: Any, case: Case) -> Any:
    layers = keras.layers

    def normalised(x: Any, name: str) -> Any:
        return layers.BatchNormalization(
            epsilon=NORM_EPSILON, momentum=NORM_MOMENTUM, name=name
        )(x)

    def block(place: str, x: Any, filters: int, size: int, stride: int = 1) -> Any:
        convolution = layers.Conv2D(
            filters, size, stride, padding="same", name=f"res{place}"
        )
        return normalised(convolution(x), f"bn{place}")

    image = keras.Input(case.shape)
    x = layers.Conv2D(64, 7, 2, name="conv1")(layers.ZeroPadding2D(3)(image))
    x = layers.ReLU()(normalised(x, "bn_conv1"))
    x = layers.MaxPooling2D(3, 2)(x)
    for name, filters, stride in bottlenecks():
        wide = WIDENED * filters
        short = x
        if name.endswith("a"):
            short = block(f"{name}_branch1", x, wide, 1, stride)
        x = layers.ReLU()(block(f"{name}_branch2a", x, filters, 1, stride))
        x = layers.ReLU()(block(f"{name}_branch2b", x, filters, 3))
        x = layers.Add()([block(f"{name}_branch2c", x, wide, 1), short])
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    output = layers.Dense(case.classes, activation="softmax", name="fc1000")
    return keras.Model(image, output(x))


NETWORKS: dict[str, Callable[[Any, Case], Any]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "reviews": _reviews,
    "resnet": _resnet,
    "resnet50": _resnet50,
}
