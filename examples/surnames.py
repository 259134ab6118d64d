"""Embedding and Bidirectional(LSTM): which language does a surname come from?

    python3 run.py --group tasks examples/surnames.py

The data are 8,000 surnames in nine languages, shipped by faker (MIT), without those
that several languages share. The baselines: always the most frequent language, and
naive Bayes on the pairs of neighbouring letters.
"""

from importlib import import_module

import numpy as np
from oneiros import backend as K
from oneiros.layers import LSTM, Bidirectional, Dense, Dropout, Embedding
from oneiros.models import Sequential
from oneiros.optimizers import Adam

LOCALES = {
    "Croatian": ["hr_HR"],
    "Dutch": ["nl_NL"],
    "English": ["en_GB", "en_US"],
    "Finnish": ["fi_FI"],
    "French": ["fr_BE", "fr_FR"],
    "German": ["de_AT", "de_DE"],
    "Italian": ["it_IT"],
    "Slovak": ["sk_SK"],
    "Spanish": ["es_ES"],
}
TARGET = 0.02
NB_EPOCH = 13
BATCH_SIZE = 32
TRAIN_SHARE = 0.8


def load_surnames():
    """Returns surnames in lower case, in random order, and the number of the language
    of each."""
    languages = {}
    for number, locales in enumerate(LOCALES.values()):
        for locale in locales:
            for name in import_module(
                f"faker.providers.person.{locale}"
            ).Provider.last_names:
                languages.setdefault(name.lower(), set()).add(number)
    names = sorted(
        name
        for name, numbers in languages.items()
        if len(numbers) == 1 and name.isalpha()
    )
    names = np.random.permutation(names)
    return names, np.array([min(languages[name]) for name in names])


def encode(names):
    """Returns the names as rows of letter numbers from 1, zeros before the shorter
    ones, and the letters."""
    longest = max(map(len, names))
    letters, rows = np.unique(
        np.char.rjust(names, longest).view("U1"), return_inverse=True
    )
    return rows.reshape(len(names), longest), letters


def naive_bayes(rows, labels, test, nb_letters):
    """Returns the likeliest language of each test name, taking its pairs of letters as
    independent."""

    def pairs(names):
        ended = np.pad(names, ((0, 0), (0, 1)))
        return ended[:, :-1] * nb_letters + ended[:, 1:]

    counts = np.ones((len(LOCALES), nb_letters**2))
    np.add.at(counts, (labels[:, None], pairs(rows)), 1)
    counts[:, 0] = 0
    chances = np.log(
        counts / counts.sum(axis=1, keepdims=True),
        where=counts > 0,
        out=np.zeros_like(counts),
    )
    return np.argmax(
        np.log(np.bincount(labels)) + chances[:, pairs(test)].sum(axis=2).T, axis=1
    )


def build_model(nb_letters):
    """Returns a compiled network that reads a name from both ends.

    The mask keeps the zeros before it out.
    """
    model = Sequential()
    model.add(Embedding(nb_letters, 32, mask_zero=True, dropout=0.1))
    model.add(Bidirectional(LSTM(96, dropout_W=0.2)))
    model.add(Dropout(0.5))
    model.add(Dense(len(LOCALES), activation="softmax"))
    adam = Adam(lr=0.01, decay=0.001)
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=adam, metrics=["accuracy"]
    )
    return model


def main():
    """Trains the network and returns by how much its accuracy exceeds that of the
    better baseline."""
    np.random.seed(1337)
    names, labels = load_surnames()
    rows, letters = encode(names)
    nb_train = int(len(names) * TRAIN_SHARE)
    x_train = rows[:nb_train]
    x_test = rows[nb_train:]
    y_train = labels[:nb_train]
    y_test = labels[nb_train:]

    model = build_model(len(letters))
    model.summary()
    model.fit(
        x_train,
        y_train,
        BATCH_SIZE,
        NB_EPOCH,
        validation_data=(x_test, y_test),
        verbose=2,
    )

    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    most_frequent = np.mean(y_test == np.bincount(y_train).argmax())
    bayes = np.mean(y_test == naive_bayes(x_train, y_train, x_test, len(letters)))
    print(
        f"\nbackend {K.backend()}: test accuracy {accuracy:.4f}, target {TARGET} "
        f"more than the baselines"
    )
    print(f"most frequent language {most_frequent:.4f}, naive Bayes {bayes:.4f}")
    return accuracy - max(most_frequent, bayes)


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the accuracy fell short of the target")
