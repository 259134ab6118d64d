"""A stateful LSTM remembers what earlier batches held.

By how much will the air's carbon dioxide have changed in a quarter of a year? The
networks read a series in pieces of 13 weeks. One keeps its state from piece to piece;
the other forgets, and at the start of each piece can't tell spring from autumn.

    python3 run.py --group tasks examples/stateful.py

The data are the weekly means at Mauna Loa from 1958 to 2001 by Charles Keeling and
Timothy Whorf, shipped by statsmodels (public domain), with gaps filled by straight
lines.

The baselines: the same network without state between batches, no change, and the change
of the year before.

Felix Gers, Jürgen Schmidhuber and Fred Cummins, Learning to Forget: Continual
Prediction with LSTM, 2000, has the layer run on without a reset.
"""

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import LSTM, Dense, TimeDistributed
from oneiros.models import Sequential
from statsmodels.datasets import co2

SEED = 1337
TARGET = 0.5
PICTURE = "stateful.png"
AHEAD = 13
YEAR = 52
PIECE = 13
NB_SERIES = 8
NB_TEST = 416
NB_EPOCH = 150


def load_changes():
    """Returns the change of each week, and that over the 13 weeks after it, in ppm."""
    series = co2.load_pandas().data["co2"].interpolate().to_numpy("float32")
    return np.diff(series)[:-AHEAD], (series[AHEAD:] - series[:-AHEAD])[1:]


def batches(values, nb_series):
    """Returns values in batches that `fit` takes in their order.

    Sample i of each batch goes on where sample i of the batch before ended; the shape
    is (n * nb_series, PIECE, 1).
    """
    length = len(values) // (nb_series * PIECE) * PIECE
    rows = values[-nb_series * length :].reshape(nb_series, -1, PIECE, 1)
    return rows.swapaxes(0, 1).reshape(-1, PIECE, 1)


def build_model(nb_series, stateful):
    """Returns a compiled network that forecasts at each week."""
    model = Sequential()
    model.add(
        LSTM(
            32,
            return_sequences=True,
            stateful=stateful,
            batch_input_shape=(nb_series, PIECE, 1),
        )
    )
    model.add(TimeDistributed(Dense(1)))
    model.compile(loss="mse", optimizer="adam")
    return model


def forecasts(stateful, x, y):
    """Trains a network; returns what it forecasts in the weeks of the test.

    Those follow as one series, so a network of batch size 1 with the same weights reads
    them, after all that came before.
    """
    model = build_model(NB_SERIES, stateful)
    known = slice(None, -NB_TEST - AHEAD)
    inputs = batches(x[known], NB_SERIES)
    targets = batches(y[known], NB_SERIES)
    for _ in range(NB_EPOCH):
        model.reset_states()
        model.fit(inputs, targets, NB_SERIES, nb_epoch=1, shuffle=False, verbose=0)
    single = build_model(1, stateful)
    single.set_weights(model.get_weights())
    return single.predict(batches(x, 1), batch_size=1).ravel()[-NB_TEST:]


def error(forecast, seen):
    """Returns the root mean square error, in ppm."""
    return np.sqrt(np.mean((forecast - seen) ** 2))


def draw(y, answers):
    """Draws the forecasts of both networks beside what came."""
    figure = Figure(figsize=(10, 5.5), layout="constrained")
    for axes, (title, forecast) in zip(
        figure.subplots(2, sharex=True, sharey=True), answers.items(), strict=True
    ):
        axes.fill_between(range(len(y)), y, color="lightgray", label="what came")
        axes.plot(forecast, color="firebrick", label="forecast")
        axes.set(title=title, ylabel="change in 13 weeks, ppm")
        axes.legend(loc="lower left")
    axes.set_xlabel("week of the test")
    figure.savefig(PICTURE)
    print("picture:", PICTURE)


def main(seed=SEED):
    """Trains both networks; returns the share of the forgetful one's error that the
    stateful one avoids."""
    x, y = load_changes()
    answers = {}
    for title, stateful in (("with state", True), ("without state", False)):
        np.random.seed(seed)
        answers[title] = forecasts(stateful, x, y)
    seen = y[-NB_TEST:]
    draw(seen, answers)
    with_state, without_state = [error(each, seen) for each in answers.values()]
    share = 1 - with_state / without_state
    year_before = error(y[-NB_TEST - YEAR : -YEAR], seen)
    print(
        f"baselines: errors in ppm, {without_state:.3f} without state, "
        f"{error(0, seen):.3f} of no change, {year_before:.3f} of last year's change; "
        f"with state {with_state:.3f}"
    )
    print(
        f"\nbackend {K.backend()}: share of the error avoided by state {share:.4f}, "
        f"target {TARGET}"
    )
    return share


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the state didn't pay")
