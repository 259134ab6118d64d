"""Trainings on generators and on objects that give batches, interrupted and resumed."""

import numpy as np
import pytest
from interrupting import Interrupting, InterruptionError
from oneiros.callbacks import Callback, Resume
from oneiros.errors import DataError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.preprocessing.image import ImageDataGenerator
from processes import run_python

BATCHES = 5
EPOCHS = 3
CUTS = (1, 6, 15)


class Drawing(Callback):
    """Draws from NumPy's generator at the end of each epoch."""

    def __init__(self):
        self.drawn = []

    def on_epoch_end(self, epoch, logs=None):
        self.drawn.append(np.random.random())


def batch(number):
    return np.full((4, 1), number, "float32"), np.zeros((4, 1))


def counted():
    number = 0
    while True:
        yield batch(number)
        number += 1


def drawn_late():
    """Draws nothing before its first pass is over.

    The workers, who are ahead, have drawn when it is cut.
    """
    rows = np.arange(7)
    while True:
        yield from (batch(row) for row in rows)
        np.random.shuffle(rows)


def drawn_always():
    while True:
        yield batch(np.random.random())


class Stated:
    """Says where it is, and can't make a batch twice."""

    def __init__(self):
        self.state = np.random.RandomState(3)
        self.made = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.made += 1
        return batch(self.state.random_sample())

    def get_state(self):
        return self.state.get_state()

    def set_state(self, state):
        self.state.set_state(state)


class Images:
    """Takes the means of images that are shuffled and transformed at random."""

    def __init__(self, images=4 * BATCHES):
        self.made = 0
        transformed = ImageDataGenerator(
            preprocessing_function=self.changed, dim_ordering="tf"
        )
        pixels = np.arange(images, dtype="float32").reshape(-1, 1, 1, 1)
        self.flow = transformed.flow(pixels, np.zeros((images, 1)), batch_size=4.0)
        self.get_state = self.flow.get_state
        self.set_state = self.flow.set_state

    def changed(self, image):
        self.made += 0.25
        return image + np.random.random()

    def __iter__(self):
        return self

    def __next__(self):
        x, y = next(self.flow)
        return x[:, 0, 0], y


class Numbered:
    """Gives batches by number, and draws what is added to them."""

    noise = 1.0

    def __init__(self):
        self.asked = []

    def __len__(self):
        return BATCHES

    def __getitem__(self, i):
        self.asked.append(i)
        return batch(i + (np.random.random() if self.noise else 0))


class Plain(Numbered):
    noise = 0


class Shuffled:
    """Is iterated over, in an order of each epoch's own."""

    epoch = -1

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        rows = np.random.RandomState(self.epoch).permutation(BATCHES)
        return (batch(row) for row in rows)


class Redrawn:
    """Is iterated over, and draws."""

    def __iter__(self):
        return (batch(number + np.random.random()) for number in range(BATCHES))


STREAMS = (Numbered, Shuffled, Redrawn)


def new_model():
    """Returns a model with a training step in plain NumPy, and the means of the batches
    that it was given."""
    model = Sequential([Dense(1, input_dim=1)])
    seen = []
    model.compile("sgd", "mse")

    def step(arrays):
        seen.append(arrays[0].mean())
        weights = model.get_weights()
        model.set_weights([0.5 * weights[0] + arrays[0].mean(), weights[1]])
        return [arrays[0].mean()]

    model.train_function = model.test_function = step
    return model


