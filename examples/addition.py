"""Addition: LSTM, RepeatVector and TimeDistributed make one sequence of another.

One LSTM reads " 47+589", a character at a time, into a vector; another writes " 636"
from it. Both texts are reversed, so that a carry comes before the digits it changes.
The picture shows which digits are learned first, ten sums, and a few wrong ones.

    python3 run.py --group tasks examples/addition.py

The data are drawn: two numbers of up to three digits, never the same two for training
and for the test. The baselines: always the most frequent sum, and adding without the
carry.

Sutskever, Vinyals, Le: Sequence to Sequence Learning with Neural Networks, 2014.
"""

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.callbacks import LambdaCallback
from oneiros.layers import LSTM, Dense, RepeatVector, TimeDistributed
from oneiros.models import Sequential
from oneiros.optimizers import Adam
from oneiros.utils.np_utils import to_categorical

SEED = 1337
TARGET = 0.95
DIGITS = 3
NB_TRAIN = 25_000
NB_TEST = 2_000
UNITS = 128
NB_EPOCH = 14
BATCH_SIZE = 128
CHARS = " +0123456789"
PLACES = ("ones", "tens", "hundreds", "thousands")


def draw_pairs():
    """Returns two arrays of numbers to add.

    Of a + b and b + a only one is drawn.
    """
    smaller, larger = np.triu_indices(10**DIGITS)
    chosen = np.random.permutation(len(smaller))[: NB_TRAIN + NB_TEST]
    pairs = np.stack([smaller[chosen], larger[chosen]])
    return np.where(np.random.rand(len(chosen)) < 0.5, pairs, pairs[::-1])


def encode(texts):
    """Returns the texts, reversed, as arrays of shape (texts, length, characters),
    with a one for each character."""
    numbers = [[CHARS.index(char) for char in reversed(text)] for text in texts]
    one_hot = to_categorical(np.ravel(numbers), len(CHARS))
    return one_hot.reshape(len(texts), -1, len(CHARS))


def decode(one_hot):
    """Returns the texts that `encode` or the network gave."""
    numbers = one_hot.argmax(axis=2)[:, ::-1]
    return ["".join(CHARS[number] for number in row) for row in numbers]


def build_model():
    """Returns a compiled network: one LSTM that reads, and one that writes."""
    question = 2 * DIGITS + 1
    model = Sequential()
    model.add(LSTM(UNITS, input_shape=(question, len(CHARS)), consume_less="gpu"))
    model.add(RepeatVector(DIGITS + 1))
    model.add(LSTM(UNITS, return_sequences=True, consume_less="gpu"))
    model.add(TimeDistributed(Dense(len(CHARS), activation="softmax")))
    model.compile(Adam(lr=0.003, decay=1e-4), "categorical_crossentropy")
    return model


def without_carry(first, second):
    """Returns the sums of each place on its own, with nothing carried."""
    units = 10 ** np.arange(DIGITS)
    return ((first[:, None] // units + second[:, None] // units) % 10) @ units


def draw(right, lines):
    """Writes a picture of the share of right digits over the epochs, and some sums.

    right: a row for each epoch, with the share of each place, ones first.
    """
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    curves, examples = figure.subplots(1, 2, width_ratios=(3, 1))
    curves.plot(range(1, len(right) + 1), right, "o-", label=PLACES[: DIGITS + 1])
    curves.set(xlabel="epoch", ylabel="share of right digits", title="Held-out sums")
    curves.legend()
    examples.text(0, 1, "\n".join(lines), family="monospace", va="top")
    examples.set_title("What the network says")
    examples.axis("off")
    figure.savefig("addition.png", dpi=100)
    print("picture: addition.png")


def main(seed=SEED):
    """Trains the network and returns the share of held-out sums that are all right."""
    np.random.seed(seed)
    first, second = draw_pairs()
    sums = first + second
    pairs = zip(first, second, strict=True)
    questions = [f"{a:{DIGITS}}+{b:{DIGITS}}" for a, b in pairs]
    x, y = encode(questions), encode([f"{total:{DIGITS + 1}}" for total in sums])
    x_test, y_test = x[NB_TRAIN:], y[NB_TRAIN:]
    right = []

    def note_places(epoch, logs):
        same = model.predict(x_test).argmax(axis=2) == y_test.argmax(axis=2)
        right.append(same.mean(axis=0))
        print(f"epoch {epoch + 1}: {same.all(axis=1).mean():.3f} of the sums right")

    model = build_model()
    model.fit(
        x[:NB_TRAIN],
        y[:NB_TRAIN],
        BATCH_SIZE,
        NB_EPOCH,
        callbacks=[LambdaCallback(on_epoch_end=note_places)],
        verbose=0,
    )
    answers, expected = decode(model.predict(x_test)), decode(y_test)
    wrong = np.flatnonzero(np.array(answers) != expected)
    shown = [*range(10), *wrong[:5]]
    triples = zip(questions[NB_TRAIN:], answers, expected, strict=True)
    lines = [
        f"{question} ={answer} (right:{total})" for question, answer, total in triples
    ]
    draw(right, [lines[number] for number in shown])

    share = np.mean(np.array(answers) == expected)
    frequent = np.mean(sums[NB_TRAIN:] == np.bincount(sums[:NB_TRAIN]).argmax())
    no_carry = np.mean((sums == without_carry(first, second))[NB_TRAIN:])
    print(f"baselines: most frequent sum {frequent:.4f}, no carry {no_carry:.4f}")
    print(f"\nbackend {K.backend()}: share of right sums {share:.4f}, target {TARGET}")
    return share


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("fewer sums were right than the target")
