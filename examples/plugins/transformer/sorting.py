"""Trains a network of two encoder blocks to sort numbers from 1 to 9, of sequences that
differ in length; saves it, loads it, and exports it to ONNX."""

import tempfile
from pathlib import Path

import numpy as np
import oneiros
from oneiros.applications.transformer import tagger
from oneiros.models import load_model
from oneiros.optimizers import Adam

STEPS = 6
NUMBERS = 10
"""0 stands for no number: these steps are masked."""


def sequences(count, random):
    """Returns sequences of 3 to 6 numbers, padded with 0, and the same sorted."""
    numbers = random.integers(1, NUMBERS, size=(count, STEPS))
    lengths = random.integers(3, STEPS + 1, size=(count, 1))
    is_padding = np.arange(STEPS) >= lengths
    numbers[is_padding] = NUMBERS  # behind all others, when sorted
    in_order = np.sort(numbers, axis=1)
    numbers[is_padding] = 0
    in_order[is_padding] = 0
    return numbers, in_order


def network():
    """Returns a compiled network that names the number for each place."""
    model = tagger(NUMBERS, NUMBERS, STEPS)
    loss = "sparse_smoothed_crossentropy"
    model.compile(Adam(lr=0.003), loss, metrics=["sparse_perplexity"])
    return model


def share_sorted(model, numbers, in_order):
    """Returns the share of places for which the network names the right number."""
    named = model.predict(numbers).argmax(axis=-1)
    is_number = in_order > 0
    return float((named == in_order)[is_number].mean())


def main(samples=4000, epochs=5):
    """Trains, and prints what the network learned."""
    random = np.random.default_rng(1)
    np.random.seed(1)
    numbers, in_order = sequences(samples, random)
    model = network()
    targets = in_order[..., np.newaxis]
    model.fit(numbers, targets, nb_epoch=epochs, batch_size=64, verbose=2)

    fresh, fresh_in_order = sequences(200, random)
    learned = share_sorted(model, fresh, fresh_in_order)
    print(f"sorted: {learned:.2f} of the numbers in sequences it hasn't seen")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sorting.h5"
        model.save(str(path))
        loaded = load_model(str(path))
        same = np.array_equal(loaded.predict(fresh), model.predict(fresh))
        print(f"loaded: predicts the same: {same}")
        exported = oneiros.export(model, str(path.with_suffix(".onnx")))
    print(exported)
    return learned


if __name__ == "__main__":
    main()
