"""A script that trains several networks, alone or together with other processes.

    python exact_cases.py results.npz case…

It stores weights, histories, predictions and what `evaluate` returns.
"""

import itertools
import sys
import threading
import time

import numpy as np
from oneiros.callbacks import EarlyStopping, ReduceLROnPlateau
from oneiros.distribution import DataParallel, info
from oneiros.layers import (
    LSTM,
    Activation,
    BatchNormalization,
    Convolution2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Masking,
    MaxPooling2D,
)
from oneiros.models import Model, Sequential
from oneiros.optimizers import SGD
from oneiros.regularizers import l2

SAMPLES = 130
SHARDS = {"embedding": {"words": 0}}
results = {}


def store(case, model, history, inputs):
    for place, weight in enumerate(model.get_weights()):
        results[f"{case}/weight {place}"] = weight
    for name, values in history.history.items():
        results[f"{case}/history {name}"] = np.array(values)
    outputs = model.predict(inputs, batch_size=24)
    for place, output in enumerate(outputs if isinstance(outputs, list) else [outputs]):
        results[f"{case}/prediction {place}"] = output


def mlp():
    x = np.random.random((SAMPLES, 12)).astype("float32")
    y = np.eye(3)[x[:, :3].argmax(axis=1)]
    model = Sequential()
    model.add(Dense(16, input_dim=12, activation="relu", W_regularizer=l2(0.01)))
    model.add(Dropout(0.3))
    model.add(Dense(3, activation="softmax"))
    optimizer = SGD(lr=0.1, momentum=0.9)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    callbacks = [ReduceLROnPlateau("val_loss", patience=1), EarlyStopping(patience=5)]
    history = model.fit(
        x,
        y,
        batch_size=13,
        nb_epoch=6,
        verbose=0,
        validation_split=0.1,
        callbacks=callbacks,
    )
    store("mlp", model, history, x)
    results["mlp/evaluation"] = np.array(model.evaluate(x, y, 97, verbose=0))
    results["mlp/step"] = np.array(model.train_on_batch(x[:17], y[:17]))


def cnn():
    x = np.random.random((SAMPLES, 8, 8, 2)).astype("float32")
    y = x.mean((1, 2))[:, :1] > 0.5
    model = Sequential()
    model.add(Convolution2D(4, 3, 3, input_shape=(8, 8, 2), dim_ordering="tf"))
    model.add(BatchNormalization())
    model.add(Activation("relu"))
    model.add(MaxPooling2D(dim_ordering="tf"))
    model.add(Flatten())
    model.add(Dense(1, activation="sigmoid"))
    model.compile(SGD(lr=0.05), "binary_crossentropy")
    history = model.fit(x, y, batch_size=32, nb_epoch=10, verbose=0)
    store("cnn", model, history, x)


def lstm():
    x = np.random.random((SAMPLES, 6, 3)).astype("float32")
    x[:40, 4:] = 0
    model = Sequential()
    model.add(Masking(input_shape=(6, 3)))
    model.add(LSTM(8, dropout_W=0.2, dropout_U=0.2))
    model.add(Dense(1))
    model.compile(SGD(lr=0.1), "mse")
    history = model.fit(x, x.sum((1, 2)), batch_size=26, nb_epoch=10, verbose=0)
    store("lstm", model, history, x)


def embedding():
    x = np.random.randint(0, 24, (SAMPLES, 5))
    model = Sequential()
    model.add(Embedding(24, 4, input_length=5, name="words"))
    model.add(Flatten())
    model.add(Dense(1))
    model.compile("adam", "mse")
    history = model.fit(x, x.mean(axis=1) / 24, batch_size=26, nb_epoch=10, verbose=0)
    store("embedding", model, history, x)


def two_outputs():
    a = Input((4,))
    hidden = Dense(8, activation="tanh")(a)
    first = Dense(3, activation="softmax", name="first")(hidden)
    second = Dense(1, name="second")(hidden)
    model = Model(a, [first, second])
    model.compile(
        SGD(lr=0.1),
        {"first": "categorical_crossentropy", "second": "mse"},
        loss_weights={"first": 0.3, "second": 1.0},
        metrics={"first": "accuracy"},
    )
    x = np.random.random((SAMPLES, 4)).astype("float32")
    classes = np.eye(3)[x[:, :3].argmax(axis=1)]
    sample_weight = {"second": np.random.random(SAMPLES)}
    history = model.fit(
        x,
        {"first": classes, "second": x.sum(axis=1)},
        batch_size=30,
        nb_epoch=10,
        verbose=0,
        class_weight={"first": {0: 1.0, 1: 2.0, 2: 0.5}},
        sample_weight=sample_weight,
    )
    store("two_outputs", model, history, x)


def generator(pickle_safe=False, name="generator"):
    x = np.random.random((SAMPLES, 4)).astype("float32")

    def batches():
        while True:
            for start in range(0, SAMPLES, 26):
                # Some are far ahead of the training, others aren't
                time.sleep(0.01 * info().rank)
                noise = np.random.normal(size=(26, 4))
                rows = x[start : start + 26]
                yield rows + noise, rows.sum(axis=1)

    model = Sequential([Dense(6, input_dim=4, activation="tanh"), Dense(1)])
    model.compile(SGD(lr=0.05), "mse")
    history = model.fit_generator(
        batches(),
        samples_per_epoch=SAMPLES,
        nb_epoch=10,
        verbose=0,
        nb_worker=3,
        pickle_safe=pickle_safe,
        validation_data=(x, x.sum(axis=1)),
    )
    store(name, model, history, x)


def generator_processes():
    generator(pickle_safe=True, name="generator_processes")


class Shared:
    """An iterator that several threads may ask."""

    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = itertools.count()

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            number = next(self.numbers)
        x = np.full((26, 4), number % 5 / 5)
        return x, x.sum(axis=1)


def threads():
    model = Sequential([Dense(6, input_dim=4, activation="tanh"), Dense(1)])
    model.compile(SGD(lr=0.05), "mse")
    history = model.fit_generator(
        Shared(),
        SAMPLES,
        nb_epoch=10,
        verbose=0,
        nb_worker=1 if info().processes == 1 else 4,
    )
    store("threads", model, history, np.eye(4))


if __name__ == "__main__":
    path, *cases = sys.argv[1:]
    for case in cases:
        np.random.seed(1337)
        with DataParallel(shard=SHARDS.get(case)):
            globals()[case]()
    np.savez(f"{path}-{info().rank}.npz", **results)
