"""The trainings that are killed: each returns its model, the history, and more that
must be the same in the end."""

import numpy as np
from oneiros.callbacks import (
    Callback,
    EarlyStopping,
    LearningRateScheduler,
    ReduceLROnPlateau,
)
from oneiros.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
)
from oneiros.models import Sequential
from oneiros.optimizers import Adam, Nadam, RMSprop

BATCH = 4
BATCHES = 10
EPOCHS = 4
X = np.random.RandomState(0).normal(size=(BATCH * BATCHES, 3, 2)).astype("float32")
Y = X.sum(axis=(1, 2), keepdims=True)[:, 0]


class Drawing(Callback):
    """Of a user: draws from NumPy's generator, keeps a list, and predicts."""

    called_after_runs = True

    def __init__(self, noted=()):
        self.noted = list(noted)
        self.weight = np.float32(1)

    def on_epoch_end(self, epoch, logs=None):
        self.noted.append(
            (
                np.random.uniform(),
                self.model.predict(X[:BATCH], batch_size=BATCH).tolist(),
            )
        )
        self.weight *= np.float32(0.9)

    def on_run_end(self, logs):
        self.noted.append(logs["loss"][-1])


def stateful(optimizer):
    model = Sequential()
    model.add(LSTM(4, batch_input_shape=(BATCH, 3, 2), stateful=True))
    model.add(Dropout(0.3))
    model.add(Dense(1))
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def arrays(callbacks):
    """Shuffled arrays in runs of batches, with validation."""
    np.random.seed(3)
    model = stateful(RMSprop(lr=0.01, decay=0.01))
    drawing = Drawing()
    plateau = ReduceLROnPlateau(monitor="loss", patience=0, epsilon=0.1, cooldown=1)
    heard = [drawing, plateau, EarlyStopping("loss", patience=9), *callbacks]
    validation = X[: 2 * BATCH], Y[: 2 * BATCH]
    history = model.fit(X, Y, BATCH, EPOCHS, 0, heard, validation_data=validation)
    return (
        model,
        history,
        [np.array(repr(drawing.noted)), drawing.weight, *np.random.get_state()[1:]],
    )


def drawn():
    """A generator that draws its batches, and shuffles what it has after each pass."""
    rows = np.arange(len(X))
    while True:
        for start in range(0, len(rows), BATCH):
            chosen = rows[start : start + BATCH]
            yield X[chosen] + np.random.normal(0, 0.1, X[chosen].shape), Y[chosen]
        np.random.shuffle(rows)


def generator(callbacks):
    """A generator that draws from NumPy's generator, one batch ahead or several."""
    np.random.seed(3)
    model = stateful(Nadam())
    plateau = ReduceLROnPlateau(monitor="loss", patience=0, epsilon=0.1)
    history = model.fit_generator(
        drawn(),
        BATCH * BATCHES,
        EPOCHS,
        0,
        [plateau, *callbacks],
        validation_data=(X, Y),
        max_q_size=3,
    )
    return model, history, []


def bidirectional(callbacks):
    """Both directions of a GRU, noise, and moving averages."""
    np.random.seed(3)
    model = Sequential()
    model.add(GaussianNoise(0.1, input_shape=(3, 2)))
    model.add(Bidirectional(GRU(4, dropout_W=0.2, dropout_U=0.2)))
    model.add(BatchNormalization())
    model.add(Dense(1))
    model.compile("adagrad", "mse", metrics=["mae"])
    history = model.fit(X, Y, BATCH, EPOCHS, 0, callbacks, validation_data=(X, Y))
    return model, history, []


class Longest(Callback):
    """Of a user: keeps an object that isn't plain data."""

    called_after_runs = True

    def __init__(self):
        self.losses = iter(())

    def on_epoch_end(self, epoch, logs=None):
        self.losses = iter([*self.losses, logs["loss"]])

    def get_state(self):
        losses = list(self.losses)
        self.losses = iter(losses)
        return losses

    def set_state(self, state):
        self.losses = iter(state)


def scheduled(callbacks):
    """Adam with decay, whose rate is set in each epoch, until it is stopped early."""
    np.random.seed(3)
    model = Sequential([Flatten(input_shape=(3, 2)), Dropout(0.2), Dense(1)])
    model.compile(Adam(lr=0.1, decay=0.05), "mse")
    longest = Longest()
    schedule = LearningRateScheduler(lambda epoch: float(0.1 / (epoch + 1)))
    stopping = EarlyStopping("loss", min_delta=100, patience=1)
    heard = [longest, schedule, stopping, *callbacks]
    history = model.fit(X, Y, BATCH, 2 * EPOCHS, 0, heard)
    assert len(history.epoch) < EPOCHS
    return model, history, [np.array(longest.get_state())]


def workers(callbacks):
    """Two processes make the batches."""
    np.random.seed(3)
    model = stateful(Nadam())
    history = model.fit_generator(
        drawn(), BATCH * BATCHES, EPOCHS, 0, callbacks, nb_worker=2, pickle_safe=True
    )
    return model, history, []


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (arrays, generator, bidirectional, scheduled, workers)
}
