"""Nietzsche: stacked, stateful LSTMs learn to write, a character at a time.

    python3 run.py --group tasks examples/nietzsche.py

The data are 600,000 characters of Beyond Good and Evil (translated by H. Zimmern) and
Human, All Too Human (translated by A. Harvey), in the public domain, by way of Project
Gutenberg: 90 % to train, 5 % to validate, 5 % to test. The baseline is an n-gram of the
same text, smoothed after Witten and Bell (1991), its order chosen by validation.

Graves: Generating Sequences With Recurrent Neural Networks, 2013.
"""

import gzip
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import LSTM, Dense, Embedding, TimeDistributed
from oneiros.models import Sequential

SEED = 1337
TARGET = 0.06
UNITS = 160
STREAMS = 32
STEPS = 32
NB_EPOCH = 12
NB_CHARS = None
HIGHEST_ORDER = 7
TEMPERATURE = 0.6
TEXT = Path(__file__).parent / "data" / "nietzsche.txt.gz"


def count_followers(text):
    """Returns how often each character follows each context of an n-gram."""
    followers = defaultdict(Counter)
    for length in range(HIGHEST_ORDER):
        for end in range(length, len(text)):
            followers[text[end - length : end]][text[end]] += 1
    return followers


def ngram_surprise(text, followers):
    """Returns the bits of each character but the first to n-grams of order 1, 2, …; for
    k different followers, a context adds k times the chance by the shorter context."""
    chances = np.zeros((HIGHEST_ORDER, len(text)))
    for end, char in enumerate(text):
        chance = 1 / len(followers[""])
        for length in range(HIGHEST_ORDER):
            seen = followers.get(text[max(end - length, 0) : end], {})
            if seen:
                total = sum(seen.values()) + len(seen)
                chance = (seen.get(char, 0) + len(seen) * chance) / total
            chances[length, end] = chance
    return -np.log2(chances[:, 1:])


def build_model(nb_chars, streams, steps):
    """Returns a compiled network that reads texts side by side and remembers them."""
    model = Sequential()
    model.add(Embedding(nb_chars, 32, batch_input_shape=(streams, steps)))
    for _ in range(2):
        model.add(LSTM(UNITS, return_sequences=True, stateful=True, consume_less="gpu"))
    model.add(TimeDistributed(Dense(nb_chars, activation="softmax")))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def cut(numbers):
    """Returns batches of STREAMS pieces of STEPS characters; piece n of a batch goes on
    where piece n of the batch before ends."""
    whole = len(numbers) // (STREAMS * STEPS) * STREAMS * STEPS
    streams = numbers[:whole].reshape(STREAMS, -1, STEPS)
    return streams.swapaxes(0, 1).reshape(-1, STEPS)


def network_surprise(model, numbers):
    """Returns the bits of each character but the first to the network."""
    model.reset_states()
    chances = model.predict(cut(numbers[:-1]), STREAMS)
    chances = np.take_along_axis(chances, cut(numbers[1:])[:, :, None], axis=2)
    return -np.log2(chances.reshape(-1, STREAMS, STEPS).swapaxes(0, 1).ravel())


def write(model, chars, start, length=300):
    """Returns a text that begins with `start` and goes on as the network draws."""
    writer = build_model(len(chars), streams=1, steps=1)
    writer.set_weights(model.get_weights())
    text = start
    for place in range(len(start) + length):
        chances = writer.predict(np.array([[chars.index(text[place])]]), 1)[0, 0]
        if place + 1 == len(text):
            chances = chances ** (1 / TEMPERATURE)
            text += np.random.choice(chars, p=chances / chances.sum())
    return text


def draw(text, network, ngram):
    """Writes a picture of the bits of each character of a text to both."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    plot = figure.subplots()
    places = np.arange(len(text))
    plot.bar(places - 0.2, network[: len(text)], 0.4, label="network")
    plot.bar(places + 0.2, ngram[: len(text)], 0.4, label="n-gram")
    plot.set_xticks(places, text.replace("\n", "¶"))
    plot.set(title="How surprising is each character?", ylabel="bits")
    plot.legend(loc="upper right")
    figure.savefig("nietzsche.png", dpi=100)
    print("picture: nietzsche.png")


def main(seed=SEED):
    """Trains the network; returns the bits per character of the test that it saves."""
    np.random.seed(seed)
    with gzip.open(TEXT, "rt", encoding="ascii", errors="ignore") as file:
        text = file.read()[:NB_CHARS]
    chars, numbers = np.unique(list(text), return_inverse=True)
    train, validation = int(0.9 * len(text)), int(0.95 * len(text))
    followers = count_followers(text[:train])
    order = ngram_surprise(text[train:validation], followers).mean(axis=1).argmin()
    model = build_model(len(chars), STREAMS, STEPS)
    x, y = cut(numbers[: train - 1]), cut(numbers[1:train])[:, :, None]
    for epoch in range(NB_EPOCH):
        K.set_value(model.optimizer.lr, 0.005 * (1 - epoch / NB_EPOCH))
        model.reset_states()
        model.fit(x, y, STREAMS, nb_epoch=1, shuffle=False, verbose=2)
    network = network_surprise(model, numbers[validation:])
    ngram = ngram_surprise(text[validation:], followers)[order, : len(network)]
    draw(text[validation + 1 :][:90], network, ngram)
    print(f"at temperature {TEMPERATURE}:")
    print(write(model, list(chars), text[validation:][:40]))
    saved = ngram.mean() - network.mean()
    print(f"\nbaseline: {ngram.mean():.3f} bits per character ({order + 1}-gram)")
    print(f"\nbackend {K.backend()}: bits saved {saved:.4f}, target {TARGET}")
    return saved


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the network saved fewer bits than the target")
