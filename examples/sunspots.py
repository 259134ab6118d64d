"""LSTM: how many sunspots will there be next year?

    python3 run.py --group tasks examples/sunspots.py

The data are the yearly means of 1700 to 2008, shipped by statsmodels (BSD; the series
is in the public domain). The network learns from the years before 1959 and forecasts
each of the 50 years since, one year ahead. The baseline, persistence, forecasts what
was seen the year before.
"""

import numpy as np
from oneiros import backend as K
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential
from statsmodels.datasets import sunspots

TARGET = 0.3
WINDOW = 24
NB_TEST = 50
SCALE = 100
NB_EPOCH = 100
BATCH_SIZE = 16


def load_windows():
    """Returns windows of 24 years, of shape (n, 24, 1), and the change to the year that
    follows each."""
    series = np.asarray(sunspots.load().data["SUNACTIVITY"], "float32") / SCALE
    windows = np.lib.stride_tricks.sliding_window_view(series, WINDOW + 1)
    return windows[:, :-1, None], windows[:, -1:] - windows[:, -2:-1]


def build_model():
    """Returns a compiled network of one recurrent layer."""
    model = Sequential()
    model.add(LSTM(32, input_shape=(WINDOW, 1)))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model


def error(forecast, change):
    """Returns the root mean square error, in sunspots."""
    return SCALE * np.sqrt(np.mean((forecast - change) ** 2))


def main():
    """Trains the network and returns the share of persistence's error that its
    forecasts avoid."""
    np.random.seed(1337)
    x, change = load_windows()
    model = build_model()
    model.summary()
    model.fit(x[:-NB_TEST], change[:-NB_TEST], BATCH_SIZE, NB_EPOCH, verbose=0)
    network = error(model.predict(x[-NB_TEST:]), change[-NB_TEST:])
    persistence = error(0, change[-NB_TEST:])
    skill = 1 - network / persistence
    print(
        f"\nbackend {K.backend()}: error {network:.1f}, of persistence "
        f"{persistence:.1f}"
    )
    print(f"share avoided {skill:.2f}, target {TARGET}")
    return skill


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the forecasts fell short of the target")
