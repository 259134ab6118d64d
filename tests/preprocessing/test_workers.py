"""Augmentation in worker threads and processes, for a model that trains meanwhile."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.engine.training import GeneratorEnqueuer
from oneiros.layers import Dense, Flatten
from oneiros.models import Sequential
from oneiros.preprocessing.image import ImageDataGenerator, Iterator, array_to_img

GENERATOR = ImageDataGenerator(
    rotation_range=20,
    width_shift_range=0.1,
    horizontal_flip=True,
    rescale=1 / 255,
    dim_ordering="tf",
)


def from_array(folder, batch_size=5):
    x = np.random.randint(0, 256, (12, 6, 6, 1)).astype("uint8")
    return GENERATOR.flow(x, np.arange(12) % 2, batch_size)


def from_files(folder, batch_size=5):
    for number in range(12):
        path = folder / f"class_{number % 2}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        array_to_img(np.random.random((6, 6, 1)), "tf").save(path)
    return GENERATOR.flow_from_directory(
        folder,
        target_size=(6, 6),
        color_mode="grayscale",
        class_mode="binary",
        batch_size=batch_size,
    )


SOURCES = {"array": from_array, "files": from_files}


def made_by_processes(batches, workers, count):
    enqueuer = GeneratorEnqueuer(batches, pickle_safe=True)
    enqueuer.start(nb_worker=workers)
    try:
        return [enqueuer.get() for _ in range(count)]
    finally:
        enqueuer.stop()


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize("source", SOURCES)
def test_a_model_trains_on_what_workers_make(tmp_path, source, processes):
    model = Sequential([Flatten(input_shape=(6, 6, 1)), Dense(1)])
    model.compile("sgd", "mse")
    batch_size = 5 if processes else 4  # threads may pass the small last batch on first
    history = model.fit_generator(
        SOURCES[source](tmp_path, batch_size),
        samples_per_epoch=12,
        nb_epoch=2,
        nb_worker=2,
        pickle_safe=processes,
        verbose=0,
    )
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("source", SOURCES)
def test_the_batches_of_processes_follow_from_the_seed(tmp_path, source):
    batches = SOURCES[source](tmp_path)

    def made():
        np.random.seed(3)
        return made_by_processes(batches, 2, 4)

    for (x, y), (other_x, other_y) in zip(made(), made(), strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)
    assert not np.array_equal(made()[0][0], made()[1][0])


def test_processes_with_a_seed_make_what_the_iterator_makes():
    x = np.random.randint(0, 256, (7, 6, 6, 1)).astype("uint8")

    def flow():
        return GENERATOR.flow(x, np.arange(7), batch_size=3, seed=2)

    expected = [next(one) for one in [flow()] for _ in range(7)]
    batches = made_by_processes(flow(), 3, 7)
    for (x1, y1), (x2, y2) in zip(batches, expected, strict=True):
        np.testing.assert_array_equal(x1, x2)
        np.testing.assert_array_equal(y1, y2)


class Slices:
    """Batches of one's own, whose `parts` has nothing to do with workers."""

    def __init__(self, parts):
        self.parts = parts

    def __iter__(self):
        return self

    def __next__(self):
        return np.ones((2, 3)), np.ones((2, 1))


@pytest.mark.parametrize("parts", [3, ["train", "test"], lambda: None])
def test_an_attribute_of_another_meaning_is_left_alone(parts):
    for x, y in made_by_processes(Slices(parts), 2, 3):
        assert (x.shape, y.shape) == ((2, 3), (2, 1))


@given(
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from([None, 5]),
)
def test_parts_make_each_batch_once(n, batch_size, count, before, seed):
    """In turn, and from where the iterator was."""
    iterator = Iterator(n, batch_size, True, seed)
    for _ in range(before):
        next(iterator.index_generator)
    orders = [part.index_generator for part in iterator.oneiros_parts(count)]
    shared = [next(orders[number % count]) for number in range(12)]
    alone = [next(iterator.index_generator) for _ in range(12)]
    assert [batch[1:] for batch in shared] == [batch[1:] for batch in alone]
    in_processes = [numbers.tolist() for numbers, _, _ in shared]
    if seed is not None:
        assert in_processes == [numbers.tolist() for numbers, _, _ in alone]
    starts = [place for place, (_, first, _) in enumerate(shared) if first == 0]
    for start, end in itertools.pairwise(starts):
        epoch = itertools.chain.from_iterable(in_processes[start:end])
        assert sorted(epoch) == list(range(n))
