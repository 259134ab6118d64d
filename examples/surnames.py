"""Surnames: Embedding and Bidirectional(LSTM) read words letter by letter.

Which of nine languages does a surname come from? The picture shows which languages the
network confuses.

    python3 run.py --group tasks examples/surnames.py

The data are 8,000 surnames, shipped by faker (MIT), without those that several
languages share.

The baselines: always the most frequent language, and naive Bayes on the pairs of
neighbouring letters.

Bidirectional networks are those of Mike Schuster and Kuldip Paliwal, Bidirectional
Recurrent Neural Networks, 1997.
"""

from importlib import import_module

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import LSTM, Bidirectional, Dense, Dropout, Embedding
from oneiros.models import Sequential
from oneiros.optimizers import Adam
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import confusion_matrix
from sklearn.naive_bayes import MultinomialNB

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
SEED = 1337
TARGET = 0.01
PICTURE = "surnames.png"
NB_UNITS = 96
NB_EPOCH = 20
BATCH_SIZE = 32
TRAIN_SHARE = 0.8


def load_surnames():
    """Returns surnames in lower case, in random order, and the number of the language
    of each."""
    languages = {}
    for number, locales in enumerate(LOCALES.values()):
        for locale in locales:
            persons = import_module(f"faker.providers.person.{locale}")
            for name in persons.Provider.last_names:
                languages.setdefault(name.lower(), set()).add(number)
    unique = [name for name, numbers in languages.items() if len(numbers) == 1]
    names = np.random.permutation(sorted(filter(str.isalpha, unique)))
    return names, np.array([min(languages[name]) for name in names])


def encode(names):
    """Returns the names as rows of letter numbers from 1, zeros before the shorter
    ones, and the letters."""
    padded = np.char.rjust(names, max(map(len, names)))
    letters, rows = np.unique(padded.view("U1"), return_inverse=True)
    return rows.reshape(len(names), -1), letters


def naive_bayes(names, labels, test_names):
    """Returns the likeliest language of each test name, taking its pairs of letters,
    its start and its end included, as independent."""
    pairs = CountVectorizer(analyzer="char_wb", ngram_range=(2, 2))
    classifier = MultinomialNB().fit(pairs.fit_transform(names), labels)
    return classifier.predict(pairs.transform(test_names))


def build_model(nb_letters):
    """Returns a compiled network that reads a name from both ends.

    The mask keeps the zeros before it out.
    """
    model = Sequential()
    model.add(Embedding(nb_letters, 32, mask_zero=True, dropout=0.1))
    model.add(Bidirectional(LSTM(NB_UNITS, dropout_W=0.2)))
    model.add(Dropout(0.5))
    model.add(Dense(len(LOCALES), activation="softmax"))
    adam = Adam(lr=0.01, decay=0.001)
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=adam, metrics=["accuracy"]
    )
    return model


def draw(labels, answers):
    """Draws which share of each language's names was taken for which language."""
    shares = confusion_matrix(labels, answers, normalize="true")
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        color = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=color)
    axes.set_xticks(range(len(LOCALES)), LOCALES, rotation=45)
    axes.set_yticks(range(len(LOCALES)), LOCALES)
    axes.set(title="test surnames", xlabel="taken for", ylabel="language")
    figure.savefig(PICTURE)
    print("picture:", PICTURE)


def main(seed=SEED):
    """Trains the network and returns by how much its accuracy exceeds that of the
    better baseline."""
    np.random.seed(seed)
    names, labels = load_surnames()
    rows, letters = encode(names)
    nb_train = int(len(names) * TRAIN_SHARE)
    x_train, x_test = np.split(rows, [nb_train])
    y_train, y_test = np.split(labels, [nb_train])
    model = build_model(len(letters))
    model.summary()
    model.fit(x_train, y_train, BATCH_SIZE, NB_EPOCH, verbose=2)

    answers = model.predict_classes(x_test, verbose=0)
    draw(y_test, answers)
    accuracy = np.mean(answers == y_test)
    frequent = np.mean(y_test == np.bincount(y_train).argmax())
    guesses = naive_bayes(names[:nb_train], y_train, names[nb_train:])
    bayes = np.mean(guesses == y_test)
    above = accuracy - max(frequent, bayes)
    print(f"baselines: most frequent language {frequent:.4f}, naive Bayes {bayes:.4f}")
    print(f"\nbackend {K.backend()}: above the baselines {above:.4f}, target {TARGET}")
    return above


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the accuracy fell short of the target")
