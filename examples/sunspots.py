"""Sunspots: an LSTM forecasts a series of numbers.

How many sunspots will there be next year? The network reads 24 years and forecasts the
change to the year that follows. It learns from the years before 1959, and forecasts
each of the 50 years since, one year ahead.

    python3 run.py --group tasks examples/sunspots.py

The data are the yearly means of 1700 to 2008, shipped by statsmodels (BSD; the series
is in the public domain).

The baseline, persistence, forecasts what was seen the year before.

The layer is that of Sepp Hochreiter and Jürgen Schmidhuber, Long Short-Term Memory,
1997.
"""

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential
from statsmodels.datasets import sunspots

SEED = 1337
TARGET = 0.3
PICTURE = "sunspots.png"
LAST_YEAR = 2008
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


def draw(series, forecasts):
    """Draws the years of the test as they were and as they were forecast."""
    years = np.arange(LAST_YEAR + 1 - NB_TEST, LAST_YEAR + 1)
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(years, series, color="gold", alpha=0.5, label="seen")
    axes.plot(
        years, forecasts, "o-", color="firebrick", label="forecast the year before"
    )
    axes.set(
        title="Sunspots, forecast one year ahead",
        xlabel="year",
        ylabel="sunspots, mean of the year",
        xlim=(years[0], years[-1]),
        ylim=(0, None),
    )
    axes.legend()
    figure.savefig(PICTURE)
    print("picture:", PICTURE)


def main(seed=SEED):
    """Trains the network and returns the share of persistence's error that its
    forecasts avoid."""
    np.random.seed(seed)
    x, change = load_windows()
    model = build_model()
    model.summary()
    model.fit(x[:-NB_TEST], change[:-NB_TEST], BATCH_SIZE, NB_EPOCH, verbose=0)

    year_before = x[-NB_TEST:, -1]
    seen = change[-NB_TEST:]
    forecast = model.predict(x[-NB_TEST:])
    draw(SCALE * (year_before + seen)[:, 0], SCALE * (year_before + forecast)[:, 0])
    persistence = error(0, seen)
    network = error(forecast, seen)
    skill = 1 - network / persistence
    print(f"baseline: persistence errs by {persistence:.1f} sunspots, root mean square")
    print(
        f"\nbackend {K.backend()}: share of persistence's error avoided {skill:.4f}, "
        f"target {TARGET}"
    )
    return skill


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the forecasts fell short of the target")