def seldom(*cases):
    """Returns cases that are slow tests."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else [case]), marks=pytest.mark.slow
        )
        for case in cases
    ]


def fit(source, callbacks, draws=False, validation=None, **arguments):
    np.random.seed(5)
    model = new_model()
    drawing = Drawing()
    callbacks = [*callbacks, *([drawing] if draws else [])]
    if isinstance(source, STREAMS):
        history = model.fit(
            source, None, nb_epoch=EPOCHS, verbose=0, callbacks=callbacks
        )
    else:
        arguments = {"validation_data": validation, "nb_val_samples": 8, **arguments}
        history = model.fit_generator(
            source, 4 * BATCHES, EPOCHS, 0, callbacks, **arguments
        )
    return [w.tobytes() for w in model.get_weights()], history.history, drawing.drawn


def check(make, tmp_path, draws=False, validation=lambda: None, **arguments):
    """Compares an uninterrupted training with ones that were cut.

    Tells what sources the resumed ones had.
    """
    uninterrupted = fit(make(), [], draws, validation(), **arguments)
    sources = []
    for cut in CUTS:
        with pytest.raises(InterruptionError):
            fit(
                make(),
                [Interrupting(cut), Resume(tmp_path / "run.h5", 2, 1)],
                draws,
                validation(),
                **arguments,
            )
        sources.append(make())
        resumed = fit(
            sources[-1], [Resume(tmp_path / "run.h5")], draws, validation(), **arguments
        )
        assert resumed == uninterrupted, (resumed, uninterrupted, cut)
    return sources


@pytest.mark.parametrize(
    "make",
    [
        counted,
        drawn_always,
        Stated,
        Shuffled,
        *seldom(drawn_late, Images, Numbered, Plain, Redrawn),
    ],
)
def test_cut_short_it_ends_the_same(make, tmp_path):
    check(make, tmp_path)


@pytest.mark.parametrize("make", [counted, *seldom(Stated, Plain, Shuffled)])
def test_callbacks_may_draw_if_the_generator_does_not(make, tmp_path):
    check(make, tmp_path, draws=True)


@pytest.mark.parametrize(
    ("make", "validation", "ahead"),
    [
        (drawn_late, counted, 10),
        *seldom((counted, drawn_late, 10), (drawn_always, counted, 1)),
    ],
)
def test_with_a_generator_of_validation_data(make, validation, ahead, tmp_path):
    check(make, tmp_path, validation=validation, max_q_size=ahead)


@pytest.mark.parametrize("draws", [pytest.param(False, marks=pytest.mark.slow), True])
def test_worker_processes(draws, tmp_path):
    check(drawn_always, tmp_path, draws=draws, pickle_safe=True, nb_worker=2)


@pytest.mark.parametrize("size", [1, 2])
def test_fewer_batches_ahead_than_before(size, tmp_path):
    uninterrupted = fit(drawn_always(), [])
    with pytest.raises(InterruptionError):
        fit(
            drawn_always(),
            [Interrupting(7), Resume(tmp_path / "run.h5", 1, 1)],
            max_q_size=4,
        )
    assert (
        fit(drawn_always(), [Resume(tmp_path / "run.h5")], max_q_size=size)
        == uninterrupted
    )


@pytest.mark.parametrize("make", [Stated, Images])
def test_what_says_where_it_is_makes_no_batch_twice(make, tmp_path):
    for source, cut in zip(check(make, tmp_path), CUTS, strict=True):
        left = BATCHES * EPOCHS - (cut - 1)
        assert left <= source.made <= left + 11


def test_other_images_than_before_are_told():
    with pytest.raises(DataError, match=r"20 samples, .* has 24"):
        Images().set_state(Images(24).get_state())


def test_objects_whose_batches_are_not_drawn_are_asked_for_the_rest_alone(tmp_path):
    with pytest.raises(InterruptionError):
        fit(Plain(), [Interrupting(4), Resume(tmp_path / "run.h5", 1, 1)])
    source = Plain()
    fit(source, [Resume(tmp_path / "run.h5")])
    probed = 2  # for the number of samples
    assert len(source.asked) - probed == BATCHES * EPOCHS - 3


UNDISTURBED = """
import sys
import numpy as np
from oneiros.layers import Dense, Dropout
from oneiros.models import Sequential


def batches():
    assert "jax" in sys.modules  # whose import leaves NumPy's generator
    seen.append(np.random.get_state()[2])
    while True:
        yield np.zeros((4, 1)), np.zeros((4, 1))


seen = []
model = Sequential([Dropout(0.5, input_shape=(1,)), Dense(1)])
model.compile("sgd", "mse")
validation_data = np.zeros((4, 1)), np.zeros((4, 1))
model.fit_generator(batches(), 8, 1, 0, validation_data=validation_data)
assert seen == [np.random.get_state()[2]]
"""


def test_nothing_disturbs_what_a_generator_draws():
    """On Theano making a function draws a seed.

    They are made before the generator's thread begins.
    """
    run_python(UNDISTURBED, ONEIROS_BACKEND="theano")
