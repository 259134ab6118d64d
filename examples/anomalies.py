"""Anomalies: Convolution1D forecasts a heartbeat, and is wrong where it comes too early

The network learns from twelve seconds of regular beats to forecast the next moments
from the second and a half before. In what follows, the error of its forecasts tells how
unusual a moment is. A premature beat looks like any other; only its timing is wrong.

    python3 run.py --group tasks examples/anomalies.py

The data, examples/data/heartbeats.csv, are 21 seconds of the MIT-BIH Arrhythmia
Database by George Moody and Roger Mark (Open Data Commons Attribution License), with
the premature beat marked.

The baselines: how far a value, and how far its change, is from the mean, in standard
deviations. They are smoothed as the errors are.

George Moody and Roger Mark, The Impact of the MIT-BIH Arrhythmia Database, 2001.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import Convolution1D, Dense, Flatten, MaxPooling1D
from oneiros.models import Sequential

SEED = 1337
TARGET = 1.2
PICTURE = "anomalies.png"
DATA = Path(__file__).parent / "data" / "heartbeats.csv"
KEPT = 3
"""Of the 360 voltages a second, every third is kept."""
RATE = 120
SEEN = 180
AHEAD = 3
TRAIN_SECONDS = 12
NB_EPOCH = 40
BATCH_SIZE = 32
SPAN = 20
"""Moments over which the error is averaged."""


def load_heartbeats():
    """Returns voltages in mV, 120 a second, and whether a moment belongs to the
    premature beat."""
    voltages, marks = np.loadtxt(DATA, delimiter=",", skiprows=1, dtype="float32").T
    return voltages[::KEPT], marks[::KEPT] == 1


def windows(voltages):
    """Returns what was seen, of shape (n, SEEN, 1), and what came next, (n, AHEAD)."""
    views = np.lib.stride_tricks.sliding_window_view(voltages, SEEN + AHEAD)
    return views[:, :SEEN, None], views[:, SEEN:]


def build_model():
    """Returns a compiled network of two convolutions, shortened by pooling."""
    model = Sequential()
    model.add(Convolution1D(16, 5, activation="relu", input_shape=(SEEN, 1)))
    model.add(MaxPooling1D(2))
    model.add(Convolution1D(32, 5, activation="relu"))
    model.add(MaxPooling1D(4))
    model.add(Flatten())
    model.add(Dense(64, activation="relu"))
    model.add(Dense(AHEAD))
    model.compile(loss="mse", optimizer="adam")
    return model


def smooth(errors):
    """Returns the mean of the errors around each moment."""
    return np.convolve(errors, np.ones(SPAN) / SPAN, mode="same")


def unusual(values, usual):
    """Returns how far values are from the mean of the usual ones, in standard
    deviations."""
    return np.abs(values - usual.mean()) / usual.std()


def prominence(values, premature):
    """Returns the largest value in the premature beat by the largest one elsewhere."""
    return values[premature].max() / values[~premature].max()


def draw(voltages, premature, errors):
    """Draws the heart beats of the test, and how unusual the network found them."""
    seconds = np.arange(len(voltages)) / RATE
    figure = Figure(figsize=(10, 5), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    above.plot(seconds, voltages, color="black", linewidth=0.8)
    above.set(title="the heart", ylabel="mV")
    below.plot(seconds, errors, color="firebrick")
    below.set(title="error of the forecasts", xlabel="second of the test", ylabel="mV²")
    for axes in (above, below):
        axes.axvspan(*seconds[premature][[0, -1]], color="gold", alpha=0.4)
    figure.savefig(PICTURE)
    print("picture:", PICTURE)


def main(seed=SEED):
    """Trains the network, and returns the prominence of its errors: above 1, an alarm
    rings at the premature beat and nowhere else."""
    np.random.seed(seed)
    voltages, premature = load_heartbeats()
    nb_train = TRAIN_SECONDS * RATE
    model = build_model()
    model.summary()
    x_train, y_train = windows(voltages[:nb_train])
    model.fit(x_train, y_train, BATCH_SIZE, NB_EPOCH, verbose=2)

    x, y = windows(voltages[nb_train:])
    errors = smooth(np.mean((model.predict(x) - y) ** 2, axis=1))
    test = slice(nb_train + SEEN, nb_train + SEEN + len(errors))
    draw(voltages[test], premature[test], errors)
    changes = np.gradient(voltages)
    by_value, by_change = [
        prominence(smooth(unusual(each, each[:nb_train])[test]), premature[test])
        for each in (voltages, changes)
    ]
    by_network = prominence(errors, premature[test])
    print(f"baselines: {by_value:.4f} by the values, {by_change:.4f} by their changes")
    print(
        f"\nbackend {K.backend()}: largest error of the premature beat by the largest "
        f"elsewhere {by_network:.4f}, target {TARGET}"
    )
    return by_network


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the premature beat wasn't found")
